"""What a plugin of GenAIKeys has."""

from __future__ import annotations

import abc
import asyncio
from typing import Any


class SecretManagerPlugin(abc.ABC):
    """Reads secrets; all but `get_secret` may be left out."""

    @abc.abstractmethod
    def get_secret(self, secret_name: str) -> str: ...

    async def aget_secret(self, secret_name: str) -> str:
        return await asyncio.to_thread(self.get_secret, secret_name)

    def set_secret(self, secret_name: str, secret_value: str) -> None:
        raise NotImplementedError

    def exists(self, secret_name: str, **kwargs: Any) -> bool:
        raise NotImplementedError

    def list_secrets(self, max_results: int = 100) -> list[str]:
        raise NotImplementedError
