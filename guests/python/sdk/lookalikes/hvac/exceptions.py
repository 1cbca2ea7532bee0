"""Why Vault said no, under the names that `hvac` has for it."""

from __future__ import annotations

from typing import Any


class VaultError(Exception):
    def __init__(
        self,
        message: str | None = None,
        errors: Any = None,
        method: str | None = None,
        url: str | None = None,
        text: str | None = None,
        json: Any = None,
    ) -> None:
        super().__init__(", ".join(errors) if errors else message)
        self.errors, self.method, self.url, self.text, self.json = errors, method, url, text, json

    def __str__(self) -> str:
        return f"{self.args[0]}, on {self.method} {self.url}"


class InvalidRequest(VaultError): ...


class Unauthorized(VaultError): ...


class Forbidden(VaultError): ...


class InvalidPath(VaultError): ...


class UnsupportedOperation(VaultError): ...


class PreconditionFailed(VaultError): ...


class RateLimitExceeded(VaultError): ...


class InternalServerError(VaultError): ...


class VaultNotInitialized(VaultError): ...


class VaultDown(VaultError): ...


class UnexpectedError(VaultError): ...


class BadGateway(VaultError): ...


class ParamValidationError(VaultError): ...


OF_STATUS: dict[int, type[VaultError]] = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Forbidden,
    404: InvalidPath,
    429: RateLimitExceeded,
    500: InternalServerError,
    501: VaultNotInitialized,
    502: BadGateway,
    503: VaultDown,
}
"""The error for a status; any other is `UnexpectedError`."""
