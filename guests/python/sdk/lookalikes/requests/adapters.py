"""How `requests` carries messages. Here the runtime does, and it retries as it is told to."""

from __future__ import annotations

from typing import Any


class HTTPAdapter:
    """Takes what the real one takes, and has nothing to do."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass
