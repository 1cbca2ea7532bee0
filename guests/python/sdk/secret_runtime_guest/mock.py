"""A stand-in for the runtime, to test a backend natively.

    with MockHost(config={"address": "http://keeper"}, replies=[reply(200, "value")]) as host:
        assert host.read(Keeper, "KEY").value == b"value"
    assert host.requests[0].url == "http://keeper/keys/KEY"
"""

from __future__ import annotations

import json as _json
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Union

from . import calls, host
from .clock import EPOCH
from .errors import Conflict, Error
from .http import Headers, Request, Response
from .storage import Blob
from .types import DeleteMode, NewSecret, Page, Recoverable, Secret, Unknown

Reply = Union[Response, Error, Callable[[Request], Response]]
"""A response, a failure to get one, or a function that makes the response."""


def reply(
    status: int, body: bytes | str = b"", *, headers: Mapping[str, str] | None = None, json: Any = None
) -> Response:
    """A response of the upstream, with this body or this value as JSON."""
    sent = dict(headers or {})
    if json is not None:
        body = _json.dumps(json)
        sent.setdefault("content-type", "application/json")
    return Response(status, Headers(sent.items()), body.encode() if isinstance(body, str) else body)


class MockHost:
    """Answers requests from a script, in order, and records what the backend did."""

    def __init__(
        self,
        *,
        config: Mapping[str, str] | None = None,
        replies: Iterable[Reply] = (),
        storage: Mapping[str, bytes] | None = None,
        now: datetime = datetime(2030, 1, 1, tzinfo=timezone.utc),
        seed: int = 0,
    ) -> None:
        self.settings = dict(config or {})
        self.replies = list(replies)
        """What is still to be answered."""
        self.storage = dict(storage or {})
        self.time = now
        """The time of day; sleeping moves it on."""
        self.requests: list[Request] = []
        """Every request, in order."""
        self.lines: list[tuple[str, str]] = []
        """Every log line: its level and its text."""
        self._chance = random.Random(seed)
        self._before: host.Host | None = None

    def __enter__(self) -> MockHost:
        self._before = host.become(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        host.become(self._before)

    # The operations of a backend, run as the runtime runs them: errors are those of the contract.

    def read(
        self, backend: calls.Make, name: str, version: str | None = None, options: Mapping[str, str] | None = None
    ) -> Secret:
        """Reads a secret. Its value is bytes, as the runtime gets it."""
        secret = calls.read(backend, name, version, options or {})
        if isinstance(secret.value, str):
            secret.value = secret.value.encode()
        return secret

    def exists(self, backend: calls.Make, name: str, options: Mapping[str, str] | None = None) -> bool:
        """Asks whether there is a secret."""
        return calls.exists(backend, name, options or {})

    def list(
        self,
        backend: calls.Make,
        prefix: str = "",
        cursor: str | None = None,
        limit: int = 100,
        options: Mapping[str, str] | None = None,
    ) -> Page:
        """Lists one page."""
        return calls.list_page(backend, prefix, cursor, limit, options or {})

    def write(self, backend: calls.Make, secret: NewSecret, options: Mapping[str, str] | None = None) -> str | None:
        """Writes a secret."""
        return calls.write(backend, secret, options or {})

    def delete(
        self,
        backend: calls.Make,
        name: str,
        mode: DeleteMode = Recoverable(),
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Deletes a secret."""
        calls.delete(backend, name, mode, options or {})

    def check(self, backend: calls.Make) -> Unknown | None:
        """Asks whether the upstream is ready: None says so."""
        return calls.check(backend)

    # What a backend may call.

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        if not self.replies:
            raise host.Misuse(f"the script has no reply left for {request.method} {request.url}")
        answer = self.replies.pop(0)
        if isinstance(answer, Error):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)

    def config(self, key: str) -> str | None:
        return self.settings.get(key)

    def storage_keys(self) -> Any:
        return [*self.storage]

    def storage_read(self, key: str) -> Blob | None:
        data = self.storage.get(key)
        return None if data is None else Blob(data, _etag(data))

    def storage_replace(self, key: str, data: bytes | None, unchanged: str | None) -> str:
        before = self.storage_read(key)
        if (before and before.etag) != unchanged:
            raise Conflict("somebody else wrote at the same time")
        if data is None:
            self.storage.pop(key, None)
            return ""
        self.storage[key] = data
        return _etag(data)

    def now(self) -> int:
        return (self.time - EPOCH) // timedelta(milliseconds=1)

    def sleep(self, milliseconds: int) -> None:
        self.time += timedelta(milliseconds=milliseconds)

    def random_bytes(self, length: int) -> bytes:
        return self._chance.randbytes(length)

    def log(self, level: str, message: str) -> None:
        self.lines.append((level, message))


def _etag(data: bytes) -> str:
    return f"{len(data)}-{hash(data)}"
