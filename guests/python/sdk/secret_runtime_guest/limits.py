"""What a component can't do, said in words where Python would only say that it failed."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from .errors import Unsupported


def _no_threads(*_: Any, **__: Any) -> NoReturn:
    raise Unsupported("a backend has no threads: call the function, or use async")


def _no_sockets(*_: Any, **__: Any) -> NoReturn:
    raise Unsupported("a backend has no sockets: send requests with secret_runtime_guest.http, httpx or requests")


def _no_processes(*_: Any, **__: Any) -> NoReturn:
    raise Unsupported("a backend can't start processes")


_REPLACED = [
    ("threading", "Thread", "start", _no_threads),
    ("socket", None, "create_connection", _no_sockets),
    ("socket", None, "getaddrinfo", _no_sockets),
    ("socket", "socket", "connect", _no_sockets),
    ("subprocess", "Popen", "__init__", _no_processes),
]


def say_clearly() -> None:
    """Puts the words in, in whatever of these modules was imported."""
    for module, owner, name, refusal in _REPLACED:
        target: Any = sys.modules.get(module)
        if target is not None:
            setattr(getattr(target, owner) if owner else target, name, refusal)
