"""Requests to Vault."""

from __future__ import annotations

import re
from typing import Any

import requests

from . import exceptions


_SLASHES = re.compile("/+")


class Connection:
    """Where Vault is and how to ask it."""

    def __init__(self, url: str, token: str | None, namespace: str | None) -> None:
        self.url, self.token, self.namespace = url, token, namespace
        self.session = requests.Session()

    def request(self, method: str, path: str, **kwargs: Any) -> Any:
        """The reply to a request: its JSON where it is a 200, the response itself for what else is no error."""
        url = f"{self.url.strip('/')}/{_SLASHES.sub('/', path).strip('/')}"
        headers = {"X-Vault-Request": "true"}
        if self.token:
            headers["X-Vault-Token"] = self.token
        if self.namespace:
            headers["X-Vault-Namespace"] = self.namespace
        if wrap_ttl := kwargs.pop("wrap_ttl", None):
            headers["X-Vault-Wrap-TTL"] = str(wrap_ttl)
        response = self.session.request(method, url, headers=headers, **kwargs)
        if not response.ok:
            raise _error(method, url, response)
        if response.status_code == 200:
            try:
                return response.json()
            except ValueError:
                pass
        return response


def _error(method: str, url: str, response: requests.Response) -> exceptions.VaultError:
    json = errors = None
    if response.headers.get("content-type") == "application/json":
        try:
            json = response.json()
            errors = json.get("errors")
        except (ValueError, AttributeError):
            pass
    kind = exceptions.OF_STATUS.get(response.status_code, exceptions.UnexpectedError)
    message = response.text if errors is None else None
    return kind(message, errors, method, url, response.text, json)
