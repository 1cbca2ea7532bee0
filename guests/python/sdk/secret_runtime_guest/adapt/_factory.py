"""Making the author's object out of settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import config


def build(factory: Callable[..., Any]) -> Any:
    """Calls the factory with the setting or credential that each of its parameters names.

    `path_prefix` finds `path-prefix` as well. A parameter with a default keeps it where the setting has no value.
    """
    given: dict[str, str] = {}
    for name, parameter in inspect.signature(factory).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = config.get(name)
        if value is None:
            value = config.get(name.replace("_", "-"))
        if value is not None:
            given[name] = value
        elif parameter.default is parameter.empty:
            given[name] = config.require(name)
    return factory(**given)
