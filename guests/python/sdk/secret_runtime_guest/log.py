"""Lines for the person who made the call. Values do not belong in them."""

from __future__ import annotations

import logging

from . import host


def error(message: str, *args: object) -> None:
    """Something failed."""
    _write("error", message, args)


def warning(message: str, *args: object) -> None:
    """Something looks wrong."""
    _write("warn", message, args)


def info(message: str, *args: object) -> None:
    """Something happened."""
    _write("info", message, args)


def debug(message: str, *args: object) -> None:
    """For the backend's author."""
    _write("debug", message, args)


def trace(message: str, *args: object) -> None:
    """For the backend's author, at length."""
    _write("trace", message, args)


def _write(level: str, message: str, args: tuple[object, ...]) -> None:
    host.current().log(level, message % args if args else message)


class Handler(logging.Handler):
    """Hands what goes to Python's `logging` to the runtime. Outside of a call there is nobody to hand it to."""

    def emit(self, record: logging.LogRecord) -> None:
        if not host.is_calling():
            return
        try:
            message = record.getMessage()
        except Exception:
            # A line whose arguments don't fit is no reason to fail a call.
            message = record.msg if isinstance(record.msg, str) else "a line that can't be written"
        host.current().log(_level(record.levelno), message)


def _level(number: int) -> str:
    for least, level in [(logging.ERROR, "error"), (logging.WARNING, "warn"), (logging.INFO, "info")]:
        if number >= least:
            return level
    return "debug" if number >= logging.DEBUG else "trace"


def install_handler() -> None:
    """Makes the runtime the place where Python's `logging` goes, once."""
    root = logging.getLogger()
    if not any(isinstance(handler, Handler) for handler in root.handlers):
        root.addHandler(Handler())
        root.setLevel(logging.INFO)
