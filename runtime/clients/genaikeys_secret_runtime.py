"""GenAIKeys reads its keys through secret-runtime, from whatever backend that has.

This file is all there is to install. Put it where your program's modules are:

    from genaikeys import GenAIKeys
    from genaikeys_secret_runtime import SecretRuntimePlugin

    keys = GenAIKeys(SecretRuntimePlugin(mount="prod"))
    keys.get("OPENAI_API_KEY")

A package of yours that carries the file makes it a backend with a name, for
`GenAIKeys.backend("secret-runtime", mount="prod")`, by an entry point in its pyproject.toml:

    [project.entry-points."genaikeys.backends"]
    secret-runtime = "genaikeys_secret_runtime:SecretRuntimePlugin"

Where the daemon is comes from arguments, or else from the environment:

    SECRET_RUNTIME_ADDR        unix:///PATH, https://HOST:PORT, or http:// on loopback;
                               otherwise the socket in the user's runtime folder
    SECRET_RUNTIME_MOUNT       the mount to read from; without one, each name begins with it: prod/OPENAI_API_KEY
    SECRET_RUNTIME_TOKEN       the token, which anything but the socket needs; better:
    SECRET_RUNTIME_TOKEN_FILE  a file with it, read again for each request
    SECRET_RUNTIME_CACERT      the certificates (PEM) that an https:// daemon is known by; otherwise the system's
    SECRET_RUNTIME_TIMEOUT     seconds that each step of a request may take; otherwise 30

A secret that is not there is a KeyError, and anything that went wrong a SecretRuntimeError; `exists` says no to the
first alone. GenAIKeys itself keeps what it has read for an hour (`cache_duration`), also from what the daemon has
learned since; a short one is enough, because the daemon keeps values too.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Mapping

from genaikeys.plugins import SecretManagerPlugin

__all__ = ["SecretRuntimeError", "SecretRuntimePlugin"]

_PAGE_NAMES = 1000
"""The most names that the daemon gives at a time."""


class SecretRuntimePlugin(SecretManagerPlugin):
    """GenAIKeys' way to the daemon: reads, writes, asks and lists."""

    def __init__(
        self,
        address: str | None = None,
        token: str | None = None,
        token_file: str | None = None,
        mount: str | None = None,
        ca_file: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self._client = _Client(address, token, token_file, mount, ca_file, timeout)

    def get_secret(self, secret_name: str) -> str:
        """The value; KeyError if there is no such secret. `aget_secret` is the same in a thread."""
        value = self._client.read(self._client.place(secret_name))
        if value is None:
            raise KeyError(secret_name)
        return value

    def set_secret(self, secret_name: str, value: str) -> None:
        """Writes a secret."""
        self._client.write(self._client.place(secret_name), {"value": value})

    def exists(self, secret_name: str, **kwargs: object) -> bool:
        """Whether there is such a secret. Its value is not fetched."""
        return self._client.ask("HEAD", self._client.place(secret_name)) is not None

    def list_secrets(self, max_results: int = 100) -> list[str]:
        """The names of the mount's secrets, and of folders of them with a slash at their end; so many at most."""
        if not self._client.mount:
            raise ValueError("the names of which mount? Set SECRET_RUNTIME_MOUNT")
        folder = f"{_ROOT}{urllib.parse.quote(self._client.mount, safe='')}/"
        names: list[str] = []
        query: dict[str, str] = {}
        while len(names) < max_results:
            query["limit"] = str(min(max_results - len(names), _PAGE_NAMES))
            reply = self._client.ask("GET", f"{folder}?{urllib.parse.urlencode(query)}")
            if reply is None:
                break
            page, following = reply.get("names"), reply.get("next")
            if not isinstance(page, list):
                raise SecretRuntimeError(
                    f"{self._client.address} answers without names; is it the daemon?", "malformed"
                )
            names += [str(name) for name in page]
            if not isinstance(following, str) or following == query.get("cursor"):
                break
            query["cursor"] = following
        return names[:max_results]


# ---- The client. It is the same in each of these modules, so that one file is all that a host needs. ----

_PATIENCE = 30.0
"""Seconds that each step of a request may take, unless something else is set."""

_ROOT = "/runtime/v1/secrets/"

_REPLY_BYTES = 16 << 20
"""The longest reply that is read. The daemon takes no value that would need so much."""


class SecretRuntimeError(RuntimeError):
    """A request that came to nothing; that there is no such secret is never one of these.

    `kind` is the daemon's word for what happened (`refused`, `denied`, `unavailable`, `timeout`, …), `status` the HTTP
    status if it answered. The text holds neither values nor tokens.
    """

    def __init__(self, message: str, kind: str = "other", status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Line:
    """A connection that is closed as soon as nobody has it any more: when its thread ends, or a request failed."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection
        self.process = os.getpid()

    def __del__(self) -> None:
        self.connection.close()


class _Idle(threading.local):
    """The line that each thread keeps between two requests."""

    line: _Line | None = None

    def take(self) -> _Line | None:
        """Hands it out. What was opened before a fork is the parent's: two would read each other's replies."""
        line, self.line = self.line, None
        return line if line is not None and line.process == os.getpid() else None


class _Client:
    """Asks the daemon. What is given goes before what the environment says."""

    def __init__(
        self,
        address: str | None,
        token: str | None,
        token_file: str | None,
        mount: str | None,
        ca_file: str | None,
        timeout: float | None,
    ) -> None:
        if token is None and token_file is None:
            token, token_file = _setting("TOKEN"), _setting("TOKEN_FILE")
        if token is not None and token_file is not None:
            raise ValueError("there are both a token and a file with one; set one of them")
        self._token, self._token_file = token, token_file
        self.address = (address or _setting("ADDR") or _own_socket()).rstrip("/")
        self.mount = mount or _setting("MOUNT")
        self.timeout = float(timeout or _setting("TIMEOUT") or _PATIENCE)
        self._dial, self._base = _way(self.address, ca_file or _setting("CACERT"))
        self._idle = _Idle()

    def authority(self) -> dict[str, str]:
        """The header by which a request is allowed. A file is read each time: whoever renews a token writes there."""
        token = self._token
        if self._token_file is not None:
            with open(self._token_file, encoding="utf-8", errors="replace") as file:
                token = file.read().strip()
        if token is None:
            return {"X-Vault-Request": "true"}
        # Refused here, because http.client shows a header that it can't send.
        if not (token and token.isascii() and token.isprintable() and " " not in token):
            raise ValueError(f"what is in {self._token_file or 'SECRET_RUNTIME_TOKEN'} is no token")
        return {"X-Vault-Token": token}

    def place(self, name: str, mount: str | None = None, query: Mapping[str, str] | None = None) -> str:
        """The path of a secret."""
        mount = mount or self.mount
        segments = [*([mount] if mount else []), *name.split("/")]
        if any(segment in ("", ".", "..") for segment in segments):
            raise ValueError(f"{name!r} can't be a secret's name: a segment of it is empty, or leads elsewhere")
        if len(segments) == 1:
            raise ValueError(f"which mount is {name!r} in? Set SECRET_RUNTIME_MOUNT, or write MOUNT/{name}")
        path = _ROOT + "/".join(urllib.parse.quote(segment, safe="") for segment in segments)
        return f"{path}?{urllib.parse.urlencode(query)}" if query else path

    def read(self, path: str, timeout: float | None = None) -> str | None:
        """The value, or None if there is no such secret."""
        reply = self.ask("GET", path, timeout=timeout)
        if reply is None:
            return None
        value = reply.get("value")
        if isinstance(value, str):
            return value
        if "value_base64" in reply:
            raise SecretRuntimeError(f"{path}: the secret is not text, and can't be handed on as such", "unsupported")
        raise SecretRuntimeError(f"{self.address} answers without a value; is it the daemon?", "malformed")

    def write(self, path: str, secret: Mapping[str, object], timeout: float | None = None) -> dict[str, object]:
        """Writes a secret, and returns what is said of it."""
        reply = self.ask("PUT", path, secret, timeout)
        if reply is None:
            raise SecretRuntimeError(f"{path}: there is no such place to write at", "not-found", 404)
        return reply

    def ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> dict[str, object] | None:
        """What the daemon answers, or None if there is no such secret; anything else is an exception."""
        what = f"{method} {path} at {self.address}"
        headers = self.authority()
        sent = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            sent = json.dumps(body).encode()
        failed: tuple[str, str] | None = None
        try:
            status, received = self.exchange(method, path, headers, sent, timeout)
        except TimeoutError:
            failed = ("timeout", "no answer in time")
        except OSError as error:
            failed = ("unavailable", error.strerror or type(error).__name__)
        except http.client.HTTPException as error:
            failed = ("malformed", f"the answer is not HTTP ({type(error).__name__})")
        # Raised out here, where no other exception hangs on it: such a one may hold what was sent or received.
        if failed is not None:
            raise SecretRuntimeError(f"{what}: {failed[1]}", failed[0])
        reply = _object(received)
        if status in (200, 204):
            return reply
        kind = reply.get("kind")
        if status == 404 and (kind == "not-found" or method == "HEAD"):
            return None
        kind = kind if isinstance(kind, str) and kind.replace("-", "").isalpha() else "other"
        said = _said(reply, headers)
        raise SecretRuntimeError(f"{what}: HTTP {status}, {kind}{': ' if said else ''}{said}", kind, status)

    def exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, timeout: float | None = None
    ) -> tuple[int, bytes]:
        """Sends a request, and returns status and body of the reply."""
        # What changes something is sent once, so on a line that the other end has had no time to close.
        idle = self._idle.take() if method in ("GET", "HEAD") else None
        if idle is not None:
            try:
                return self._over(idle, method, path, headers, body, timeout)
            except ConnectionError:
                pass
        return self._over(_Line(self._dial()), method, path, headers, body, timeout)

    def _over(
        self, line: _Line, method: str, path: str, headers: dict[str, str], body: bytes | None, timeout: float | None
    ) -> tuple[int, bytes]:
        connection = line.connection
        connection.timeout = timeout or self.timeout
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request(method, self._base + path, body, headers)
        response = connection.getresponse()
        received = response.read(_REPLY_BYTES)
        if not response.isclosed():
            raise http.client.HTTPException
        self._idle.line = line
        return response.status, received


def _setting(name: str) -> str | None:
    """A variable of the environment; an empty one is as good as none."""
    return os.environ.get(f"SECRET_RUNTIME_{name}") or None


def _own_socket() -> str:
    """Where the daemon of this user listens."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    if not folder:
        raise ValueError("where is the daemon? XDG_RUNTIME_DIR is not set; set SECRET_RUNTIME_ADDR")
    return f"unix://{folder}/secret-runtime/runtime.sock"


def _way(address: str, ca_file: str | None) -> tuple[Callable[[], http.client.HTTPConnection], str]:
    """How to open a connection there, and what stands before each path."""
    url = urllib.parse.urlsplit(address)
    if url.query or url.fragment or "@" in url.netloc:
        raise ValueError("the address of the daemon has more than a scheme, a host, a port and a path")
    host, port, path = url.hostname, url.port, url.path
    if url.scheme == "unix" and not url.netloc and path:
        return lambda: _UnixConnection(path), ""
    if url.scheme == "https" and host:
        context = ssl.create_default_context(cafile=ca_file)
        return lambda: http.client.HTTPSConnection(host, port, context=context), path
    if url.scheme == "http" and host:
        # Over anything else, others would read along.
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"{address} would carry secrets over the network in the clear; use https://")
        return lambda: http.client.HTTPConnection(host, port), path
    raise ValueError(f"{address} is no address of a daemon; one is written https://HOST:PORT or unix:///PATH")


def _object(received: bytes) -> dict[str, object]:
    """The JSON object that was received; an empty one if it is something else."""
    try:
        reply = json.loads(received)
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}


def _said(reply: dict[str, object], headers: dict[str, str]) -> str:
    """The errors of a reply on one line; nothing if they repeat the token."""
    errors = reply.get("errors")
    texts = [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
    text = "".join(char if char.isprintable() else " " for char in "; ".join(texts))
    return "" if headers.get("X-Vault-Token", "\n") in text else text[:500]


# ---- The end of the client. ----
