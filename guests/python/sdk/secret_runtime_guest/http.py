"""Requests to the upstream: one whole request, one whole response. Credentials are added by the runtime."""

from __future__ import annotations

import builtins
import json as _json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import host
from .errors import (
    Denied,
    Error,
    Malformed,
    NotFound,
    Other,
    RateLimited,
    Timeout,
    Unauthenticated,
    Unavailable,
)


class Headers(Mapping[str, str]):
    """Headers by name in any case. Those of one name are joined by a comma."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            name = name.lower()
            before = self._values.get(name)
            self._values[name] = value if before is None else f"{before}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({builtins.list(self._values)})"


@dataclass(frozen=True)
class Request:
    """A request to be sent."""

    method: str
    """GET, HEAD, POST, PUT, PATCH, DELETE or LIST."""
    url: str
    """The absolute URL, percent-encoded already: `secret_runtime_guest.url` makes one."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The manifest has to name them, apart from accept, content-type and the conditional ones."""
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Response:
    """A response with any status. Redirects are not followed."""

    status: int
    headers: Headers = field(default_factory=Headers, repr=False)
    body: bytes = field(default=b"", repr=False)
    """The body, decoded and complete; empty where there was none."""

    @property
    def text(self) -> str:
        """The body as UTF-8 text; anything else is malformed."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise Malformed("the reply is not UTF-8 text") from None

    def json(self) -> Any:
        """The body read as JSON. The error says where it went wrong, not what stood there."""
        try:
            return _json.loads(self.text)
        except _json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
        except RecursionError:
            where = "nested too deeply"
        raise Malformed(f"the reply is not the JSON it should be ({where})")

    @property
    def retry_after(self) -> int | None:
        """How many seconds the upstream asks us to wait, where it says so in seconds."""
        value = self.headers.get("retry-after", "").strip()
        return int(value) if value.isascii() and value.isdigit() and int(value) < 2**32 else None

    def error(self) -> Error:
        """The error for a status that the backend does not read otherwise.

        401, 403, 408, 429 and 5xx mean what they mean everywhere; anything else is not what this upstream should send.
        404 too, for only the backend can tell a missing secret from a wrong address.
        """
        message = f"the upstream answered with status {self.status}"
        if self.status == 401:
            return Unauthenticated(message)
        if self.status == 403:
            return Denied(message)
        if self.status == 429:
            return RateLimited(self.retry_after)
        if self.status in (408, 504):
            return Timeout(message)
        if 500 <= self.status <= 599:
            return Unavailable(message)
        return Malformed(message)


class Refused(Other):
    """The runtime refused the request; the call has failed whatever the backend answers."""


_last: Response | Error | None = None


def send(request: Request) -> Response:
    """Sends a request and waits for the whole response, with whatever status."""
    global _last
    try:
        _last = response = host.current().send(request)
    except Error as error:
        _last = error
        raise
    return response


def last_failure() -> Error | None:
    """Why the last request of this call did not succeed; None if it did, or if there was none. A 404 is `NotFound`."""
    if not isinstance(_last, Response):
        return _last
    if _last.status == 404:
        return NotFound()
    return None if 200 <= _last.status <= 299 else _last.error()


def last_response() -> Response | None:
    """The last reply of this call."""
    return _last if isinstance(_last, Response) else None


def forget() -> None:
    """Forgets the last request, for a new call begins."""
    global _last
    _last = None


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    json: Any = None,
) -> Response:
    """Sends a request with these headers, and with this body or this value as JSON."""
    sent = dict(headers or {})
    if json is not None:
        body = _json.dumps(json)
        if not any(name.lower() == "content-type" for name in sent):
            sent["content-type"] = "application/json"
    if isinstance(body, str):
        body = body.encode()
    return send(Request(method, url, sent, body))


def get(url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a GET request."""
    return request("GET", url, headers=headers)


def head(url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a HEAD request."""
    return request("HEAD", url, headers=headers)


def post(
    url: str, *, headers: Mapping[str, str] | None = None, body: bytes | str | None = None, json: Any = None
) -> Response:
    """Sends a POST request."""
    return request("POST", url, headers=headers, body=body, json=json)


def put(
    url: str, *, headers: Mapping[str, str] | None = None, body: bytes | str | None = None, json: Any = None
) -> Response:
    """Sends a PUT request."""
    return request("PUT", url, headers=headers, body=body, json=json)


def patch(
    url: str, *, headers: Mapping[str, str] | None = None, body: bytes | str | None = None, json: Any = None
) -> Response:
    """Sends a PATCH request."""
    return request("PATCH", url, headers=headers, body=body, json=json)


def delete(url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a DELETE request."""
    return request("DELETE", url, headers=headers)


def list(url: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Sends a LIST request, as Vault has it."""
    return request("LIST", url, headers=headers)
