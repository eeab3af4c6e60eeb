"""Every distinct request that ordinary clients were seen to make is answered rightly.

`data/terraform_requests.jsonl`: the requests of the acceptance tests of hashicorp/terraform-provider-azuread (main,
2026-08), as shapes; `rows` says how many of the 517 recordings a shape stands for. `data/command_line_requests.jsonl`:
those of Microsoft 365 CLI 11.11, azure-cli 2.91, msgraph-sdk-python and the JavaScript client. `status` is the right
answer; where that is a refusal, `why` says which.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .replay import LOGO, Populated, World, body_of, new_world, path_of, query_of

DATA = Path(__file__).parent / "data"
HIDDEN = frozenset({"passwordProfile", "appId"})
"""What a read does not show as it was written."""


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


PROVIDER, COMMAND_LINES = recorded("terraform_requests.jsonl"), recorded("command_line_requests.jsonl")


def label(request: Mapping[str, Any]) -> str:
    given = f" {request['given']}" if "given" in request else ""
    return f"{request['method']} {request['path']}{given}"


def test_the_recordings_are_all_there() -> None:
    assert sum(request["rows"] for request in PROVIDER) == 517
    assert len(COMMAND_LINES) == 58
    refused = [request for request in (*PROVIDER, *COMMAND_LINES) if request["status"] >= 400]
    assert all(request.get("why") for request in refused), "a refusal needs a reason"


@pytest.fixture(scope="module")
def populated() -> list[Populated]:
    """The world of the first request, once there is one."""
    return []


@pytest.mark.parametrize("request_", [*PROVIDER, *COMMAND_LINES], ids=label)
async def test_a_request_is_answered_rightly(
    request_: dict[str, Any], signing_key: rsa.RSAPrivateKey, populated: list[Populated]
) -> None:
    world = await new_world(signing_key, populated)
    response = await replay(world, request_)
    assert response.status_code == request_["status"], response.text
    if response.status_code >= 400:
        error = response.json()["error"]
        assert error["message"]
        assert (error["code"] == "NotImplemented") == (response.status_code == 501)
    elif request_["method"] == "GET":
        check_read(request_, response.json())
    else:
        await check_write(world, request_, response)


async def replay(world: World, request: Mapping[str, Any]) -> httpx.Response:
    """Send a recorded request; the headers are those of a client that asks for advanced queries by `$count` alone."""
    path, query = path_of(world, request), query_of(world, request)
    if request.get("given") == "gone" and path.endswith("/manager"):
        world.tenant.state.managers.clear()
    headers = {"authorization": f"Bearer {await token_for(world, request)}"}
    if "$count=true" in query:
        headers["consistencylevel"] = "eventual"
    if request.get("body") == "<bytes>":
        headers["content-type"] = "image/png"
        return await world.tenant.http.request(request["method"], path, content=LOGO, headers=headers)
    if path.endswith("/token"):
        return await world.tenant.http.post(path, data={**request["body"], **world.secret})
    url = f"{path}?{query}" if query else path
    return await world.tenant.http.request(request["method"], url, json=body_of(world, request), headers=headers)


async def token_for(world: World, request: Mapping[str, Any]) -> str:
    """A token of a client that may do everything, or nothing, or came too late, as the recording has it."""
    given, tenant = request.get("given"), world.tenant
    if given == "forbidden":
        return tenant.with_roles().token
    if given == "limit":
        tenant.state.settings = replace(tenant.state.settings, throttle_conditional_access=1.0)
        await world.client.get("/identity/conditionalAccess/policies")
    if given == "expired":
        tenant.state.settings = replace(tenant.state.settings, token_lifetime=-60)
        return tenant.with_roles("Application.ReadWrite.All").token
    return world.client.token


def check_read(request: Mapping[str, Any], body: dict[str, Any]) -> None:
    """An answer has what was selected, and a collection has items where the filter fits the world."""
    query = request.get("query", "")
    options = dict(part.partition("=")[::2] for part in query.split("&") if part)
    found = body.get("value")
    items = found if isinstance(found, list) else [body]
    assert "@odata.context" in body
    if "id eq" in query or "appId eq" in query:
        assert items, "the filter names an object that is there"
    for item in items:
        if "$select" in options:
            shown = {name for name in item if "@odata." not in name}
            expanded = {options["$expand"].partition("(")[0]} if "$expand" in options else set()
            assert shown - expanded <= set(options["$select"].split(","))


async def check_write(world: World, request: Mapping[str, Any], response: httpx.Response) -> None:
    """A write that succeeded is there when it is read."""
    body = body_of(world, request)
    if request["method"] == "DELETE":
        assert response.content == b""
        return
    if not isinstance(body, dict) or response.status_code == 200 or request["path"].endswith("$ref"):
        return
    path = path_of(world, request)
    if response.status_code == 201:
        path += f"/{response.json()['id']}"
    elif request["method"] != "PATCH":
        return
    sent = {name: value for name, value in body.items() if "@odata." not in name and name not in HIDDEN}
    query = f"?$select={','.join(sent)}" if "/users" in path or "keyCredentials" in sent else ""
    seen = await world.tenant.http.get(f"{path}{query}", headers={"authorization": f"Bearer {world.client.token}"})
    assert seen.status_code == 200, seen.text
    read = {name.lower(): value for name, value in seen.json().items()}
    for name, value in sent.items():
        assert same(read.get(name.lower()), value), f"{name}: sent {value!r}, read {read.get(name.lower())!r}"


def same(seen: Any, sent: Any) -> bool:
    """Whether a value reads as it was written: null may read as empty, and an object may have more properties."""
    if isinstance(sent, dict):
        known = seen if isinstance(seen, dict) else {}
        return all(same(known.get(name), value) for name, value in sent.items() if "@odata." not in name)
    if isinstance(sent, list):
        return len(seen or ()) == len(sent) and all(map(same, seen or (), sent))
    if sent is None or sent == "":
        return not seen
    if isinstance(sent, str) and isinstance(seen, str) and sent[:4].isdigit() and "T" in sent:
        return datetime.fromisoformat(seen) == datetime.fromisoformat(sent)
    return bool(seen == sent)
