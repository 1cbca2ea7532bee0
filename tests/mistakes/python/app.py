"""A backend whose author is careless. It reads a secret and then makes the mistake that the setting `act` names."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable

from secret_runtime_guest import config, export, http, log, url

calls = 0


@export
class Mistakes:
    def __init__(self) -> None:
        self.calls = 0
        if config.get("act") == "init":
            raise RuntimeError(f"no client for {value_of('KEY')}")

    async def read(self, name: str, version: str | None, options: dict[str, str]) -> object:
        value = value_of(name)
        act = config.require("act")
        if act == "count":
            return self.count()
        if act == "sleep":
            await asyncio.sleep(0.3)
            return value
        if act == "await-for-ever":
            await asyncio.Event().wait()
        if act == "forgotten-task":
            # Cancelled when the call ends, as in any program that does not wait for its tasks.
            asyncio.ensure_future(asyncio.sleep(3600))
            return value
        return ACTS[act](value)

    def count(self) -> str:
        global calls
        calls += 1
        self.calls += 1
        return f"{calls} {self.calls}"


def value_of(name: str) -> str:
    return http.get(url(config.require("address"), "secret", name)).text


def raises(value: str) -> None:
    raise ValueError(f"{value} is not what I expected")


def raises_from(value: str) -> None:
    try:
        raises(value)
    except ValueError as error:
        raise KeyError(value) from error


def prints(value: str) -> str:
    print("got", value)
    print("got", value, file=sys.stderr)
    return "printed"


def logs(value: str) -> str:
    log.error("got %s", value)
    logging.getLogger("careless").warning("got %s", value)
    return "logged"


def loops(value: str) -> None:
    while True:
        pass


def recurses(value: str) -> str:
    return recurses(value + "x")


def recurses_without_limit(value: str) -> str:
    sys.setrecursionlimit(2**31 - 1)
    return recurses(value)


def fills_memory(value: str) -> None:
    kept = []
    while True:
        kept.append(value * 100_000)


def starts_a_thread(value: str) -> str:
    thread = threading.Thread(target=print, args=(value,))
    thread.start()
    thread.join()
    return value


def opens_a_socket(value: str) -> str:
    with socket.create_connection(("127.0.0.1", int(config.require("address").rpartition(":")[2])), 5) as connection:
        connection.sendall(value.encode())
    return value


def looks_up_a_host(value: str) -> str:
    return str(socket.getaddrinfo("example.com", 443))


def imports_what_is_not_there(value: str) -> str:
    import no_such_module

    return str(no_such_module)


def imports_native_code(value: str) -> str:
    import ctypes

    return str(ctypes.CDLL("libc.so.6"))


def exits(value: str) -> None:
    sys.exit(value)


def exits_at_once(value: str) -> None:
    os._exit(3)


def interrupts(value: str) -> None:
    raise KeyboardInterrupt(value)


ACTS: dict[str, Callable[[str], object]] = {
    "raise": raises,
    "raise-from": raises_from,
    "print": prints,
    "log": logs,
    "loop": loops,
    "recurse": recurses,
    "recurse-without-limit": recurses_without_limit,
    "fill-memory": fills_memory,
    "number": lambda value: 42,
    "mapping": lambda value: {"value": value},
    "thread": starts_a_thread,
    "socket": opens_a_socket,
    "host": looks_up_a_host,
    "missing-module": imports_what_is_not_there,
    "native-code": imports_native_code,
    "exit": exits,
    "exit-at-once": exits_at_once,
    "interrupt": interrupts,
}
