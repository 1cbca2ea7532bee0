"""What a custom secret manager of LiteLLM has."""

from __future__ import annotations

import abc
from typing import Any


class CustomSecretManager(abc.ABC):
    """Reads secrets; all but the two ways of reading may be left out."""

    def __init__(self, secret_manager_name: str | None = None, **_: Any) -> None:
        self.secret_manager_name = secret_manager_name or type(self).__name__

    @abc.abstractmethod
    async def async_read_secret(
        self, secret_name: str, optional_params: dict[str, Any] | None = None, timeout: Any = None
    ) -> str | None: ...

    @abc.abstractmethod
    def sync_read_secret(
        self, secret_name: str, optional_params: dict[str, Any] | None = None, timeout: Any = None
    ) -> str | None: ...

    async def async_write_secret(
        self,
        secret_name: str,
        secret_value: str,
        description: str | None = None,
        optional_params: dict[str, Any] | None = None,
        timeout: Any = None,
        tags: Any = None,
    ) -> dict[str, Any]:
        raise NotImplementedError(f"{self.secret_manager_name} does not write")

    async def async_delete_secret(
        self,
        secret_name: str,
        recovery_window_in_days: int | None = 7,
        optional_params: dict[str, Any] | None = None,
        timeout: Any = None,
    ) -> dict[str, Any]:
        raise NotImplementedError(f"{self.secret_manager_name} does not delete")

    def validate_environment(self) -> bool:
        return True

    async def async_health_check(self, timeout: Any = None) -> bool:
        return True
