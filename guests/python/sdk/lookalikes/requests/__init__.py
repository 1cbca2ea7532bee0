"""Stands in for `requests`: whole requests and whole responses, sent through the runtime.

Redirects are not followed and cookies are not kept. Timeouts, proxies and certificates are the runtime's business.
"""

from __future__ import annotations

import json as _json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import _lookalike
from secret_runtime_guest import Error, Timeout as _Timeout, Unavailable, Unsupported
from secret_runtime_guest.http import Headers

from . import adapters, auth, exceptions
from .auth import HTTPBasicAuth
from .exceptions import (
    ConnectionError,
    ConnectTimeout,
    HTTPError,
    InvalidURL,
    JSONDecodeError,
    MissingSchema,
    ReadTimeout,
    RequestException,
    Timeout,
)


_ENCODED = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def __getattr__(name: str) -> Any:
    raise _lookalike.missing("requests", name)


class PreparedRequest:
    """A request as it is sent."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> None:
        self.method, self.url, self.headers, self.body = method, url, headers, body

    def __repr__(self) -> str:
        return f"<PreparedRequest [{self.method}]>"


class Response:
    """What came back."""

    def __init__(self, status: int, headers: Headers, content: bytes, request: PreparedRequest) -> None:
        self.status_code = status
        self.headers = headers
        self.content = content
        self.request = request
        self.url = request.url
        self.reason = _lookalike.REASONS.get(status, "")
        self.history: list[Response] = []
        self.cookies: dict[str, str] = {}
        self.encoding = _encoding(headers)

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("requests.Response", name)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def __bool__(self) -> bool:
        return self.ok

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def is_redirect(self) -> bool:
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    @property
    def apparent_encoding(self) -> str:
        return "utf-8"

    @property
    def text(self) -> str:
        return self.content.decode(self.encoding or "utf-8", errors="replace")

    def json(self, **kwargs: Any) -> Any:
        try:
            if not self.encoding:
                return _json.loads(self.content, **kwargs)
            return _json.loads(self.text, **kwargs)
        except _json.JSONDecodeError as error:
            raise JSONDecodeError(error.msg, error.doc, error.pos) from None

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            side = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(f"{self.status_code} {side} Error: {self.reason} for url: {self.url}", response=self)

    def close(self) -> None:
        pass


class Session:
    """Settings that several requests share."""

    def __init__(self) -> None:
        self.headers: dict[str, Any] = {"Accept": "*/*"}
        self.params: Any = {}
        self.auth: Any = None
        self.verify: Any = True
        self.cert: Any = None
        self.proxies: dict[str, str] = {}
        self.trust_env = True
        self.max_redirects = 30
        self.cookies: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("requests.Session", name)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        pass

    def mount(self, prefix: str, adapter: object) -> None:
        """The runtime carries all messages."""

    def request(
        self,
        method: str,
        url: Any,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, Any] | None = None,
        cookies: Any = None,
        files: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = True,
        proxies: Any = None,
        hooks: Any = None,
        stream: bool | None = None,
        verify: Any = None,
        cert: Any = None,
        json: Any = None,
    ) -> Response:
        for what, value in (("files", files), ("cookies", cookies), ("hooks", hooks)):
            if value:
                raise Unsupported(f"a backend's `requests` can't send with `{what}`")
        merged = _merged(self.headers, headers)
        body, content_type = _body(data, json)
        if content_type and "content-type" not in {name.lower() for name in merged}:
            merged["Content-Type"] = content_type
        everything = [*_given(self.params), *_given(params)] if not isinstance(params, (str, bytes)) else params
        prepared = PreparedRequest(method.upper(), _url(url, everything), merged, body)
        login = auth or self.auth
        if login is not None:
            prepared = (HTTPBasicAuth(*login) if isinstance(login, tuple) else login)(prepared)
        try:
            reply = _lookalike.send(prepared.method, prepared.url, prepared.headers, prepared.body)
        except _Timeout as error:
            raise ReadTimeout("no reply in time", request=prepared) from error
        except Unavailable as error:
            raise ConnectionError("no reply", request=prepared) from error
        except Error as error:
            raise RequestException("the runtime refused the request", request=prepared) from error
        return Response(reply.status, reply.headers, reply.body, prepared)

    def get(self, url: Any, **kwargs: Any) -> Response:
        return self.request("GET", url, **kwargs)

    def options(self, url: Any, **kwargs: Any) -> Response:
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url: Any, **kwargs: Any) -> Response:
        return self.request("HEAD", url, **kwargs)

    def post(self, url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> Response:
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: Any, data: Any = None, **kwargs: Any) -> Response:
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url: Any, data: Any = None, **kwargs: Any) -> Response:
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url: Any, **kwargs: Any) -> Response:
        return self.request("DELETE", url, **kwargs)


def session() -> Session:
    return Session()


def request(method: str, url: Any, **kwargs: Any) -> Response:
    return Session().request(method, url, **kwargs)


def get(url: Any, params: Any = None, **kwargs: Any) -> Response:
    return request("GET", url, params=params, **kwargs)


def options(url: Any, **kwargs: Any) -> Response:
    return request("OPTIONS", url, **kwargs)


def head(url: Any, **kwargs: Any) -> Response:
    return request("HEAD", url, **kwargs)


def post(url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> Response:
    return request("POST", url, data=data, json=json, **kwargs)


def put(url: Any, data: Any = None, **kwargs: Any) -> Response:
    return request("PUT", url, data=data, **kwargs)


def patch(url: Any, data: Any = None, **kwargs: Any) -> Response:
    return request("PATCH", url, data=data, **kwargs)


def delete(url: Any, **kwargs: Any) -> Response:
    return request("DELETE", url, **kwargs)


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers of the session and of the request; one that is None is taken away."""
    by_name = {name.lower(): (name, value) for name, value in [*ours.items(), *(theirs or {}).items()]}
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in by_name.values()
        if value is not None
    }


def _given(params: Any) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in _lookalike.pairs(params or {}) if value is not None]


def _body(data: Any, json: Any) -> tuple[bytes | None, str | None]:
    if not data and json is not None:
        return _lookalike.as_json(json), "application/json"
    if not data:
        return None, None
    if isinstance(data, (str, bytes)):
        return data.encode() if isinstance(data, str) else data, None
    if isinstance(data, (Mapping, list, tuple)):
        return urlencode(_given(data)).encode(), "application/x-www-form-urlencoded"
    raise Unsupported("a backend's `requests` can't send a stream")


def _url(url: Any, params: Any) -> str:
    """The URL as it goes out: percent-encoded where it has to be, with what is encoded already left as it is."""
    text = (url.decode() if isinstance(url, bytes) else str(url)).lstrip()
    parts = _lookalike.split(text, InvalidURL)
    if not parts.scheme:
        raise MissingSchema("this URL has no scheme")
    if not parts.netloc:
        raise InvalidURL("this URL has no host")
    path = _quoted(_lookalike.without_dots(parts.path), "/!$&'()*+,;=:@") or "/"
    query = _quoted(parts.query, "/?!$&'()*+,;=:@")
    added = params if isinstance(params, str) else params.decode() if isinstance(params, bytes) else urlencode(params)
    query = "&".join(part for part in (query, _requoted(added)) if part)
    return f"{parts.scheme}://{parts.netloc.lower()}{_requoted(path)}" + (f"?{query}" if query else "")


def _quoted(text: str, safe: str) -> str:
    """Encodes what is not safe. Percent signs are kept if all of them begin an encoded byte, else all are encoded."""
    if len(_ENCODED.findall(text)) == text.count("%"):
        text = _ENCODED.sub(lambda found: found[0].upper(), text)
        safe += "%"
    return quote(text, safe=safe + "~")


def _requoted(text: str) -> str:
    """Decodes encoded bytes that need no encoding, and encodes the rest that do."""

    def decoded(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if _UNRESERVED.fullmatch(character) else found[0]

    return quote(_ENCODED.sub(decoded, text), safe="!#$%&'()*+,/:;=?@[]~")


def _encoding(headers: Mapping[str, str]) -> str | None:
    named = _lookalike.charset(headers)
    if named:
        return named
    kind = headers.get("content-type", "")
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None
