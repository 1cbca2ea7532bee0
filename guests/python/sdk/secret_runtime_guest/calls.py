"""Running one operation of a backend: a fresh object, fresh chance, and nothing but the contract's errors comes out."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from . import host, http, log
from .errors import Error, NotFound, Other
from .types import DeleteMode, Entry, NewSecret, Page, Secret, Unknown

T = TypeVar("T")

Make = Callable[[], Any]
"""Makes the backend: its class, as a rule."""

_FRAMES = 20
"""How many places of each end of a traceback are told: the runtime keeps two hundred lines of a call."""

_HERE = os.path.dirname(os.path.abspath(__file__))


def read(make: Make, name: str, version: str | None, options: Mapping[str, str]) -> Secret:
    """Reads one secret. None and `NotFound` both say that it is not there."""
    found = _run(make, "read", name, version, dict(options))
    if found is None:
        raise NotFound()
    if isinstance(found, (bytes, bytearray, memoryview)):
        return Secret(bytes(found))
    if isinstance(found, str):
        return Secret(found)
    return _expect("read", found, Secret)


def exists(make: Make, name: str, options: Mapping[str, str]) -> bool:
    """Asks whether there is a secret."""
    return _expect("exists", _run(make, "exists", name, dict(options)), bool)


def list_page(make: Make, prefix: str, cursor: str | None, limit: int, options: Mapping[str, str]) -> Page:
    """Lists one page. Where the backend answers with all names or entries, the page is cut out of them."""
    found = _run(make, "list", prefix, cursor, limit, dict(options))
    entries: Iterable[object]
    if isinstance(found, Page):
        return found
    entries = found if isinstance(found, Iterable) and not isinstance(found, (str, bytes)) else [found]
    named = [Entry(entry) if isinstance(entry, str) else _expect("list", entry, Entry) for entry in entries]
    return Page.of_all(named, prefix, cursor, limit)


def write(make: Make, secret: NewSecret, options: Mapping[str, str]) -> str | None:
    """Writes a secret and answers its new version, where there is one."""
    version = _run(make, "write", secret, dict(options))
    return None if version is None else _expect("write", version, str)


def delete(make: Make, name: str, mode: DeleteMode, options: Mapping[str, str]) -> None:
    """Deletes a secret."""
    if (found := _run(make, "delete", name, mode, dict(options))) is not None:
        raise _unexpected("delete", found)


def check(make: Make) -> Unknown | None:
    """Asks whether the upstream is ready: None says so."""
    found = _run(make, "check")
    return None if found is None else _expect("check", found, Unknown)


def _run(make: Make, method: str, *args: object) -> Any:
    # Python's own generator was seeded when the component was built: every instance would begin with the same numbers.
    # Seeding touches pages that a call without it need not have.
    if (random := sys.modules.get("random")) is not None:
        random.seed(host.current().random_bytes(32))
    http.forget()
    try:
        result = getattr(make(), method)(*args)
        # `inspect.isawaitable` asks every class there is.
        if hasattr(type(result), "__await__"):
            from . import loop

            result = loop.run(result)
    except (Error, host.Misuse, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise uncaught(error) from error
    return result


def _expect(method: str, found: object, kind: type[T]) -> T:
    if isinstance(found, kind):
        return found
    raise _unexpected(method, found)


def _unexpected(method: str, found: object) -> Other:
    return Other(f"`{method}` must not answer with {type(found).__name__}")


def uncaught(error: BaseException) -> Other:
    """The error for an exception that nobody caught.

    It tells type and place, and the log tells all the places. What the exceptions say may quote a value: that is for
    the author alone, who asks for it by `--trace`.
    """
    for one in _chain(error):
        for line in _trace(one):
            log.error("%s", line)
        log.trace("%s: %s", type(one).__name__, one)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Other(f"the module {error.name} is not in the component: it has what the build could import")
    return Other(f"{type(error).__name__} at {_place(error)}")


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and those it came of, the first one first."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return chain[::-1]


def _trace(error: BaseException) -> list[str]:
    """The lines of a traceback, without what the exception says."""
    frames = [
        f"  {os.path.basename(frame.f_code.co_filename)}, line {line}, in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if len(frames) > 2 * _FRAMES:
        frames[_FRAMES:-_FRAMES] = [f"  … {len(frames) - 2 * _FRAMES} more"]
    return ["Traceback (most recent call last):", *frames, type(error).__name__]


def _place(error: BaseException) -> str:
    """Where it was raised: the innermost place in the author's own files, if there is one."""
    library = os.path.dirname(os.__file__)
    place = "an unknown place"
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        place_here = f"{os.path.basename(file)}:{line} in {frame.f_code.co_name}"
        if not file.startswith((_HERE, library, "<")):
            place = place_here
        elif place == "an unknown place":
            place = place_here
    return place


def is_async(make: Make, methods: Iterable[str]) -> bool:
    """Whether the backend has a method that has to be awaited."""
    return any(inspect.iscoroutinefunction(getattr(make, method, None)) for method in methods)
