"""Imports, while the component is built, what the author's modules import only when they run.

A component has no files: what is not imported when it is built can't be imported later.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from types import ModuleType

LATE_IN_PYTHON = (
    "_strptime",
    "encodings.ascii",
    "encodings.cp1252",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_8_sig",
)
"""Modules that Python's own library imports only when it needs them."""

_NOT_THE_AUTHORS = ("/python", "/world", "/bundled")
"""Where componentize-py keeps Python's library and its own modules during a build."""


def preload() -> None:
    """Imports them all, and what those import late in turn. What can't be imported is left for the code that asks."""
    for name in LATE_IN_PYTHON:
        _imported(name)
    seen: set[str] = set()
    while new := [name for name, module in list(sys.modules.items()) if name not in seen and _is_authors(module)]:
        for name in new:
            seen.add(name)
            for wanted in _imports(sys.modules[name]):
                _imported(wanted)


def _is_authors(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.endswith(".py") and not file.startswith(_NOT_THE_AUTHORS)


def _imports(module: ModuleType) -> list[str]:
    """The modules that a module's source names in import statements, wherever those stand."""
    try:
        with open(str(module.__file__), "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError):
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                try:
                    base = importlib.util.resolve_name("." * node.level + base, module.__package__)
                except (ImportError, ValueError):
                    continue
            # What is imported from a package may be a module of it.
            names += [base, *(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")]
    return names


def _imported(name: str) -> None:
    if name not in sys.modules:
        try:
            importlib.import_module(name)
        except Exception:
            pass
