"""LiteLLM reads its keys through secret-runtime, from whatever backend that has.

This file is all there is to install. Put it beside the proxy's config.yaml and name it there:

    general_settings:
      key_management_system: custom
      key_management_settings:
        custom_secret_manager: litellm_secret_runtime.SecretRuntime
        hosted_keys: [OPENAI_API_KEY, team/app/ANTHROPIC_API_KEY]

    model_list:
      - model_name: gpt
        litellm_params:
          model: openai/gpt-5
          api_key: os.environ/OPENAI_API_KEY

In a program of your own:

    import litellm
    from litellm.types.secret_managers.main import KeyManagementSettings, KeyManagementSystem
    from litellm_secret_runtime import SecretRuntime

    litellm.secret_manager_client = SecretRuntime(mount="prod")
    litellm._key_management_system = KeyManagementSystem.CUSTOM
    litellm._key_management_settings = KeyManagementSettings(access_mode="read_only")

Where the daemon is comes from arguments, or else from the environment:

    SECRET_RUNTIME_ADDR        unix:///PATH, https://HOST:PORT, or http:// on loopback;
                               otherwise the socket in the user's runtime folder
    SECRET_RUNTIME_MOUNT       the mount to read from; without one, each name begins with it: prod/OPENAI_API_KEY
    SECRET_RUNTIME_TOKEN       the token, which anything but the socket needs; better:
    SECRET_RUNTIME_TOKEN_FILE  a file with it, read again for each request
    SECRET_RUNTIME_CACERT      the certificates (PEM) that an https:// daemon is known by; otherwise the system's
    SECRET_RUNTIME_TIMEOUT     seconds that each step of a request may take; otherwise 30

LiteLLM looks for an environment variable where it gets no secret, whatever the reason is. So leave variables of these
names unset. That there is no such secret is None here, and a failure an exception, whose reason LiteLLM logs. Do set
`hosted_keys`: without it LiteLLM asks for settings of its own too, a dozen times with each request that it serves.

What LiteLLM's settings do: `primary_secret_name` names a secret that is a JSON object, of which all names are members.
`description` and `tags` are written if the backend takes them. A team's `secret_manager_settings` are `mount`,
`path_prefix`, and `data` for a field of secrets that have several; the daemon's scopes decide what is allowed there. A
`namespace` is refused: there are none.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from litellm.integrations.custom_secret_manager import CustomSecretManager

if TYPE_CHECKING:
    import httpx

__all__ = ["SecretRuntime", "SecretRuntimeError"]

_UNSAID_DAYS = 7
"""The recovery window that LiteLLM gives with every deletion."""


class SecretRuntime(CustomSecretManager):
    """LiteLLM's way to the daemon: reads, writes, deletes and rotates."""

    def __init__(
        self,
        address: str | None = None,
        token: str | None = None,
        token_file: str | None = None,
        mount: str | None = None,
        ca_file: str | None = None,
        timeout: float | None = None,
    ) -> None:
        super().__init__(secret_manager_name="secret-runtime")
        self._client = _Client(address, token, token_file, mount, ca_file, timeout)

    def sync_read_secret(
        self,
        secret_name: str,
        optional_params: dict[str, Any] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> str | None:
        """The value, or None if there is no such secret."""
        primary = (optional_params or {}).get("primary_secret_name")
        value = self._client.read(self._path(primary or secret_name, optional_params), _seconds(timeout))
        return _member(value, secret_name, primary) if primary and value is not None else value

    async def async_read_secret(
        self,
        secret_name: str,
        optional_params: dict[str, Any] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> str | None:
        """The value, or None if there is no such secret."""
        return await asyncio.to_thread(self.sync_read_secret, secret_name, optional_params, timeout)

    async def async_write_secret(
        self,
        secret_name: str,
        secret_value: str,
        description: str | None = None,
        optional_params: dict[str, Any] | None = None,
        timeout: float | httpx.Timeout | None = None,
        tags: dict[Any, Any] | list[Any] | None = None,
    ) -> dict[str, Any]:
        """Writes a secret; answers its version if it has one."""
        pairs = tags.items() if isinstance(tags, dict) else [(tag["Key"], tag["Value"]) for tag in tags or []]
        secret: dict[str, object] = {"value": secret_value}
        if description:
            secret["description"] = description
        if pairs:
            secret["tags"] = {str(name): str(value) for name, value in pairs}
        path = self._path(secret_name, optional_params)
        reply = await asyncio.to_thread(self._client.write, path, secret, _seconds(timeout))
        return {"status": "success", "secret_name": secret_name, "version": reply.get("version")}

    async def async_delete_secret(
        self,
        secret_name: str,
        recovery_window_in_days: int | None = 7,
        optional_params: dict[str, Any] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> dict[str, Any]:
        """Deletes a secret. Seven days are what LiteLLM says always: the backend's own number counts in their place."""
        days = recovery_window_in_days
        query = {} if days is None or days == _UNSAID_DAYS else {"recovery-days": str(days)}
        path = self._path(secret_name, optional_params, query)
        reply = await asyncio.to_thread(self._client.ask, "DELETE", path, None, _seconds(timeout))
        return {"status": "not_found" if reply is None else "success", "secret_name": secret_name}

    async def async_rotate_secret(
        self,
        current_secret_name: str,
        new_secret_name: str,
        new_secret_value: str,
        optional_params: dict[str, Any] | None = None,
        timeout: float | httpx.Timeout | None = None,
    ) -> dict[str, Any]:
        """Writes the new secret, reads it back, and only then deletes the old one, if that has another name."""
        if await self.async_read_secret(current_secret_name, optional_params, timeout) is None:
            raise ValueError(f"Current secret {current_secret_name} not found")
        written = await self.async_write_secret(
            new_secret_name, new_secret_value, optional_params=optional_params, timeout=timeout
        )
        found = await self.async_read_secret(new_secret_name, optional_params, timeout)
        if found != new_secret_value:
            raise ValueError(f"{new_secret_name} does not read as it was written; {current_secret_name} is kept")
        if new_secret_name != current_secret_name:
            await self.async_delete_secret(current_secret_name, optional_params=optional_params, timeout=timeout)
        return written

    def validate_environment(self) -> bool:
        """Whether there is a token where one is said to be; what else can be wrong is found when this is made."""
        self._client.authority()
        return True

    async def async_health_check(self, timeout: float | httpx.Timeout | None = None) -> bool:
        """Whether the daemon answers, and its backends are loaded."""
        try:
            status, _ = await asyncio.to_thread(self._client.exchange, "GET", "/readyz", {}, None, _seconds(timeout))
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def _path(self, name: str, params: Mapping[str, Any] | None, query: Mapping[str, str] | None = None) -> str:
        """Where LiteLLM means a secret to be, for a team that may have settings of its own.

        A field is looked for unless there is another query: what is deleted is deleted whole.
        """
        nested = (params or {}).get("secret_manager_settings")
        settings = nested if isinstance(nested, dict) else params or {}
        mount, prefix, field, namespace = (
            str(settings.get(key) or "").strip().strip("/") for key in ("mount", "path_prefix", "data", "namespace")
        )
        if namespace:
            raise ValueError("there are no namespaces here; a mount leads to each")
        if query is None and field:
            query = {"field": field}
        return self._client.place(f"{prefix}/{name}" if prefix else name, mount, query)


def _member(whole: str, name: str, primary: str) -> str | None:
    """A member of a secret that holds several."""
    try:
        members = json.loads(whole)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise SecretRuntimeError(f"{primary!r} is no JSON object, and so has no members to read", "malformed")
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    raise SecretRuntimeError(f"{name!r} in {primary!r} is not text, and can't be handed on as such", "unsupported")


def _seconds(timeout: float | httpx.Timeout | None) -> float | None:
    """A timeout in seconds. One of httpx has several parts, of which reading is what takes time."""
    seconds = timeout if timeout is None or isinstance(timeout, (int, float)) else timeout.read
    return None if seconds is None else float(seconds)


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
