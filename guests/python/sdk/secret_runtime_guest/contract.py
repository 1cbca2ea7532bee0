"""The contract as componentize-py generates it: its types and errors to and from ours, its imports, its exports.

Can only be imported while a component is built, and in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from . import calls, errors, host
from .clock import EPOCH
from .http import Headers, Refused, Request, Response
from .storage import Blob
from .types import (
    CreateOnly,
    DeleteMode,
    Entry,
    IfVersion,
    NewSecret,
    Page,
    Permanent,
    Recoverable,
    Secret,
    Unknown,
    Upsert,
    WriteMode,
)

# Generated at build time, so a type checker can't know them.
_exports: Any = import_module("wit_world.exports")
_common: Any = import_module("wit_world.imports.common")
_http: Any = import_module("wit_world.imports.http")
_config: Any = import_module("wit_world.imports.config")
_storage: Any = import_module("wit_world.imports.storage")
_clock: Any = import_module("wit_world.imports.clock")
_random: Any = import_module("wit_world.imports.random")
_log: Any = import_module("wit_world.imports.log")
_Err: Any = import_module("componentize_py_types").Err

Pairs = list[tuple[str, str]]


class ContractHost:
    """The runtime, through the imports of the contract."""

    def send(self, request: Request) -> Response:
        asked = _http.Request(request.method, request.url, list(request.headers.items()), request.body)
        try:
            reply = _http.send(asked)
        except _Err as failure:
            if isinstance(failure.value, _http.Failure_Timeout):
                raise errors.Timeout("no reply in time") from None
            kind = Refused if isinstance(failure.value, _http.Failure_Refused) else errors.Unavailable
            raise kind(failure.value.value) from None
        return Response(reply.status, Headers(reply.headers), bytes(reply.body))

    def config(self, key: str) -> str | None:
        value: str | None = _config.get(key)
        return value

    def storage_keys(self) -> list[str]:
        keys: list[str] = _stored(_storage.keys)
        return keys

    def storage_read(self, key: str) -> Blob | None:
        blob = _stored(_storage.read, key)
        return None if blob is None else Blob(bytes(blob.data), blob.etag)

    def storage_replace(self, key: str, data: bytes | None, unchanged: str | None) -> str:
        etag: str = _stored(_storage.replace, key, data, unchanged)
        return etag

    def now(self) -> int:
        now: int = _clock.now()
        return now

    def sleep(self, milliseconds: int) -> None:
        _clock.sleep(milliseconds)

    def random_bytes(self, length: int) -> bytes:
        return bytes(_random.bytes(length))

    def log(self, level: str, message: str) -> None:
        _log.write(_log.Level[level.upper()], message)


def _stored(function: Callable[..., Any], *args: object) -> Any:
    try:
        return function(*args)
    except _Err as failure:
        if isinstance(failure.value, _storage.Failure_Changed):
            raise errors.Conflict("somebody else wrote at the same time") from None
        kind = errors.Other if isinstance(failure.value, _storage.Failure_Refused) else errors.Unavailable
        raise kind(failure.value.value) from None


def wants(interface: str) -> bool:
    """Whether the world exports an interface."""
    return hasattr(_exports, interface)


def exported(interface: str, make: calls.Make) -> type:
    """The class that componentize-py looks for under the interface's name.

    componentize-py makes one object of it when the component is built; the backend itself is made in each call.
    """
    return {
        "Read": _read,
        "Exists": _exists,
        "Listing": _listing,
        "Write": _write,
        "Delete": _delete,
        "Check": _check,
    }[interface](make)


def _read(make: calls.Make) -> type:
    class Read:
        def read(self, name: str, version: str | None, options: Pairs) -> Any:
            return _answer(lambda: _secret(calls.read(make, name, version, dict(options))))

    return Read


def _exists(make: calls.Make) -> type:
    class Exists:
        def exists(self, name: str, options: Pairs) -> Any:
            return _answer(lambda: calls.exists(make, name, dict(options)))

    return Exists


def _listing(make: calls.Make) -> type:
    class Listing:
        def list(self, prefix: str, cursor: str | None, limit: int, options: Pairs) -> Any:
            return _answer(lambda: _page(calls.list_page(make, prefix, cursor, limit, dict(options))))

    return Listing


def _write(make: calls.Make) -> type:
    class Write:
        def write(self, secret: Any, options: Pairs) -> Any:
            return _answer(lambda: calls.write(make, _new_secret(secret), dict(options)))

    return Write


def _delete(make: calls.Make) -> type:
    class Delete:
        def delete(self, name: str, mode: Any, options: Pairs) -> Any:
            return _answer(lambda: calls.delete(make, name, _delete_mode(mode), dict(options)))

    return Delete


def _check(make: calls.Make) -> type:
    class Check:
        def check(self) -> Any:
            return _answer(lambda: _readiness(calls.check(make)))

    return Check


def _answer(run: Callable[[], Any]) -> Any:
    """What an operation answers, with the runtime in charge while it runs."""
    host.become(ContractHost())
    try:
        return run()
    except errors.Error as error:
        raise _Err(_error(error)) from None
    except BaseException as error:
        raise _Err(_error(calls.uncaught(error))) from None
    finally:
        host.become(None)


def _error(error: errors.Error) -> Any:
    detail = _common.Detail(error.code, error.message)
    match error:
        case errors.NotFound():
            return _common.Error_NotFound()
        case errors.Invalid():
            return _common.Error_Invalid(error.message)
        case errors.Denied():
            return _common.Error_Denied(detail)
        case errors.Unauthenticated():
            return _common.Error_Unauthenticated(detail)
        case errors.RateLimited():
            return _common.Error_RateLimited(error.seconds)
        case errors.Unavailable():
            return _common.Error_Unavailable(detail)
        case errors.Timeout():
            return _common.Error_Timeout()
        case errors.Conflict():
            return _common.Error_Conflict(detail)
        case errors.ApprovalRequired():
            return _common.Error_ApprovalRequired(error.id)
        case errors.Unsupported():
            return _common.Error_Unsupported(error.message)
        case errors.Malformed():
            return _common.Error_Malformed(error.message)
        case _:
            return _common.Error_Other(detail)


def _secret(secret: Secret) -> Any:
    value = secret.value.encode() if isinstance(secret.value, str) else secret.value
    return _common.Secret(value, secret.version, _milliseconds(secret.expires_at), _pairs(secret.metadata))


def _page(page: Page) -> Any:
    return _common.Page([_entry(entry) for entry in page.entries], page.next, page.total)


def _entry(entry: Entry) -> Any:
    return _common.Entry(entry.name, entry.version, entry.expired, _pairs(entry.metadata))


def _readiness(found: Unknown | None) -> Any:
    return _common.Readiness_Ready() if found is None else _common.Readiness_Unknown(found.reason)


def _new_secret(secret: Any) -> NewSecret:
    return NewSecret(
        secret.name,
        bytes(secret.value),
        _write_mode(secret.mode),
        secret.description,
        dict(secret.tags),
        _datetime(secret.expires_at),
    )


def _write_mode(mode: Any) -> WriteMode:
    if isinstance(mode, _common.WriteMode_Upsert):
        return Upsert()
    return CreateOnly() if isinstance(mode, _common.WriteMode_CreateOnly) else IfVersion(mode.value)


def _delete_mode(mode: Any) -> DeleteMode:
    return Permanent() if isinstance(mode, _common.DeleteMode_Permanent) else Recoverable(mode.value)


def _pairs(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Pairs:
    return list(dict(pairs).items())


def _milliseconds(time: datetime | None) -> int | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise errors.Other("`expires_at` has no time zone")
    return max(0, (time - EPOCH) // timedelta(milliseconds=1))


def _datetime(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise errors.Invalid("the expiry is too far away") from None
