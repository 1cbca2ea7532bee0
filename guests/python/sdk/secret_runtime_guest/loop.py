"""Runs what is `async` within a call: asyncio's own event loop, without the sockets and threads that it would use."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from . import host
from .errors import Other

T = TypeVar("T")


class _Waiting:
    """Stands where asyncio has a selector: with no sockets to watch, waiting is all there is to do."""

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Other("the backend awaits something that can't happen")
        if timeout > 0:
            # Rounded up, or the loop would wake a moment too early and again and again.
            host.current().sleep(int(timeout * 1000) + 1)
        return []


class Loop(asyncio.BaseEventLoop):
    """An event loop whose time is the runtime's clock."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Waiting()

    def time(self) -> float:
        return host.current().now() / 1000

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """There are no threads: what would go into one runs here and now."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    # asyncio calls these two of its own loops.

    def _process_events(self, events: list[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


def run(awaitable: Awaitable[T]) -> T:
    """Runs it to its end."""

    async def main() -> T:
        return await awaitable

    loop = Loop()
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def install() -> None:
    """Makes this loop the one that `asyncio.run` uses."""

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return Loop()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(Policy())
