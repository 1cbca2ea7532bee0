"""Stands in for `hvac`: reading and writing Vault's key/value engines, through the runtime.

Logging in is the runtime's business: recipes in the manifest do what `client.auth` would.
"""

from __future__ import annotations

from typing import Any

import _lookalike

from . import exceptions
from ._connection import Connection
from ._kv import Kv

__all__ = ["Client", "exceptions"]


def __getattr__(name: str) -> Any:
    raise _lookalike.missing("hvac", name)


class _Secrets:
    """The engines of secrets, of which there are the two of key/value."""

    def __init__(self, connection: Connection) -> None:
        self.kv = Kv(connection)

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("hvac.Client.secrets", name)


class Client:
    """A client of Vault."""

    def __init__(
        self, url: str | None = None, token: str | None = None, *_: Any, namespace: str | None = None, **__: Any
    ) -> None:
        self._connection = Connection(url or "http://localhost:8200", token, namespace)
        self.secrets = _Secrets(self._connection)

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("hvac.Client", name)

    @property
    def url(self) -> str:
        return self._connection.url

    @property
    def token(self) -> str | None:
        return self._connection.token

    @token.setter
    def token(self, token: str | None) -> None:
        self._connection.token = token

    def read(self, path: str, wrap_ttl: str | None = None) -> Any:
        try:
            return self._connection.request("get", f"/v1/{path}", wrap_ttl=wrap_ttl)
        except exceptions.InvalidPath:
            return None

    def list(self, path: str) -> Any:
        try:
            return self._connection.request("get", f"/v1/{path}", params={"list": True})
        except exceptions.InvalidPath:
            return None

    def write(self, path: str, wrap_ttl: str | None = None, **data: Any) -> Any:
        return self.write_data(path, data=data, wrap_ttl=wrap_ttl)

    def write_data(self, path: str, *, data: dict[str, Any] | None = None, wrap_ttl: str | None = None) -> Any:
        return self._connection.request("post", f"/v1/{path}", json=data, wrap_ttl=wrap_ttl)

    def delete(self, path: str) -> None:
        self._connection.request("delete", f"/v1/{path}")

    def lookup_token(self) -> Any:
        return self._connection.request("get", "/v1/auth/token/lookup-self")

    def is_authenticated(self) -> bool:
        if not self.token:
            return False
        try:
            self.lookup_token()
        except (exceptions.Forbidden, exceptions.InvalidPath, exceptions.InvalidRequest):
            return False
        return True
