"""The one file (its only key is ""), or the environment variables (a key each), that the operator granted."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field

from . import host


@dataclass(frozen=True)
class Blob:
    """Content, and a name for it."""

    data: bytes = field(repr=False)
    etag: str = ""
    """Names this content, for `replace`."""


def keys() -> builtins.list[str]:
    """The keys there are: "" for a file that exists, the names of the variables otherwise."""
    return host.current().storage_keys()


def read(key: str = "") -> Blob | None:
    """What is there; None if there is no such file or variable."""
    return host.current().storage_read(key)


def replace(data: bytes | None, *, key: str = "", unchanged: str | None) -> str:
    """Writes, only while `write` or `delete` runs, and answers the new etag.

    `data` None removes it. `unchanged` is the etag that was read; None says that it must not exist. If somebody wrote
    in between, it is a `Conflict`: read again.
    """
    return host.current().storage_replace(key, data, unchanged)
