"""Graph's path syntax: the spellings that mean the same, templates, and what is not a Graph path at all."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from local.entra.protocol.errors import GraphError, not_implemented
from local.entra.protocol.query import QueryOptions
from local.entra.protocol.words import words
from local.entra.state import TenantState

KEYED = re.compile(r"^(?P<name>[A-Za-z0-9_.]+)\((?P<key>.*)\)$", re.DOTALL)
NAMED_KEY = re.compile(r"^(?P<prop>[A-Za-z]+)='(?P<value>.*)'$", re.DOTALL)

V1, BETA = "v1.0", "beta"
KEY, CAST = "{}", "microsoft.graph."
CAST_KEY = CAST + KEY
CAST_SPELLING = re.compile(r"^(microsoft\.)?graph\.(?P<name>\w+)$", re.IGNORECASE)

ROOTS = frozenset(
    words(
        "admin agreements applications applicationtemplates appcatalogs auditlogs "
        "authenticationmethodconfigurations authenticationmethodspolicy certificatebasedauthconfiguration "
        "chats communications compliance connections contacts contracts deviceappmanagement "
        "devicemanagement devices directory directoryobjects directoryroles directoryroletemplates "
        "domains drives education external functions grouplifecyclepolicies groups groupsettings "
        "groupsettingtemplates identity identitygovernance identityprotection identityproviders "
        "informationprotection invitations me oauth2permissiongrants organization permissiongrants places "
        "planner policies print privacy reports rolemanagement schemaextensions scopedrolememberships "
        "search security serviceprincipals shares sites solutions storage subscribedskus subscriptions "
        "teams teamstemplates teamwork tenantrelationships users $batch $metadata"
    )
)


@dataclass(frozen=True)
class Caller:
    """Who calls, from the token: the application, its service principal and its Graph permissions.

    Args:
        object_id: with a delegated token, the person.
    """

    app_id: str
    object_id: str
    roles: frozenset[str]
    delegated: bool = False


@dataclass(frozen=True)
class GraphRequest:
    """One call below the version, whether it came over HTTP or in a `$batch`.

    Args:
        path: still percent-encoded, starting with a slash.
        headers: names in lower case.
        origin: scheme, host and port of the stand-in, as the caller wrote them.
        version: `v1.0` or `beta`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    batched: bool = False
    version: str = V1


@dataclass(frozen=True)
class Reply:
    """An answer. `body` is written as JSON unless it is bytes or None."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """What a handler gets: the state, who asks, the keys of the path, the query options and the JSON body."""

    state: TenantState
    caller: Caller
    request: GraphRequest
    template: str
    keys: Mapping[str, str]
    options: QueryOptions
    json: Any = None

    @property
    def origin(self) -> str:
        return self.request.origin

    def document(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            GraphError: there is none.
        """
        if not isinstance(self.json, dict) or not self.json:
            raise GraphError(400, "Request_BadRequest", "Empty Payload. JSON content expected.")
        return self.json


Handler = Callable[[Call], Reply]
AsyncHandler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True)
class Route:
    """A method and a path template such as `/groups/{group}/members/$ref`, and who answers it."""

    method: str
    template: str
    handler: Handler


@dataclass(frozen=True)
class Match:
    template: str
    keys: Mapping[str, str]
    handlers: Mapping[str, Handler]


def segments_of(path: str) -> list[str]:
    """The decoded segments of a path in one spelling.

    `delta()` is `delta`, `graph.user` is `microsoft.graph.user`, `users('x')` is `users`, `x`. A quote inside a key is
    doubled in OData; kiota encodes it instead, so both are read.
    """
    result: list[str] = []
    for raw in path.strip("/").split("/"):
        segment = unquote(raw)
        keyed = KEYED.match(segment)
        if keyed is None:
            result.append(segment)
        elif not keyed["key"]:
            result.append(keyed["name"])
        elif NAMED_KEY.match(keyed["key"]):
            named = NAMED_KEY.match(keyed["key"])
            assert named is not None
            result.extend((f"{keyed['name']}({named['prop']}=)", named["value"].replace("''", "'")))
        else:
            result.extend((keyed["name"], keyed["key"].strip("'").replace("''", "'")))
    return [cast_in_full(item) for item in result]


def cast_in_full(segment: str) -> str:
    """The long form of a type cast such as `graph.user`. The namespace is read without regard to case."""
    short = CAST_SPELLING.match(segment)
    return segment if short is None else f"{CAST}{short['name']}"


class Router:
    """Finds the route of a path. Names are compared without case, keys are kept as they are."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.table: dict[int, list[tuple[list[str], str, dict[str, Handler]]]] = {}
        by_template: dict[str, dict[str, Handler]] = {}
        for route in routes:
            by_template.setdefault(route.template, {})[route.method] = route.handler
        for template, handlers in by_template.items():
            parts = template_parts(template)
            self.table.setdefault(len(parts), []).append((parts, template, handlers))
        for rows in self.table.values():
            rows.sort(key=lambda row: [part in (KEY, CAST_KEY) for part in row[0]])

    def match(self, path: str) -> Match | None:
        segments = segments_of(path)
        for parts, template, handlers in self.table.get(len(segments), ()):
            if all(map(fits, parts, segments)):
                pairs = zip(parts, segments, strict=True)
                values = [segment.removeprefix(CAST) for part, segment in pairs if part in (KEY, CAST_KEY)]
                keys = dict(zip(re.findall(r"\{(\w+)\}", template), values, strict=True))
                return Match(template=template, keys=keys, handlers=handlers)
        return None

    def refuse(self, method: str, path: str) -> GraphError:
        """Why there is no answer: not a Graph path, not a method of it, or not in the stand-in."""
        first = segments_of(path)[0]
        if not first:
            return not_implemented("the service document")
        if first.lower().partition("(")[0] not in ROOTS:
            return GraphError(400, "BadRequest", f"Resource not found for the segment '{first}'.")
        match = self.match(path)
        if match is not None and method == "PUT":
            return GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        return not_implemented(f"{method} {path}")


def fits(part: str, segment: str) -> bool:
    """Whether a segment is what a template has in its place. A type cast is no key, nor is `$count`."""
    if part == segment.lower():
        return True
    if segment.startswith(CAST):
        return part == CAST_KEY
    return part == KEY and (not segment.startswith("$") or "@" in segment)


def template_parts(template: str) -> list[str]:
    """The segments of a template in lower case, with `{}` for each key."""
    text = re.sub(r"\((\w+)='\{(\w+)\}'\)", r"(\1=)/{\2}", template)
    return [re.sub(r"\{\w+\}", KEY, part).lower() for part in text.strip("/").split("/")]
