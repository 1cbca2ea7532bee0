"""Stands in for `httpx`: whole requests and whole responses, sent through the runtime.

Redirects are not followed and cookies are not kept. Timeouts, proxies and certificates are the runtime's business. What
is `async` is so in form only: the runtime answers before it goes on.
"""

from __future__ import annotations

import json as _json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

import _lookalike
from secret_runtime_guest import Error, Timeout as _Timeout, Unavailable, Unsupported
from secret_runtime_guest.http import Headers


_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def __getattr__(name: str) -> Any:
    raise _lookalike.missing("httpx", name)


# Why a request failed.


class HTTPError(Exception):
    def __init__(self, message: str = "", *, request: Any = None) -> None:
        super().__init__(message)
        self.request = request


class RequestError(HTTPError): ...


class TransportError(RequestError): ...


class TimeoutException(TransportError): ...


class ConnectTimeout(TimeoutException): ...


class ReadTimeout(TimeoutException): ...


class WriteTimeout(TimeoutException): ...


class PoolTimeout(TimeoutException): ...


class NetworkError(TransportError): ...


class ConnectError(NetworkError): ...


class ReadError(NetworkError): ...


class WriteError(NetworkError): ...


class CloseError(NetworkError): ...


class ProtocolError(TransportError): ...


class LocalProtocolError(ProtocolError): ...


class RemoteProtocolError(ProtocolError): ...


class ProxyError(TransportError): ...


class UnsupportedProtocol(TransportError): ...


class DecodingError(RequestError): ...


class TooManyRedirects(RequestError): ...


class InvalidURL(Exception): ...


class HTTPStatusError(HTTPError):
    def __init__(self, message: str, *, request: Any, response: Any) -> None:
        super().__init__(message, request=request)
        self.response = response


# Settings that the runtime has its own of.


class Timeout:
    """Takes what the real one takes. The runtime's deadline is what counts."""

    def __init__(self, timeout: Any = None, **parts: Any) -> None:
        self.connect, self.read, self.write, self.pool = (
            parts.get(part, timeout) for part in ("connect", "read", "write", "pool")
        )


class Limits:
    """Takes what the real one takes."""

    def __init__(self, **_: Any) -> None:
        pass


class HTTPTransport:
    """Takes what the real one takes."""

    def __init__(self, **_: Any) -> None:
        pass


class AsyncHTTPTransport(HTTPTransport): ...


class BasicAuth:
    """A user and a password. Where the password is a credential's placeholder, the runtime adds both."""

    def __init__(self, username: str, password: str) -> None:
        self.username, self.password = username, password


class URL:
    """An absolute URL."""

    def __init__(self, url: str | URL, params: Any = None) -> None:
        self._text = _url(str(url), params)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"URL({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (str, URL)) and str(other) == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("httpx.URL", name)

    @property
    def scheme(self) -> str:
        return _lookalike.split(self._text, InvalidURL).scheme

    @property
    def host(self) -> str:
        return _lookalike.split(self._text, InvalidURL).hostname or ""

    @property
    def path(self) -> str:
        return unquote(_lookalike.split(self._text, InvalidURL).path)


class Request:
    """A request as it is sent."""

    def __init__(self, method: str, url: str | URL, headers: Any = None, content: bytes | None = None) -> None:
        self.method = method.upper()
        self.url = url if isinstance(url, URL) else URL(url)
        self.headers: dict[str, str] = dict(headers or {})
        self.content = content

    def __repr__(self) -> str:
        return f"<Request({self.method!r}, {str(self.url)!r})>"


class Response:
    """What came back."""

    def __init__(self, status_code: int, headers: Headers, content: bytes, request: Request) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.request = request
        self.url = request.url
        self.reason_phrase = _lookalike.REASONS.get(status_code, "")
        self.encoding = _lookalike.charset(headers) or "utf-8"
        self.history: list[Response] = []
        self.cookies: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("httpx.Response", name)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code} {self.reason_phrase}]>"

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code <= 299

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status_code <= 399

    @property
    def is_client_error(self) -> bool:
        return 400 <= self.status_code <= 499

    @property
    def is_server_error(self) -> bool:
        return 500 <= self.status_code <= 599

    @property
    def is_error(self) -> bool:
        return 400 <= self.status_code <= 599

    @property
    def text(self) -> str:
        return self.content.decode(self.encoding, errors="replace")

    def json(self, **kwargs: Any) -> Any:
        return _json.loads(self.content, **kwargs)

    def raise_for_status(self) -> Response:
        if self.is_success:
            return self
        message = f"{self.status_code} {self.reason_phrase} for url {self.url}"
        raise HTTPStatusError(message, request=self.request, response=self)

    def read(self) -> bytes:
        return self.content

    async def aread(self) -> bytes:
        return self.content

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class _Client:
    """What both clients do."""

    def __init__(
        self,
        *,
        auth: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        base_url: str | URL = "",
        **_: Any,
    ) -> None:
        if cookies:
            raise Unsupported("a backend's `httpx` can't send cookies")
        self.auth = auth
        self.params = params
        self.headers: dict[str, str] = _headers({"Accept": "*/*"}, headers)
        self.base_url = str(base_url)
        self.is_closed = False

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("httpx.Client", name)

    def build_request(
        self,
        method: str,
        url: str | URL,
        *,
        content: Any = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        cookies: Any = None,
        timeout: Any = None,
        extensions: Any = None,
    ) -> Request:
        for what, value in (("files", files), ("cookies", cookies)):
            if value:
                raise Unsupported(f"a backend's `httpx` can't send with `{what}`")
        body, content_type = _body(content, data, json)
        merged = _headers({"Content-Type": content_type} if content_type else {}, self.headers, headers)
        return Request(method, URL(self._absolute(str(url)), _params(self.params, params)), merged, body)

    def _absolute(self, url: str) -> str:
        if self.base_url and not _ABSOLUTE.match(url):
            return f"{self.base_url.rstrip('/')}/{url.lstrip('/')}"
        return url

    def _send(self, request: Request, auth: Any = None) -> Response:
        login = auth if auth is not None else self.auth
        if isinstance(login, tuple):
            login = BasicAuth(*login)
        if isinstance(login, BasicAuth):
            request.headers = _headers(
                request.headers, {"Authorization": _lookalike.basic(login.username, login.password)}
            )
        elif login is not None:
            raise Unsupported("a backend's `httpx` takes a user and a password as `auth`, nothing else")
        try:
            reply = _lookalike.send(request.method, str(request.url), request.headers, request.content)
        except _Timeout as error:
            raise ReadTimeout("no reply in time", request=request) from error
        except Unavailable as error:
            raise ConnectError("no reply", request=request) from error
        except Error as error:
            raise RequestError("the runtime refused the request", request=request) from error
        return Response(reply.status, reply.headers, reply.body, request)

    def _request(
        self, method: str, url: str | URL, *, auth: Any = None, follow_redirects: Any = None, **kwargs: Any
    ) -> Response:
        return self._send(self.build_request(method, url, **kwargs), auth)


class Client(_Client):
    """Settings that several requests share."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.is_closed = True

    def send(self, request: Request, *, auth: Any = None, stream: bool = False, **_: Any) -> Response:
        return self._send(request, auth)

    def request(self, method: str, url: str | URL, **kwargs: Any) -> Response:
        return self._request(method, url, **kwargs)

    def get(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("GET", url, **kwargs)

    def options(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("OPTIONS", url, **kwargs)

    def head(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("HEAD", url, **kwargs)

    def post(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("POST", url, **kwargs)

    def put(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("PUT", url, **kwargs)

    def patch(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("PATCH", url, **kwargs)

    def delete(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("DELETE", url, **kwargs)


class AsyncClient(_Client):
    """Settings that several requests share; its methods are awaited."""

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        self.is_closed = True

    async def send(self, request: Request, *, auth: Any = None, stream: bool = False, **_: Any) -> Response:
        return self._send(request, auth)

    async def request(self, method: str, url: str | URL, **kwargs: Any) -> Response:
        return self._request(method, url, **kwargs)

    async def get(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("GET", url, **kwargs)

    async def options(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("OPTIONS", url, **kwargs)

    async def head(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("HEAD", url, **kwargs)

    async def post(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("POST", url, **kwargs)

    async def put(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("PUT", url, **kwargs)

    async def patch(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("PATCH", url, **kwargs)

    async def delete(self, url: str | URL, **kwargs: Any) -> Response:
        return self._request("DELETE", url, **kwargs)


def request(method: str, url: str | URL, *, params: Any = None, auth: Any = None, **kwargs: Any) -> Response:
    settings = {name: kwargs.pop(name) for name in ("verify", "cert", "proxy", "trust_env") if name in kwargs}
    return Client(**settings).request(method, url, params=params, auth=auth, **kwargs)


def get(url: str | URL, **kwargs: Any) -> Response:
    return request("GET", url, **kwargs)


def options(url: str | URL, **kwargs: Any) -> Response:
    return request("OPTIONS", url, **kwargs)


def head(url: str | URL, **kwargs: Any) -> Response:
    return request("HEAD", url, **kwargs)


def post(url: str | URL, **kwargs: Any) -> Response:
    return request("POST", url, **kwargs)


def put(url: str | URL, **kwargs: Any) -> Response:
    return request("PUT", url, **kwargs)


def patch(url: str | URL, **kwargs: Any) -> Response:
    return request("PATCH", url, **kwargs)


def delete(url: str | URL, **kwargs: Any) -> Response:
    return request("DELETE", url, **kwargs)


def _headers(*all_headers: Any) -> dict[str, str]:
    """Headers of several places; the last one counts."""
    merged: dict[str, tuple[str, str]] = {}
    for headers in all_headers:
        for name, value in headers.items() if isinstance(headers, Mapping) else headers or ():
            merged[name.lower()] = (name, value)
    return dict(merged.values())


def _params(ours: Any, theirs: Any) -> Any:
    """Parameters of the client and of the request; None if neither has any."""
    if not ours:
        return theirs
    if not theirs:
        return ours
    named = {key for key, _ in _lookalike.pairs(theirs)}
    return [pair for pair in _lookalike.pairs(ours) if pair[0] not in named] + _lookalike.pairs(theirs)


def _body(content: Any, data: Any, json: Any) -> tuple[bytes | None, str | None]:
    if isinstance(content, (str, bytes)):
        return content.encode() if isinstance(content, str) else content, None
    if content is not None:
        raise Unsupported("a backend's `httpx` can't send a stream")
    if isinstance(data, (str, bytes)):
        return _body(data, None, None)
    if data:
        form = [(key, _text(value)) for key, value in _lookalike.pairs(data)]
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    if json is not None:
        return _lookalike.as_json(json, ensure_ascii=False, separators=(",", ":")), "application/json"
    return None, None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _url(url: str, params: Any) -> str:
    """The URL as it goes out: percent-encoded where it has to be, with what is encoded already left as it is."""
    parts = _lookalike.split(url, InvalidURL)
    if not parts.netloc or parts.scheme not in ("http", "https"):
        raise UnsupportedProtocol("this URL has no host, or a scheme other than http and https")
    path = _quoted(_lookalike.without_dots(parts.path) or "/", "!$&'()*+,/:;=@[\\]^|~")
    if params is None:
        query = _quoted(parts.query, "!$&'()*+,/:;=?@[\\]^`{|}~")
    elif isinstance(params, (str, bytes)):
        query = params.decode() if isinstance(params, bytes) else params
    else:
        query = urlencode([(key, _text(value)) for key, value in _lookalike.pairs(params)])
    return f"{parts.scheme}://{parts.netloc.lower()}{path}" + (f"?{query}" if query else "")


def _quoted(text: str, safe: str) -> str:
    """Encodes what is not safe. A percent sign is, whether it begins an encoded byte or not."""
    return quote(text, safe=safe + "%")
