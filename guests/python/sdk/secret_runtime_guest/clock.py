"""Time, as the runtime has it. Python's own `time` and `datetime` work as well."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from . import host

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def now() -> datetime:
    """The time of day, in UTC."""
    return EPOCH + timedelta(milliseconds=host.current().now())


def timestamp() -> int:
    """The time of day in milliseconds since 1970."""
    return host.current().now()


def sleep(seconds: float) -> None:
    """Waits; the call's deadline goes on."""
    host.current().sleep(max(0, round(seconds * 1000)))
