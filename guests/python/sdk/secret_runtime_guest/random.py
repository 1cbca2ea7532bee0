"""Chance, from the runtime's cryptographically secure source. Python's own `secrets` and `random` work as well."""

from __future__ import annotations

from . import host

_AT_ONCE = 64 << 10
"""The most bytes that the runtime gives in one piece."""


def token_bytes(length: int) -> bytes:
    """So many random bytes."""
    pieces = [host.current().random_bytes(min(_AT_ONCE, length - at)) for at in range(0, length, _AT_ONCE)]
    return b"".join(pieces)


def token_hex(length: int) -> str:
    """So many random bytes, as hexadecimal digits."""
    return token_bytes(length).hex()
