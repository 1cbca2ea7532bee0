"""A custom secret manager of LiteLLM as a backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NotFound, Other, Unavailable, Unsupported
from ..types import DeleteMode, NewSecret, Permanent, Unknown
from ._factory import build
from ._outcome import absent, done, outcome, written

WHO = "a LiteLLM secret manager"


class LiteLLMBackend:
    """Reads with `sync_read_secret`, or `async_read_secret` where that is all there is."""

    def __init__(self, factory: Callable[..., Any]) -> None:
        self._manager = build(factory)

    def read(self, name: str, version: str | None, options: Mapping[str, str]) -> str | bytes:
        if version is not None:
            raise Unsupported(f"{WHO} reads no versions")
        asked = {"secret_name": name, "optional_params": dict(options) or None}
        try:
            value = outcome(name, self._manager.sync_read_secret, **asked)
        except Unsupported:
            value = outcome(name, self._manager.async_read_secret, **asked)
        if value is None:
            raise absent()
        if not isinstance(value, (str, bytes)):
            raise Other(f"the class must not answer with {type(value).__name__}")
        return value

    def exists(self, name: str, options: Mapping[str, str]) -> bool:
        try:
            self.read(name, None, options)
        except NotFound:
            return False
        return True

    def list(self, prefix: str, cursor: str | None, limit: int, options: Mapping[str, str]) -> list[str]:
        raise Unsupported(f"{WHO} can't list")

    def write(self, secret: NewSecret, options: Mapping[str, str]) -> None:
        secret.refuse(WHO, "create-only", "if-version", "expiry")
        method = self._manager.async_write_secret
        beside: dict[str, Any] = {}
        if secret.description is not None:
            beside["description"] = secret.description
        if secret.tags:
            beside["tags"] = dict(secret.tags)
        if options:
            beside["optional_params"] = dict(options)
        for parameter in beside:
            if not _takes(method, parameter):
                raise Unsupported(f"async_write_secret of this class has no parameter `{parameter}`")
        _succeeded(written(secret.name, method, secret_name=secret.name, secret_value=secret.text(), **beside))

    def delete(self, name: str, mode: DeleteMode, options: Mapping[str, str]) -> None:
        if isinstance(mode, Permanent):
            raise Unsupported(f"{WHO} can't delete for good")
        asked: dict[str, Any] = {"secret_name": name}
        if mode.days is not None:
            asked["recovery_window_in_days"] = mode.days
        if options:
            asked["optional_params"] = dict(options)
        answer = outcome(name, self._manager.async_delete_secret, **asked)
        done()
        _succeeded(answer)

    def check(self) -> Unknown | None:
        method = getattr(self._manager, "async_health_check", None)
        # That of the base class says yes without asking.
        if method is None or method.__qualname__.startswith("CustomSecretManager."):
            return Unknown("the class has no check of its own")
        if outcome("", method):
            return None
        done()
        raise Unavailable("the class says that it is not healthy")


def _takes(method: Callable[..., Any], name: str) -> bool:
    parameters = inspect.signature(method).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _succeeded(answer: Any) -> None:
    """Such classes answer with a dictionary; a failure that they swallowed is in its status."""
    if isinstance(answer, dict) and answer.get("status") in ("error", "failed", "failure"):
        raise Other("the class says that it failed")
