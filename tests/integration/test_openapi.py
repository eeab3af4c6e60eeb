"""docs/openapi.json against the answers that the handlers give, and against the routes that the app has."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel

from local import openapi
from local.signing import standard_webhook
from provisioning.http import Request, Response
from provisioning.services import Services
from provisioning.support.health import get_health
from provisioning.support.person_status import get_person_status
from provisioning.tenant.api import accept, status
from provisioning.webhooks.webhook import receive
from tests.infra.functions import read_functions
from tests.integration.conftest import World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # an example of standardwebhooks.com


def parsed(method: str, path: str, answer: Response) -> Any:
    """An answer as the document's model of its status; nothing may be missing, wrong or not named."""
    model: type[BaseModel] = openapi.OPERATIONS[method, path][2][str(answer.status)][0]
    return model.model_validate_json(answer.body)


async def deliver(world: World, content: dict[str, Any], *, source: str = "standard-webhooks") -> Response:
    body, headers = standard_webhook(content, secret=SECRET, delivery_id=uuid4().hex)
    return await receive(Request(headers=headers, body=body, route={"source": source}), services=world.services)


async def test_operations(world: World) -> None:
    for content in ({"mode": "plan"}, {"mode": "apply"}, {"mode": "verify"}, {"mode": "plan", "for": "remove"}):
        started = await accept(Request(body=json.dumps(content).encode()), services=world.services)
        operation = parsed("post", "/api/tenant", started).operation
        await world.resume(operation)
        read = await status(Request(route={"operation": operation}), services=world.services)
        found = parsed("get", "/api/operations/{operation}", read)
        assert found.state.final
        assert (found.planned_mode is None) == (content["mode"] != "plan")
    refused = await accept(Request(body=b'{"mode":"nonsense"}'), services=world.services)
    assert parsed("post", "/api/tenant", refused).error == "bad_request"
    unknown = await status(Request(route={"operation": str(uuid4())}), services=world.services)
    assert parsed("get", "/api/operations/{operation}", unknown).error == "unknown_operation"


async def test_people(ready: World) -> None:
    await ready.add_user(employeeId="1187")
    await ready.send_hire("1187")
    await ready.send_hire("1188")
    await ready.work()
    for person, state in (("1187", "invited"), ("1188", "pending")):
        answer = await get_person_status(Request(route={"person": person}), services=ready.services)
        assert parsed("get", "/api/people/{person}", answer).state == state
    for person, error in (("1189", "unknown_person"), ("", "bad_request")):
        answer = await get_person_status(Request(route={"person": person}), services=ready.services)
        assert parsed("get", "/api/people/{person}", answer).error == error


async def test_health(ready: World, away: Services) -> None:
    await ready.sweep()
    for services in (ready.services, away):
        answer = await get_health(services=services)
        assert parsed("get", "/api/health", answer).checks


async def test_deliveries(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", SECRET)
    hire = {"type": "hire", "data": {"employeeId": "1187"}}
    for content, expected in ((hire, "queued"), ({"type": "nothing.of.interest", "data": {}}, "ignored")):
        assert parsed("post", "/api/hires/{source}", await deliver(ready, content)).status == expected
    unusable = await deliver(ready, {"type": "hire", "data": {}})
    assert parsed("post", "/api/hires/{source}", unusable).error
    assert parsed("post", "/api/hires/{source}", await deliver(ready, hire, source="none")).error == "unknown_source"
    monkeypatch.setenv("HR_SECRET_STANDARD_WEBHOOKS", "whsec_" + "A" * 32)
    assert parsed("post", "/api/hires/{source}", await deliver(ready, hire)).error == "not_verified"


def test_every_route_below_api_is_described() -> None:
    routes = {f"/{text}" for item in read_functions().values() for text in item.texts if text.startswith("api/")}
    assert {path for _, path in openapi.OPERATIONS} == routes
    described = json.loads(openapi.document())
    keyed = {f"/{item.texts[0]}" for item in read_functions().values() if item.administrative}
    assert {path for path, item in described["paths"].items() if "security" in next(iter(item.values()))} == keyed


def test_public_json_is_camel_case() -> None:
    schemas = json.loads(openapi.document())["components"]["schemas"]
    names = {name for schema in schemas.values() for name in schema.get("properties", ())}
    assert len(names) > 50
    assert [name for name in names if not re.fullmatch("[a-z]+(?:[A-Z][a-z]+)*", name)] == []
