"""A plugin of GenAIKeys as a backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NotFound, Other, Unsupported
from ..types import DeleteMode, NewSecret, Permanent, Recoverable, Unknown
from ._factory import build
from ._outcome import absent, done, is_answered, outcome, written

MOST_NAMES = 10_000
"""How many names a listing asks for: such plugins have no pages."""

WHO = "a GenAIKeys plugin"


class GenAIKeysBackend:
    """Reads with `get_secret`, and does what else the plugin implements."""

    def __init__(self, factory: Callable[..., Any]) -> None:
        self._plugin = build(factory)

    def read(self, name: str, version: str | None, options: Mapping[str, str]) -> str | bytes:
        if version is not None:
            raise Unsupported(f"{WHO} reads no versions")
        value = outcome(name, self._plugin.get_secret, name)
        if value is None:
            raise absent()
        if not isinstance(value, (str, bytes)):
            raise Other(f"get_secret must not answer with {type(value).__name__}")
        return value

    def exists(self, name: str, options: Mapping[str, str]) -> bool:
        try:
            if not outcome(name, self._plugin.exists, name):
                if is_answered():
                    # Of a good reply that it can't make sense of, such a class says no as well. Reading fails at it.
                    return self._can_read(name)
                raise absent()
        except NotFound:
            return False
        except Unsupported:
            # The plugin can't ask. Reading tells it as well.
            return self._can_read(name)
        return True

    def _can_read(self, name: str) -> bool:
        try:
            self.read(name, None, {})
        except NotFound:
            return False
        return True

    def list(self, prefix: str, cursor: str | None, limit: int, options: Mapping[str, str]) -> list[str]:
        method = self._plugin.list_secrets
        limited = {"max_results": MOST_NAMES} if "max_results" in inspect.signature(method).parameters else {}
        try:
            names = [str(name) for name in outcome(prefix, method, **limited) or []]
            if not names:
                raise absent()
        except NotFound:
            return []
        if len(names) >= MOST_NAMES:
            raise Unsupported(f"{WHO} can't list so many secrets")
        return names

    def write(self, secret: NewSecret, options: Mapping[str, str]) -> None:
        secret.refuse(WHO, "create-only", "if-version", "description", "tags", "expiry")
        written(secret.name, self._plugin.set_secret, secret.name, secret.text())

    def delete(self, name: str, mode: DeleteMode, options: Mapping[str, str]) -> None:
        method = getattr(self._plugin, "delete_secret", None)
        if method is None or isinstance(mode, Permanent) or (isinstance(mode, Recoverable) and mode.days is not None):
            raise Unsupported(f"{WHO} can't delete a secret in this way")
        outcome(name, method, name)
        done()

    def check(self) -> Unknown:
        return Unknown(f"{WHO} has no check")
