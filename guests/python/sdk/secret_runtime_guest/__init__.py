"""Write a secret-runtime backend in Python.

A backend is a class. It is made anew for each call, so it needs no cleaning up::

    from secret_runtime_guest import Unsupported, config, export, http, url

    @export
    class Keeper:
        def read(self, name, version, options):
            if version is not None:
                raise Unsupported("Keeper keeps no versions")
            response = http.get(url(config.require("address"), "keys", name))
            if response.status == 404:
                return None
            if response.status != 200:
                raise response.error()
            return response.body

Of `read`, `exists`, `list`, `write`, `delete` and `check` it has the methods that its world names; any of them may be
`async`. `secret_runtime_guest.mock` runs it without the runtime.
"""

from . import clock, config, http, log, random, storage
from .errors import (
    ApprovalRequired,
    Conflict,
    Denied,
    Error,
    Invalid,
    Malformed,
    NotFound,
    Other,
    RateLimited,
    Timeout,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from .export import export
from .types import (
    CreateOnly,
    DeleteMode,
    Entry,
    IfVersion,
    NewSecret,
    Page,
    Permanent,
    Recoverable,
    Secret,
    Unknown,
    Upsert,
    WriteMode,
)
from .urls import path, url

__all__ = [
    "ApprovalRequired",
    "Conflict",
    "CreateOnly",
    "DeleteMode",
    "Denied",
    "Entry",
    "Error",
    "IfVersion",
    "Invalid",
    "Malformed",
    "NewSecret",
    "NotFound",
    "Other",
    "Page",
    "Permanent",
    "RateLimited",
    "Recoverable",
    "Secret",
    "Timeout",
    "Unauthenticated",
    "Unavailable",
    "Unknown",
    "Unsupported",
    "Upsert",
    "WriteMode",
    "clock",
    "config",
    "export",
    "http",
    "log",
    "path",
    "random",
    "storage",
    "url",
]
