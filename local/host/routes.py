"""Route templates in ASP.NET's form, matched the way the Functions host matches them.

The host sorts functions by name and takes the first route that fits, whatever its shape: a catch-all in a function
named "a..." hides all others. A route that fits with another method is a 404, not a 405.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.indexing import FunctionEntry
from local.host.settings import HostError, HostSettings

PARAMETER = re.compile(r"\{(?P<star>\*{0,2})(?P<name>[A-Za-z_]\w*)(?P<constraints>(?::[^:{}?]+)*)(?P<optional>\??)\}")
RESERVED = ("admin", "runtime")
METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "PATCH", "PUT", "OPTIONS"})

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Segment:
    """One part of a template between two slashes: a literal (lower case) or a parameter."""

    literal: str = ""
    name: str = ""
    checks: tuple[Check, ...] = ()
    optional: bool = False
    rest: bool = False


@dataclass(frozen=True)
class Route:
    """An HTTP function's address: its template with prefix, its methods and its authorization level."""

    function: FunctionEntry
    template: str
    segments: tuple[Segment, ...]
    methods: frozenset[str]
    level: str

    def match(self, path: str) -> dict[str, str] | None:
        """The route values of `path`, or None when it does not fit."""
        return match_segments(self.segments, split_path(path))


class RouteTable:
    """All routes of an app, in the host's order."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: route.function.name.lower()))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The first route that fits both; `path` is percent-encoded as it was sent."""
        for route in self.routes:
            values = route.match(path)
            if values is not None and method in route.methods:
                return route, values
        return None

    @property
    def has_root(self) -> bool:
        return any(route.match("/") is not None for route in self.routes)


def build_routes(functions: Iterable[FunctionEntry], *, settings: HostSettings) -> RouteTable:
    """The routes of all HTTP functions; HostError for a template the host refuses."""
    http = (function for function in functions if function.trigger.kind == "httpTrigger")
    return RouteTable(build_route(function, settings=settings) for function in http)


def build_route(function: FunctionEntry, *, settings: HostSettings) -> Route:
    options = function.trigger.options
    own = settings.expand(str(options.get("route") or function.name), function=function.name)
    if own.lower().lstrip("/").startswith(RESERVED):
        raise HostError(
            f"Function {function.name!r} has the route {own!r}, which conflicts with the host's own routes: none may "
            "begin with the letters 'admin' or 'runtime'. Rename the route."
        )
    template = f"{settings.route_prefix}/{own}" if settings.route_prefix else own
    methods = frozenset(str(method).upper() for method in options.get("methods") or METHODS)
    return Route(
        function=function,
        template=template,
        segments=parse_template(template, function=function.name),
        methods=methods,
        level=str(options.get("authLevel") or "FUNCTION").lower(),
    )


def parse_template(template: str, *, function: str) -> tuple[Segment, ...]:
    text = template.removeprefix("~").removeprefix("/").removesuffix("/")
    parts = text.split("/") if text else []
    if any(not part for part in parts):
        raise HostError(
            f"Function {function!r} has the route {template!r} with two slashes in a row, which the host refuses. "
            "Write the route without a leading slash."
        )
    segments = tuple(parse_segment(part, template=template, function=function) for part in parts)
    for position, segment in enumerate(segments):
        if (segment.rest or segment.optional) and position != len(segments) - 1:
            raise HostError(
                f"Function {function!r}: in the route {template!r} the optional or catch-all parameter "
                f"{segment.name!r} is not the last part. Move it to the end."
            )
    return segments


def parse_segment(part: str, *, template: str, function: str) -> Segment:
    match = PARAMETER.fullmatch(part)
    if match is None:
        if "{" in part or "}" in part:
            raise HostError(
                f"Function {function!r}: the part {part!r} of the route {template!r} is not understood here. "
                "Use a whole segment such as {name}, {name:int}, {name?} or {*name}."
            )
        return Segment(literal=unquote(part).lower())
    names = [name for name in match["constraints"].split(":") if name]
    return Segment(
        name=match["name"],
        checks=tuple(constraint(name, template=template, function=function) for name in names),
        optional=bool(match["optional"]),
        rest=bool(match["star"]),
    )


def constraint(text: str, *, template: str, function: str) -> Check:
    """A check for an ASP.NET route constraint; HostError for one this host does not know."""
    name, _, argument = text.partition("(")
    numbers = [int(n) for n in argument.rstrip(")").split(",") if n.strip().lstrip("-").isdigit()]
    checks: dict[tuple[str, int], Check] = {
        ("int", 0): lambda value: is_integer(value, bits=32),
        ("long", 0): lambda value: is_integer(value, bits=64),
        ("guid", 0): lambda value: (
            re.fullmatch(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?", value) is not None
        ),
        ("alpha", 0): lambda value: re.fullmatch(r"[A-Za-z]*", value) is not None,
        ("bool", 0): lambda value: value.lower() in {"true", "false"},
        ("length", 1): lambda value: len(value) == numbers[0],
        ("length", 2): lambda value: numbers[0] <= len(value) <= numbers[1],
        ("minlength", 1): lambda value: len(value) >= numbers[0],
        ("maxlength", 1): lambda value: len(value) <= numbers[0],
        ("min", 1): lambda value: is_integer(value, bits=64) and int(value) >= numbers[0],
        ("max", 1): lambda value: is_integer(value, bits=64) and int(value) <= numbers[0],
        ("range", 2): lambda value: is_integer(value, bits=64) and numbers[0] <= int(value) <= numbers[1],
        ("required", 0): bool,
    }
    check = checks.get((name.lower(), len(numbers)))
    if check is None:
        raise HostError(
            f"Function {function!r}: the constraint {text!r} in the route {template!r} is not known to the local host. "
            f"It knows {', '.join(sorted({known for known, _ in checks}))}."
        )
    return check


def is_integer(value: str, *, bits: int) -> bool:
    if re.fullmatch(r"[+-]?[0-9]{1,19}", value) is None:
        return False
    return abs(int(value)) < 1 << (bits - 1)


def split_path(path: str) -> list[str]:
    """The decoded segments of a path; one trailing slash does not count; %2F stays inside its segment, encoded."""
    raw = path.removeprefix("/").removesuffix("/")
    parts = re.sub("%2f", "%252F", raw, flags=re.IGNORECASE).split("/") if raw else []
    return [unquote(part) for part in parts]


def match_segments(segments: tuple[Segment, ...], parts: list[str]) -> dict[str, str] | None:
    if any(not part for part in parts):
        return None
    values: dict[str, str] = {}
    for position, segment in enumerate(segments):
        if segment.rest:
            return accepted(segment, "/".join(parts[position:]), values)
        if position >= len(parts):
            return values if segment.optional else None
        if segment.literal:
            if parts[position].lower() != segment.literal:
                return None
        elif accepted(segment, parts[position], values) is None:
            return None
    return values if len(parts) <= len(segments) else None


def accepted(segment: Segment, value: str, values: dict[str, str]) -> dict[str, str] | None:
    """`values` with this one added, or None when a constraint refuses it."""
    if not all(check(value) for check in segment.checks):
        return None
    if value or not segment.rest:
        values[segment.name] = value
    return values


def describe(table: RouteTable) -> Mapping[str, str]:
    """Function name to "methods template", for the start message."""
    return {r.function.name: f"{','.join(sorted(r.methods))} /{r.template.strip('/')}" for r in table.routes}
