"""Why an operation failed: one exception for each error of the contract."""

from __future__ import annotations


class Error(Exception):
    """What a backend may raise. Its words are for a person, and never hold a value."""

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """One of the codes that the manifest declares, or nothing."""


class NotFound(Error):
    """There is no such secret. Only for what the upstream says is not there."""


class Invalid(Error):
    """A name, value, version or option that can't be right, and why."""


class Denied(Error):
    """The upstream knows us and says no."""


class Unauthenticated(Error):
    """The upstream does not accept our credentials."""


class RateLimited(Error):
    """Too many requests; `seconds` is how long to wait, where the upstream says so."""

    def __init__(self, seconds: int | None = None) -> None:
        super().__init__("too many requests")
        self.seconds = seconds


class Unavailable(Error):
    """The upstream can't be reached or can't answer now."""


class Timeout(Error):
    """Time ran out while waiting for the upstream."""


class Conflict(Error):
    """It exists already, or somebody else changed it."""


class ApprovalRequired(Error):
    """A person has to approve first; `id` is what they approve."""

    def __init__(self, id: str) -> None:
        super().__init__("approval is required")
        self.id = id


class Unsupported(Error):
    """What this backend does not do."""


class Malformed(Error):
    """What came back is not what this upstream should send."""


class Other(Error):
    """Anything else."""
