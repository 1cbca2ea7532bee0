"""Makes a backend of a class that was written for another program.

The class stays as it is. Its `requests`, `httpx` and `hvac` are small modules that send through the runtime. A factory
says what it is made of: its parameters are names of settings and credentials in the manifest::

    from secret_runtime_guest.adapt import genaikeys
    from vault_plugin import HashiCorpVaultPlugin
    genaikeys(lambda address, token: HashiCorpVaultPlugin(vault_addr=address, token=token))

It is made anew for each call. Methods that are `async` run to their end within the call.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..export import INTERFACES, into
from ._genaikeys import GenAIKeysBackend
from ._litellm import LiteLLMBackend

__all__ = ["genaikeys", "litellm"]


def genaikeys(factory: Callable[..., Any]) -> Callable[[], GenAIKeysBackend]:
    """Makes the backend of the calling module: a `SecretManagerPlugin` of GenAIKeys."""

    def make() -> GenAIKeysBackend:
        return GenAIKeysBackend(factory)

    into(sys._getframe(1).f_globals, make, list(INTERFACES))
    return make


def litellm(factory: Callable[..., Any]) -> Callable[[], LiteLLMBackend]:
    """Makes the backend of the calling module: a `CustomSecretManager` of LiteLLM."""

    def make() -> LiteLLMBackend:
        return LiteLLMBackend(factory)

    into(sys._getframe(1).f_globals, make, list(INTERFACES))
    return make
