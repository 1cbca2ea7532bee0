"""The settings that the manifest declares."""

from __future__ import annotations

from . import host
from .errors import Other

CREDENTIAL_PLACEHOLDER = "credential-added-by-secret-runtime"
"""What `get` answers for a credential. Where it stands in a header that a recipe injects, the runtime replaces it."""


def get(key: str, default: str | None = None) -> str | None:
    """A declared setting; of an origin's name, its URL; of a credential, a placeholder; of anything else, `default`."""
    value = host.current().config(key)
    return default if value is None else value


def require(key: str) -> str:
    """A setting that has to be there; without it the call fails."""
    value = host.current().config(key)
    if value is None:
        raise Other(f'the setting "{key}" is missing')
    return value
