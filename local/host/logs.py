"""Log lines of the host and of the functions, one line each on stderr.

Rules of the worker that matter to an author (read in its source): DEBUG records are not sent; records without an
invocation id are dropped by the host, among them import-time logging and logging from `asyncio.to_thread`; loggers
of the package and the worker are system logs and are not shown.
"""

import contextvars
import logging
import sys
import threading
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

HOST_LOGGER = "local.host"
SYSTEM_LOGGERS = ("azure.functions", "azure_functions_worker", "proxy_worker")


@dataclass(frozen=True)
class Invocation:
    """The invocation a line belongs to, and the thread that runs it."""

    function: str
    id: str
    thread: int = field(default_factory=threading.get_ident)


current_invocation: contextvars.ContextVar[Invocation | None] = contextvars.ContextVar(
    "current_invocation", default=None
)


def brief(error: BaseException, *, frames: int = 3) -> str:
    """An exception on one line: its type, its text, and where it came from, innermost frame first."""
    stack = traceback.extract_tb(error.__traceback__)[-frames:]
    places = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} in {frame.name}" for frame in reversed(stack)
    )
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return one_line(f"{text} ({places})" if places else text)


def one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "\\n")


class UserLines(logging.Filter):
    """Lets through what the real host would show: its own lines, and user lines that belong to an invocation."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == HOST_LOGGER:
            return True
        invocation = current_invocation.get()
        if invocation is None or invocation.thread != threading.get_ident():
            return False
        return not record.name.startswith(SYSTEM_LOGGERS)


class LineFormatter(logging.Formatter):
    """time, function, invocation id, level, message; an exception follows the message in brief."""

    def format(self, record: logging.LogRecord) -> str:
        invocation = current_invocation.get()
        function = invocation.function if invocation else "host"
        ident = invocation.id if invocation else "-"
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            message = f"{message}: {brief(record.exc_info[1])}"
        return f"{time} {function} {ident} {record.levelname} {one_line(message)}"


def install(stream: TextIO | None = None) -> logging.Logger:
    """Send the process's log records to `stream` (stderr) by the rules above; returns the host's own logger."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    handler.addFilter(UserLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    return logging.getLogger(HOST_LOGGER)
