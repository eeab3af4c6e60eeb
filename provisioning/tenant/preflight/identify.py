"""Whose an id is that a setting names by mistake: the kinds look alike, and every one of them is a GUID."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.graph.batch import run_batch
from provisioning.graph.batch_items import BatchRequest, BatchResponse
from provisioning.graph.odata import is_object_id
from provisioning.tenant.context import OperationContext


@dataclass(frozen=True)
class Identified:
    """What an id is.

    Attributes:
        what: As the end of "X names <id>, which ...".
        kind: "principal", "client id", "application", "group", "user" or "nothing".
        principal_id: The object id of the service principal that may be meant.
    """

    what: str
    kind: str = "nothing"
    principal_id: str | None = None


async def identify(context: OperationContext, value: str) -> Identified:
    """Look an id up among all kinds of object, in one round trip, and name what it is.

    A kind that this identity may not read is not found.

    Args:
        context: Who asks.
        value: A GUID in any case.

    Raises:
        TransientError: Graph or the network is unwell.
    """
    nobody = Identified("belongs to nothing in this tenant")
    object_id = value.lower()
    if not is_object_id(object_id):
        return nobody
    answers = await run_batch(context.graph, questions_about(object_id))
    if (found := body(answers, "client id")) is not None:
        return Identified(f"is the client ID of '{found.get('displayName')}'", "client id", str(found["id"]))
    if (found := body(answers, "application")) is not None:
        principal_id = await principal_of(context, str(found["appId"]))
        what = f"is the object ID of the app registration '{found.get('displayName')}'"
        return Identified(what, "application", principal_id)
    if (found := body(answers, "principal")) is not None:
        what = f"is the object ID of the enterprise application '{found.get('displayName')}'"
        return Identified(what, "principal", str(found["id"]))
    if (found := body(answers, "group")) is not None:
        return Identified(f"is the object ID of the group '{found.get('displayName')}'", "group")
    return nobody if body(answers, "user") is None else Identified("belongs to a user", "user")


def questions_about(object_id: str) -> list[BatchRequest]:
    """Return a request for each kind of object."""
    paths = {
        "client id": f"/servicePrincipals(appId='{object_id}')?$select=id,displayName",
        "application": f"/applications/{object_id}?$select=id,appId,displayName",
        "principal": f"/servicePrincipals/{object_id}?$select=id,displayName",
        "group": f"/groups/{object_id}?$select=id,displayName",
        "user": f"/users/{object_id}?$select=id",
    }
    return [BatchRequest(kind, "GET", path) for kind, path in paths.items()]


def body(answers: Mapping[str, BatchResponse], kind: str) -> Mapping[str, Any] | None:
    """Return the object of a kind, if there is one."""
    answer = answers[kind]
    found: Mapping[str, Any] | None = answer.body if answer.ok else None
    return found


async def principal_of(context: OperationContext, app_id: str) -> str | None:
    """Return the object id of an application's service principal."""
    builder = context.graph.build.service_principals_with_app_id(app_id)
    found = await context.read_or_none(builder.to_get_request_information())
    return str(found["id"]) if found else None
