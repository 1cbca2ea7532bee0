"""Why a request failed, under the names that `requests` has for it."""

from __future__ import annotations

import json
from typing import Any


class RequestException(IOError):
    def __init__(self, *args: Any, request: Any = None, response: Any = None) -> None:
        super().__init__(*args)
        self.response = response
        self.request = request if request is not None or response is None else response.request


class HTTPError(RequestException): ...


class ConnectionError(RequestException): ...


class SSLError(ConnectionError): ...


class ProxyError(ConnectionError): ...


class Timeout(RequestException): ...


class ConnectTimeout(ConnectionError, Timeout): ...


class ReadTimeout(Timeout): ...


class TooManyRedirects(RequestException): ...


class URLRequired(RequestException): ...


class MissingSchema(RequestException, ValueError): ...


class InvalidSchema(RequestException, ValueError): ...


class InvalidURL(RequestException, ValueError): ...


class InvalidHeader(RequestException, ValueError): ...


class InvalidJSONError(RequestException): ...


class JSONDecodeError(InvalidJSONError, json.JSONDecodeError):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        json.JSONDecodeError.__init__(self, *args)
        InvalidJSONError.__init__(self, *self.args, **kwargs)


class ChunkedEncodingError(RequestException): ...


class ContentDecodingError(RequestException): ...


class RetryError(RequestException): ...
