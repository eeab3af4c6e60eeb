"""How an answer is written down: for which version, and with how many OData annotations.

Sources: OData JSON Format 4.01, section 3.1 (what `metadata=none`, `minimal` and `full` keep); sample outputs of the
Microsoft 365 CLI, which asks for `none`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.entra.protocol.routing import V1, GraphRequest, Reply

NONE, MINIMAL, FULL = "none", "minimal", "full"
KEPT_BY_NONE = frozenset({"@odata.nextLink", "@odata.deltaLink", "@odata.count"})
TYPES = {
    "users": "user",
    "groups": "group",
    "applications": "application",
    "servicePrincipals": "servicePrincipal",
}


def metadata_level(headers: Mapping[str, str]) -> str:
    """What the Accept header asks for: `none`, `minimal` or `full`."""
    accepted = headers.get("accept", "").lower().replace(" ", "")
    return next((level for level in (NONE, FULL) if f"odata.metadata={level}" in accepted), MINIMAL)


def content_type(level: str) -> str:
    return f"application/json;odata.metadata={level};odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def represented(reply: Reply, request: GraphRequest) -> Reply:
    """The answer with links into the version that was asked, and with the annotations that were asked for."""
    level = metadata_level(request.headers)
    if not isinstance(reply.body, dict) or (request.version == V1 and level == MINIMAL):
        return reply
    body: dict[str, Any] = reply.body
    if request.version != V1:
        body = {name: other_version(name, value, request) for name, value in body.items()}
    if level == NONE:
        body = bare(body)
    elif level == FULL:
        body = annotated(body, origin=f"{request.origin}/{request.version}")
    return replace(reply, body=body)


def other_version(name: str, value: Any, request: GraphRequest) -> Any:
    if name.startswith("@odata.") and isinstance(value, str):
        return value.replace(f"{request.origin}/{V1}/", f"{request.origin}/{request.version}/", 1)
    return value


def bare(value: Any) -> Any:
    """A value without annotations, except those that paging lives on."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: bare(item) for name, item in value.items() if "@odata." not in name or name in KEPT_BY_NONE}


def annotated(body: dict[str, Any], *, origin: str) -> dict[str, Any]:
    """The answer with the type, id and edit link of each directory object."""
    entity_set = str(body.get("@odata.context", "")).partition("#")[2].partition("(")[0].partition("/")[0]
    if isinstance(body.get("value"), list):
        return {**body, "value": [with_links(item, entity_set, origin=origin) for item in body["value"]]}
    context = {name: value for name, value in body.items() if name == "@odata.context"}
    return {**context, **with_links(body, entity_set, origin=origin)}


def with_links(item: Any, entity_set: str, *, origin: str) -> Any:
    if not isinstance(item, dict) or "id" not in item or entity_set not in (*TYPES, "directoryObjects"):
        return item
    path = f"{entity_set}/{item['id']}"
    kind = item.get("@odata.type", f"#microsoft.graph.{TYPES.get(entity_set, 'directoryObject')}")
    return {"@odata.type": kind, "@odata.id": f"{origin}/{path}", "@odata.editLink": path, **item}
