"""Secrets, entries and pages, as a backend handles them. Values and metadata are in no `repr`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Union

from .errors import Invalid, Unsupported


@dataclass
class Secret:
    """A secret as it was read."""

    value: bytes | str = field(repr=False)
    """The value, exactly as the upstream keeps it. A text is encoded as UTF-8."""
    version: str | None = None
    """The version that was read, in the upstream's own notation; None if it has no versions."""
    expires_at: datetime | None = None
    """When it stops being valid, with its time zone; None for never, or if the upstream does not tell."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the upstream tells of it. Never part of the value."""


@dataclass
class Entry:
    """One secret, or one folder, of a listing."""

    name: str
    """The whole name, ready to be read; that of a folder ends in `/`."""
    version: str | None = None
    expired: bool | None = None
    """Whether it has expired or is deleted; None if the upstream does not tell here."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass
class Page:
    """One page of a listing."""

    entries: list[Entry]
    next: str | None = None
    """Given back as `cursor` for the next page; None if this was the last."""
    total: int | None = None
    """How many there are in all pages; None if the upstream does not tell."""

    @classmethod
    def of_all(cls, entries: Iterable[Entry | str], prefix: str, cursor: str | None, limit: int) -> Page:
        """Cuts a page out of all entries, for an upstream that gives them all at once.

        Pages are in order of names and a cursor is the last name of the page before, so that a page stays right when
        names are added or deleted in between.
        """
        named = {entry.name: entry for entry in (Entry(e) if isinstance(e, str) else e for e in entries)}
        names = sorted(name for name in named if name.startswith(prefix))
        rest = [name for name in names if cursor is None or name > cursor]
        page = rest[: max(limit, 1)]
        return cls([named[name] for name in page], page[-1] if len(page) < len(rest) else None, len(names))


@dataclass(frozen=True)
class Upsert:
    """Create the secret, or write it anew."""


@dataclass(frozen=True)
class CreateOnly:
    """Write only if there is no such secret; else a conflict."""


@dataclass(frozen=True)
class IfVersion:
    """Write only over this version; else a conflict."""

    version: str


WriteMode = Union[Upsert, CreateOnly, IfVersion]


@dataclass(frozen=True)
class Recoverable:
    """Days it stays recoverable; None for what the upstream does by itself."""

    days: int | None = None


@dataclass(frozen=True)
class Permanent:
    """Delete for good, with all versions."""


DeleteMode = Union[Recoverable, Permanent]

Asked = Literal["create-only", "if-version", "description", "tags", "expiry"]


@dataclass
class NewSecret:
    """A secret to write."""

    name: str
    value: bytes = field(repr=False)
    mode: WriteMode = Upsert()
    description: str | None = field(default=None, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None

    def text(self) -> str:
        """The value as text, for an upstream that keeps nothing else."""
        try:
            return self.value.decode()
        except UnicodeDecodeError:
            raise Invalid("the value is not UTF-8 text") from None

    def refuse(self, upstream: str, *unsupported: Asked) -> None:
        """Refuses, before anything is sent, what `upstream` can't do: dropped silently, it is missed too late."""
        words: dict[Asked, tuple[bool, str]] = {
            "create-only": (isinstance(self.mode, CreateOnly), "under a condition"),
            "if-version": (isinstance(self.mode, IfVersion), "under a condition"),
            "description": (self.description is not None, "with a description"),
            "tags": (bool(self.tags), "with tags"),
            "expiry": (self.expires_at is not None, "with an expiry"),
        }
        for asked in unsupported:
            is_asked, how = words[asked]
            if is_asked:
                raise Unsupported(f"{upstream} can't write a secret {how}")


@dataclass(frozen=True)
class Unknown:
    """It can't be told whether the upstream is ready, for this reason."""

    reason: str
