"""host.json and the app settings, read once into typed values."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

# `func start` runs in the Development environment, where an idle queue is looked at every two seconds instead of every
# minute. A longer interval in host.json is for Azure and would only make a laptop slow.
DEVELOPMENT_POLLING_SECONDS = 2.0
DEFAULT_TIMEOUT_SECONDS = 30 * 60.0
KNOWN_QUEUE_OPTIONS = frozenset(
    {
        "batchSize",
        "newBatchThreshold",
        "maxPollingInterval",
        "visibilityTimeout",
        "maxDequeueCount",
        "messageEncoding",
    }
)
TIMESPAN = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2})(?::(?P<seconds>\d{2}(?:\.\d+)?))?")
SETTING_REFERENCE = re.compile(r"%([^%]+)%")


class HostError(Exception):
    """The app cannot be run as it is. The text says what is wrong, why, and what to change."""


@dataclass(frozen=True)
class QueueSettings:
    """`extensions.queues` of host.json; times in seconds."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_polling_interval: float = DEVELOPMENT_POLLING_SECONDS
    visibility_timeout: float = 0.0
    max_dequeue_count: int = 5
    base64: bool = True


@dataclass(frozen=True)
class HostSettings:
    """Everything the host knows from host.json and from the app settings (its environment)."""

    environment: Mapping[str, str]
    route_prefix: str = "api"
    queues: QueueSettings = QueueSettings()
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    allowed_functions: frozenset[str] | None = None
    unknown_queue_options: tuple[str, ...] = ()

    def expand(self, text: str, *, function: str) -> str:
        """Replace every %NAME% in `text` by the app setting NAME; HostError when it is not set."""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self.environment:
                raise HostError(
                    f"Function {function!r} refers to %{name}% in {text!r}, but there is no app setting {name}. "
                    f"Set {name} in the host's environment."
                )
            return self.environment[name]

        return SETTING_REFERENCE.sub(value, text)

    def is_disabled(self, function: str) -> bool:
        """Whether host.json leaves the function out or an app setting AzureWebJobs.<function>.Disabled is true."""
        if self.allowed_functions is not None and function not in self.allowed_functions:
            return True
        names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
        return any(self.environment.get(name, "").lower() in {"true", "1"} for name in names)

    def connection_string(self, connection: str, *, function: str) -> str:
        """The storage connection string that a binding's `connection` names; HostError when there is none."""
        for name in (f"AzureWebJobs{connection}", connection):
            if self.environment.get(name):
                return self.environment[name]
        if any(key.startswith(f"{connection}__") for key in self.environment):
            raise HostError(
                f"Function {function!r} uses the connection {connection!r} with an identity "
                f"({connection}__...), which the local storage does not know. Set {connection} to a connection string."
            )
        raise HostError(
            f"Function {function!r} uses the connection {connection!r}, but neither {connection} nor "
            f"AzureWebJobs{connection} is set. Set one of them to a storage connection string."
        )


def parse_timespan(text: str) -> timedelta:
    """A .NET TimeSpan such as "00:05:00" or "1.00:00:00"; ValueError for anything else."""
    match = TIMESPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time span such as 00:05:00.")
    hours, minutes = int(match["hours"]), int(match["minutes"])
    seconds = float(match["seconds"] or 0)
    if hours > 23 or minutes > 59 or seconds >= 60:
        raise ValueError(f"{text!r} is not a time span: hours end at 23, minutes and seconds at 59.")
    return timedelta(days=int(match["days"] or 0), hours=hours, minutes=minutes, seconds=seconds)


def read_settings(folder: Path, *, environment: Mapping[str, str]) -> HostSettings:
    """Read `folder`/host.json.

    Raises HostError when host.json is missing, is not JSON, or holds a value the host refuses.
    """
    document = read_host_json(folder / "host.json")
    extensions = section(document, "extensions")
    queues = section(extensions, "queues")
    allowed = document.get("functions")
    return HostSettings(
        environment=environment,
        route_prefix=str(section(extensions, "http").get("routePrefix", "api")).strip("/"),
        queues=read_queue_settings(queues),
        timeout=read_timeout(document.get("functionTimeout")),
        allowed_functions=frozenset(map(str, allowed)) if isinstance(allowed, list) else None,
        unknown_queue_options=tuple(sorted(set(queues) - KNOWN_QUEUE_OPTIONS)),
    )


def read_host_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HostError(
            f'There is no {path.name} beside function_app.py. Create one with {{"version": "2.0"}}.'
        ) from None
    except json.JSONDecodeError as error:
        raise HostError(f"{path.name} is not JSON: {error}. Correct it.") from None
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise HostError(f'{path.name} must be a JSON object with "version": "2.0". Add it.')
    return document


def read_queue_settings(options: Mapping[str, Any]) -> QueueSettings:
    batch_size = whole_number(options, "batchSize", default=16, low=1, high=32)
    threshold = batch_size // 2 * (os.cpu_count() or 1)
    encoding = str(options.get("messageEncoding", "base64")).lower()
    if encoding not in {"base64", "none"}:
        raise HostError(f"host.json: messageEncoding is {encoding!r}. Use base64 or none.")
    polling = seconds_of(options, "maxPollingInterval", default=DEVELOPMENT_POLLING_SECONDS)
    return QueueSettings(
        batch_size=batch_size,
        new_batch_threshold=whole_number(options, "newBatchThreshold", default=threshold, low=0, high=1000),
        max_polling_interval=min(polling, DEVELOPMENT_POLLING_SECONDS),
        visibility_timeout=seconds_of(options, "visibilityTimeout", default=0.0),
        max_dequeue_count=whole_number(options, "maxDequeueCount", default=5, low=1, high=1000),
        base64=encoding == "base64",
    )


def read_timeout(value: object) -> float:
    if value is None:
        return DEFAULT_TIMEOUT_SECONDS
    if value == "-1":
        return float("inf")
    return seconds_of({"functionTimeout": value}, "functionTimeout", default=DEFAULT_TIMEOUT_SECONDS)


def section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise HostError(f"host.json: {name} must be a JSON object. Correct it.")
    return cast(dict[str, Any], value)


def whole_number(options: Mapping[str, Any], name: str, *, default: int, low: int, high: int) -> int:
    value = options.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise HostError(f"host.json: {name} is {value!r}. Use a whole number from {low} to {high}.")
    return value


def seconds_of(options: Mapping[str, Any], name: str, *, default: float) -> float:
    if name not in options:
        return default
    try:
        return parse_timespan(str(options[name])).total_seconds()
    except ValueError as error:
        raise HostError(f"host.json: {name} is {options[name]!r}. {error}") from None
