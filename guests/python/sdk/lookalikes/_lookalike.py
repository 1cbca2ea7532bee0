"""What the lookalikes share: making requests as the real libraries would, and sending them through the runtime."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from secret_runtime_guest import Unsupported, http
from secret_runtime_guest.config import CREDENTIAL_PLACEHOLDER

TRANSPORT = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "user-agent"}
)
"""Headers that say how a message is carried and by whom. The runtime writes its own."""

REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class Missing(Unsupported, AttributeError):
    """Something of the real library that its lookalike does not have."""


def missing(library: str, name: str) -> AttributeError:
    """The error for an attribute that is not there."""
    if name.startswith("__"):
        return AttributeError(name)
    return Missing(f"a backend's `{library}` has no `{name}`: the README of the SDK says what it has")


def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> http.Response:
    """Sends a request. Failures are those of the SDK; each library has its own names for them."""
    sent = {name.lower(): value for name, value in headers.items() if name.lower() not in TRANSPORT}
    return http.send(http.Request(method.upper(), url, sent, body))


def basic(user: str, password: str, encoding: str = "utf-8") -> str:
    """The header for a user and a password. Where the password is the runtime's to add, it stands in for both."""
    if password == CREDENTIAL_PLACEHOLDER:
        return f"Basic {CREDENTIAL_PLACEHOLDER}"
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()


def as_json(value: Any, **form: Any) -> bytes:
    """A value as JSON, in the form that a library writes."""
    return json.dumps(value, allow_nan=False, **form).encode()


def charset(headers: Mapping[str, str]) -> str | None:
    """The encoding that a content type names, if Python knows it."""
    found = _CHARSET.search(headers.get("content-type", ""))
    if found is None:
        return None
    try:
        "".encode(found[1])
    except LookupError:
        return None
    return found[1]


def split(url: str, invalid: type[Exception]) -> SplitResult:
    """The parts of an absolute URL, or the library's own error."""
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in url):
        raise invalid("a URL can't hold control characters")
    try:
        parts = urlsplit(url)
        parts.port
    except ValueError:
        raise invalid("this is not a URL") from None
    if "@" in parts.netloc:
        raise Unsupported("a URL can't hold a user or a password: name them as credentials in the manifest")
    return parts


def without_dots(path: str) -> str:
    """A path as RFC 3986 resolves it: `.` is nothing and `..` goes up."""
    segments: list[str] = []
    parts = path.split("/")
    for segment in parts:
        if segment == ".." and len(segments) > 1:
            segments.pop()
        elif segment not in (".", ".."):
            segments.append(segment)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/".join(segments)


def pairs(values: Any) -> list[tuple[str, Any]]:
    """Parameters in any of the forms that the libraries take, one pair for each value."""
    items: Iterable[tuple[str, Any]] = values.items() if isinstance(values, Mapping) else values
    return [
        (key, one)
        for key, value in items
        for one in (value if isinstance(value, (list, tuple, set)) else [value])
    ]
