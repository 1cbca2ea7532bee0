"""What a class says, told apart: there is none, it failed, or it said nothing of a failure that it saw.

Such classes swallow exceptions, so an answer like "no" is held against the last reply of the call.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from .. import calls, http, loop
from ..errors import Error, Malformed, NotFound, Other, Timeout, Unsupported


def outcome(name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the method answers, awaited where it has to be; what it raises, as an error of the contract."""
    try:
        found = method(*args, **kwargs)
        return loop.run(found) if inspect.isawaitable(found) else found
    except Error:
        raise
    except Exception as error:
        raise _translated(error, name) from error


def absent() -> NotFound:
    """What to raise where the class says that nothing is there. Another failure of the last request is raised here."""
    failure = _last_failure()
    if failure is not None and not isinstance(failure, NotFound):
        raise failure
    return NotFound()


def is_answered() -> bool:
    """Whether the last reply says that all is well."""
    response = http.last_response()
    return response is not None and 200 <= response.status < 300


def written(name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a method that writes answers. There "not found" is no answer about a secret, but a failure."""
    try:
        answer = outcome(name, method, *args, **kwargs)
        done()
    except NotFound:
        raise Other("the upstream has no place for this secret") from None
    return answer


def done() -> None:
    """Raises the failure of the last request, where the class says nothing of one. There a 404 is a failure too."""
    failure = _last_failure()
    if failure is not None:
        raise failure


def _translated(error: Exception, name: str) -> Error:
    response: Any = getattr(error, "response", None)
    if isinstance(getattr(response, "status_code", None), int):
        return _of(http.Response(response.status_code, http.Headers(response.headers.items()), response.content))
    if isinstance(error, NotImplementedError):
        return Unsupported("the class does not implement this")
    if isinstance(error, TimeoutError):
        return Timeout("the class gave up waiting")
    failure = _last_failure()
    if failure is not None and not isinstance(failure, NotFound):
        return failure
    if type(error).__name__ == "InvalidPath" or (isinstance(failure, NotFound) and _is_of_hvac(error)):
        return NotFound()
    if isinstance(error, KeyError):
        # A mapping without the secret, or a reply without the field that should hold it?
        if http.last_response() is None or failure is not None or name in error.args:
            return NotFound()
        return Malformed("the reply has not the shape that the class expects")
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)):
        return Malformed("the reply is not what the class can read")
    return calls.uncaught(error)


def _is_of_hvac(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] == "hvac"


def _last_failure() -> Error | None:
    response = http.last_response()
    if response is not None and response.status == 404:
        return _of(response)
    return http.last_failure()


def _of(response: http.Response) -> Error:
    if response.status != 404:
        return response.error()
    # How Vault says that the path itself is wrong, which says nothing of a secret.
    if b"no handler for route" in response.body:
        return Other("the upstream has nothing at this path: is the mount right?")
    return NotFound()
