"""The administration API over HTTP: Easy Auth takes the token, and our code the role."""

import base64
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local import identities
from local.stack import ROOT, StackInfo
from provisioning.administrators import Right
from tests import web
from tests.running_stack import HostWith

ROUTES = (
    ("POST", "/api/tenant"),
    ("GET", f"/api/operations/{uuid4()}"),
    ("GET", "/api/people/1187"),
    ("GET", "/api/health"),
)
READING = ROUTES[1:]
OUTSIDER = str(uuid4())

pytestmark = pytest.mark.app


def token(stack: StackInfo, **query: Any) -> dict[str, str]:
    """The header with a token of the administrator's, unless told otherwise."""
    answer = web.get(f"{stack.tenant}/_local/admin-token", params=query).raise_for_status()
    return {"authorization": f"Bearer {answer.json()['accessToken']}"}


def ask(stack: StackInfo, route: tuple[str, str], headers: dict[str, str], *, at: str | None = None) -> httpx.Response:
    """One request; `{}` would be an apply, so the body asks for what is refused."""
    body = b"[]" if route[0] == "POST" else None
    return web.request(route[0], (at or stack.admin) + route[1], headers=headers, content=body)


def principal(**claims: str) -> dict[str, str]:
    """The header that only Easy Auth may set."""
    content = {"claims": [{"typ": name, "val": value} for name, value in claims.items()]}
    return {"x-ms-client-principal": base64.b64encode(json.dumps(content).encode()).decode()}


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_token_nothing_opens(stack: StackInfo, route: tuple[str, str]) -> None:
    forged = principal(oid=identities.ADMINISTRATOR_USER_ID, tid=stack.tenant_id, roles=Right.MANAGE)
    key = {"x-functions-key": stack.function_key}
    for headers in ({}, {"authorization": "Bearer x.y.z"}, key, forged, {**key, **forged}):
        assert ask(stack, route, headers).status_code == 401


@pytest.mark.parametrize("route", ROUTES)
def test_a_token_without_a_role_is_403_with_the_role_that_is_missing(stack: StackInfo, route: tuple[str, str]) -> None:
    """Easy Auth lets it through: it never looks at roles."""
    for headers in (token(stack, role=""), token(stack, role="Something.Else")):
        answer = ask(stack, route, headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "role_missing")
        assert "Provisioning." in answer.json()["message"]


@pytest.mark.parametrize("kind", ["person", "workload"])
def test_who_may_read_may_not_manage(stack: StackInfo, kind: str) -> None:
    application = identities.TENANT.client_id if kind == "workload" else identities.AZURE_CLI_CLIENT_ID
    headers = token(stack, role=Right.READ, kind=kind, application=application)
    assert ask(stack, ROUTES[0], headers).status_code == 403
    assert {ask(stack, route, headers).status_code for route in READING} <= {200, 404, 503}
    assert ask(stack, ROUTES[0], token(stack, role=Right.MANAGE, kind=kind, application=application)).status_code == 400
    assert ask(stack, ROUTES[3], token(stack, kind=kind, application=application)).status_code in (200, 503)


def test_a_token_for_another_api_or_of_another_client_or_of_yesterday_opens_nothing(stack: StackInfo) -> None:
    assert ask(stack, ROUTES[3], token(stack, audience=str(uuid4()))).status_code == 401
    assert ask(stack, ROUTES[3], token(stack, application=OUTSIDER)).status_code == 403
    assert ask(stack, ROUTES[3], token(stack, seconds=-120)).status_code == 401
    assert ask(stack, ROUTES[3], token(stack, audience=f"api://{identities.ADMIN_CLIENT_ID}")).status_code in (200, 503)


def test_the_app_is_closed_where_easy_auth_is_not_on(stack: StackInfo, host_with: HostWith) -> None:
    """Nothing stands before it, so a header that says who calls is the caller's own words."""
    other = host_with({"WEBSITE_AUTH_ENABLED": "False"})
    forged = principal(oid=identities.ADMINISTRATOR_USER_ID, tid=stack.tenant_id, roles=Right.MANAGE)
    for headers in (stack.admin_headers, {**stack.admin_headers, **forged}):
        answer = ask(other, ROUTES[3], headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "not_protected")
        assert "ADMIN_CLIENT_ID" in answer.json()["message"]


def test_function_keys_open_it_by_setting_and_beside_easy_auth_both_are_asked_for(
    stack: StackInfo, host_with: HostWith
) -> None:
    key = {"x-functions-key": stack.function_key}
    alone = host_with({"ADMIN_FUNCTION_KEYS": "true", "WEBSITE_AUTH_ENABLED": "False"})
    assert ask(alone, ROUTES[3], {**stack.admin_headers, **key}).status_code in (200, 503)
    assert ask(alone, ROUTES[3], stack.admin_headers).status_code == 401
    assert ask(alone, ROUTES[0], {**stack.admin_headers, "x-functions-key": "wrong"}).status_code == 401
    beside = host_with({"ADMIN_FUNCTION_KEYS": "true"})
    assert ask(beside, ROUTES[3], {**stack.admin_headers, **key}).status_code in (200, 503)
    assert ask(beside, ROUTES[3], {**token(stack, role=""), **key}).status_code == 403


def test_a_session_of_the_landing_page_has_no_role(stack: StackInfo) -> None:
    """The laptop's site has all functions; in Azure front has none of these."""
    for route in ROUTES:
        answer = ask(stack, route, stack.admin_headers, at=stack.site)
        assert answer.status_code in (302, 401), "a bearer token means nothing to the page's Easy Auth"


def test_the_registration_declares_the_roles_that_the_code_asks_for() -> None:
    registration = json.loads((ROOT / "infra/admin-api.json").read_text(encoding="utf-8"))
    roles = {role["value"]: role for role in registration["appRoles"]}
    assert set(roles) == {str(right) for right in Right}
    assert all(set(role["allowedMemberTypes"]) == {"User", "Application"} for role in roles.values())
    assert registration["api"]["requestedAccessTokenVersion"] == 2
