"""Exporting a backend: its methods become the interfaces of the contract."""

from __future__ import annotations

import gc
import sys
from typing import Any, TypeVar

from . import calls, limits, log, preload

T = TypeVar("T")

INTERFACES = {
    "read": ("Read", "secret-manager"),
    "exists": ("Exists", "with-exists"),
    "list": ("Listing", "with-listing"),
    "write": ("Write", "with-write"),
    "delete": ("Delete", "with-delete"),
    "check": ("Check", "with-check"),
}
"""For each method of a backend: the class that componentize-py looks for, and the world that asks for it."""


def export(backend: type[T]) -> type[T]:
    """Makes a class the backend of the module it stands in, and leaves it as it is.

    What the class can do and what `wit/world.wit` includes has to be the same; the build fails if it is not.
    """
    offered = [method for method in INTERFACES if callable(getattr(backend, method, None))]
    into(sys._getframe(1).f_globals, backend, offered, exactly=backend.__name__)
    return backend


def into(module: dict[str, Any], make: calls.Make, offered: list[str], *, exactly: str | None = None) -> None:
    """Puts the classes that componentize-py looks for into a module: those of what is offered, if the world wants them.

    Natively there is nothing to do: there is no world.
    """
    try:
        from . import contract
    except ImportError:
        return
    for method, (interface, world) in INTERFACES.items():
        wanted = contract.wants(interface)
        if wanted and method not in offered:
            raise TypeError(f"wit/world.wit includes {world}, but {exactly or 'the class'} has no method `{method}`")
        if exactly and method in offered and not wanted:
            line = f"include secret-runtime:backend/{world}@0.1.0;"
            raise TypeError(f"{exactly} has a method `{method}`: wit/world.wit has to say `{line}`")
        if wanted:
            module[interface] = contract.exported(interface, make)
    log.install_handler()
    preload.preload()
    limits.say_clearly()
    if "asyncio" in sys.modules or calls.is_async(make, offered):
        from . import loop

        loop.install()
    # An instance lives for one call. Looking for garbage in it would cost more than the call itself.
    gc.collect()
    gc.freeze()
    gc.disable()
