"""What the tests of the preflight share: its findings by code, and a tenant that is not as it should be."""

from typing import Any

import orjson
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

from local import identities
from provisioning.model.operation import Mode, Operation, OperationState
from provisioning.model.plan import Finding, Plan
from tests.integration.conftest import World

REGISTRATION = "urn:user:registersecurityinfo"
MFA: dict[str, Any] = {"operator": "OR", "builtInControls": ["mfa"]}


WHAT_IF = "POST /identity/conditionalAccess/evaluate"


def findings(plan: Plan | None, *, notes: bool = False) -> dict[str, Finding]:
    """By code, but for mere notes unless they are wanted; every one of them says what to do."""
    assert plan is not None
    for finding in plan.findings:
        assert finding.text.endswith(".")
        assert finding.remedy
    assert len({finding.code for finding in plan.findings}) == len(plan.findings)
    return {finding.code: finding for finding in plan.findings if notes or finding.level != "note"}


async def refused(world: World, code: str, mode: Mode = Mode.APPLY) -> Operation:
    """Run an operation that a finding must stop before its first write."""
    await world.forget_requests()
    operation = await world.operate(mode)
    assert operation.state is OperationState.REFUSED, operation.as_json()
    found = findings(operation.plan)[code]
    assert found.level == "blocking"
    assert operation.detail is not None
    assert found.text in operation.detail
    assert found.remedy in operation.detail
    assert writes(await world.requests()) == []
    return operation


def writes(requests: list[str]) -> list[str]:
    """The requests that change something."""
    return [line for line in requests if not line.startswith("GET ") and line != WHAT_IF]


async def settings(world: World, **changes: Any) -> None:
    """Change how the tenant is."""
    answer = await world.control.patch("/_local/settings", json=changes)
    assert answer.status_code < 300, answer.text


async def set_roles(world: World, *names: str) -> None:
    """Give the tenant identity exactly these permissions."""
    answer = await world.control.put("/_local/roles", json={identities.TENANT.client_id: list(names)})
    assert answer.status_code < 300, answer.text


async def add_policy(world: World, **parts: Any) -> str:
    """A policy that an admin made; for everybody, every application and MFA unless told otherwise."""
    conditions = {
        "clientAppTypes": ["all"],
        "applications": parts.pop("applications", {"includeApplications": ["All"]}),
        "users": parts.pop("users", {"includeUsers": ["All"]}),
        **parts.pop("conditions", {}),
    }
    body = {"displayName": "An admin's", "state": "enabled", "conditions": conditions, "grantControls": MFA, **parts}
    graph = world.services.graph(identities.TENANT.client_id)
    info = RequestInformation(Method.POST)
    info.url = f"{graph.root}/identity/conditionalAccess/policies"
    info.headers.add("Content-Type", "application/json")
    info.content = orjson.dumps(body)
    policy_id = str((await graph.send(info))["id"])
    await world.forget_requests()
    return policy_id


def policy(**changes: Any) -> dict[str, Any]:
    """As Graph gives one, with nulls."""
    conditions = {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"], "includeUserActions": [REGISTRATION]},
        "users": {"includeUsers": ["All"], "includeGroups": [], "excludeGroups": None},
        "locations": None,
        "platforms": None,
        "userRiskLevels": [],
    }
    conditions |= changes.pop("conditions", {})
    return {"state": "enabled", "conditions": conditions, "grantControls": MFA, **changes}
