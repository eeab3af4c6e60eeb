"""Log lines: one JSON object each, with the name of what happened and ids only; and the levels of everybody's loggers.

A line reaches Application Insights as finished text: the worker drops `extra=`, and only what is in the message can be
queried (infra/monitoring/ reads it with parse_json). A test compares the names in the queries with those logged here.
"""

import json
import logging
from typing import Any

# At INFO these log every request's address, and Graph's hold user names in paths and filters (home-assistant#119846).
TALKATIVE = ("azure", "httpx", "httpcore", "msal", "urllib3", "aiohttp", "hpack", "opentelemetry")
OURS = ("provisioning", "landing")


class EventLog:
    """Logs events of one module.

    Args:
        name: The module's `__name__`.
    """

    def __init__(self, name: str) -> None:
        self.logger = logging.getLogger(name)

    def info(self, event: str, **fields: Any) -> None:
        """Log what happened as it should."""
        self.line(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Log what is handled, and worth a look if it stays."""
        self.line(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log what a person has to look at."""
        self.line(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Log what nobody foresaw, with its stack."""
        self.line(logging.ERROR, event, fields, stack=True)

    def line(self, level: int, event: str, fields: dict[str, Any], *, stack: bool = False) -> None:
        """Write one line: the event's name first, then its fields, as text where JSON has no form for them."""
        if self.logger.isEnabledFor(level):
            text = json.dumps({"event": event, **fields}, default=str, ensure_ascii=False)
            self.logger.log(level, "%s", text, exc_info=stack, stacklevel=3)


def quiet() -> None:
    """Set other packages to WARNING and ours to INFO. Safe to call again."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
