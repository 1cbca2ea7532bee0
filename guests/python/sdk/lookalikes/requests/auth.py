"""Ways to log in. The runtime adds credentials, so these only say where."""

from __future__ import annotations

import _lookalike


class AuthBase:
    """What adds to a request before it is sent."""

    def __call__(self, request):  # type: ignore[no-untyped-def]
        raise NotImplementedError


class HTTPBasicAuth(AuthBase):
    """A user and a password."""

    def __init__(self, username: str, password: str) -> None:
        self.username, self.password = username, password

    def __call__(self, request):  # type: ignore[no-untyped-def]
        request.headers["Authorization"] = _lookalike.basic(self.username, self.password, "latin-1")
        return request
