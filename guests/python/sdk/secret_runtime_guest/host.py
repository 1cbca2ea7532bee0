"""What the runtime offers a backend, and who offers it: the contract in a component, a mock in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .http import Request, Response
    from .storage import Blob


class Host(Protocol):
    """The imports of the contract, in Python's types. Failures are the exceptions of `errors`."""

    def send(self, request: Request) -> Response: ...

    def config(self, key: str) -> str | None: ...

    def storage_keys(self) -> list[str]: ...

    def storage_read(self, key: str) -> Blob | None: ...

    def storage_replace(self, key: str, data: bytes | None, unchanged: str | None) -> str: ...

    def now(self) -> int: ...

    def sleep(self, milliseconds: int) -> None: ...

    def random_bytes(self, length: int) -> bytes: ...

    def log(self, level: str, message: str) -> None: ...


class Misuse(BaseException):
    """A mistake of a test, such as a script without a reply. No backend catches it, and it is no error of a call."""


_current: Host | None = None


def current() -> Host:
    """The host of the call under way."""
    if _current is None:
        raise RuntimeError(
            "nothing of the runtime can be used outside of a call: "
            "not while the component is built, so not at the top of a module, and natively only with a MockHost"
        )
    return _current


def is_calling() -> bool:
    """Whether a call is under way."""
    return _current is not None


def become(host: Host | None) -> Host | None:
    """Puts a host, or none, in charge and answers the one before."""
    global _current
    before, _current = _current, host
    return before
