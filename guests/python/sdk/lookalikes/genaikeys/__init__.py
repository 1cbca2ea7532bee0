"""Stands in for `genaikeys`, so that a plugin's module can be imported. The runtime does what GenAIKeys does for it."""

from __future__ import annotations

from typing import Any

from .plugins import SecretManagerPlugin

__all__ = ["GenAIKeys", "SecretManagerPlugin"]


class GenAIKeys:
    """Asks the plugin, and keeps nothing: the runtime has the cache."""

    def __init__(self, plugin: SecretManagerPlugin, **_: Any) -> None:
        self._plugin = plugin

    def get(self, secret_name: str) -> str:
        return self._plugin.get_secret(secret_name)

    get_secret = get
