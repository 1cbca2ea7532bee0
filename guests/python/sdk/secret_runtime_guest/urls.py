"""Building URLs: whatever a name holds, it stays where it was put."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote


def url(base: str, *segments: str, query: Mapping[str, str | int | None] | None = None) -> str:
    """An absolute URL: an origin, or a folder below it, then segments, then a query. All are percent-encoded.

    A slash within a segment is encoded too, so a whole name can be one segment; `path` makes segments of a name that
    has folders. A query parameter that is None is left out.

    >>> url("https://keeper.example.com/", "keys", "team/a b", query={"version": 3, "at": None})
    'https://keeper.example.com/keys/team%2Fa%20b?version=3'
    >>> url("https://keeper.example.com", *path("team/key"))
    'https://keeper.example.com/team/key'
    """
    whole = "/".join([base.rstrip("/"), *(_encoded(segment) for segment in segments)])
    pairs = [f"{_encoded(key)}={_encoded(str(value))}" for key, value in (query or {}).items() if value is not None]
    return f"{whole}?{'&'.join(pairs)}" if pairs else whole


def path(name: str) -> list[str]:
    """The segments of a name that slashes divide, without empty ones."""
    return [segment for segment in name.split("/") if segment]


def _encoded(text: str) -> str:
    return quote(text, safe="")
