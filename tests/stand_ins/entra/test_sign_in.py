"""The sign-in pages, walked by submitting forms."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from local.entra.authentication.method.kinds import register_method
from local.entra.conditional_access.policy_conditions import REGISTER_SECURITY_INFO
from local.entra.conditional_access.policy_evaluation import PASSWORDLESS

from .support import REDIRECT_URI, Tenant, Visitor, binding, form_of, new_policy

POLICIES = "/identity/conditionalAccess/policies"


@pytest.fixture
async def client_id(tenant: Tenant) -> str:
    application, _ = await tenant.new_web_app()
    return str(application["appId"])


async def require_mfa(tenant: Tenant, client_id: str, **changes: Any) -> None:
    response = await tenant.admin.post(POLICIES, new_policy(client_id, **changes))
    assert response.status_code == 201, response.text


def name_of(tenant: Tenant, user_id: str) -> str:
    return str(tenant.state.users.objects[user_id]["userPrincipalName"])


def claims_of(page: httpx.Response) -> dict[str, Any]:
    """The claims of the ID token in the form that goes back to the application."""
    form = form_of(page)
    assert form.action == REDIRECT_URI
    claims: dict[str, Any] = jwt.decode(form.fields["id_token"], options={"verify_signature": False})
    return claims


async def test_without_a_policy_the_password_is_enough(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    page = await visitor.authorize(client_id=client_id)
    assert "Simulated sign-in" in page.text
    done = await visitor.submit(page, login_hint=name_of(tenant, hires[0]))
    claims = claims_of(done)
    assert (claims["oid"], claims["aud"], claims["nonce"]) == (hires[0], client_id, "nonce-1")
    assert form_of(done).fields["state"] == "state-1"
    [entry] = tenant.state.sign_ins
    assert (entry["outcome"], entry["methods"], entry["appliedPolicies"]) == ("success", ["password"], [])


async def test_the_registration_interrupt_then_an_approval(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    await require_mfa(tenant, client_id)
    name = name_of(tenant, hires[0])
    page = await visitor.submit(await visitor.authorize(client_id=client_id), login_hint=name)
    assert "More information required" in page.text
    assert form_of(page).choices["method"] == ["fido2", "microsoftAuthenticator", "phone"]
    done = await visitor.submit(page, method="microsoftAuthenticator")
    assert claims_of(done)["oid"] == hires[0]
    assert [method["@odata.type"] for method in tenant.state.methods[hires[0]]] == [
        "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod"
    ]
    page = await visitor.submit(await visitor.authorize(client_id=client_id), login_hint=name)
    assert "Approve the sign-in" in page.text
    assert claims_of(await visitor.submit(page))["oid"] == hires[0]
    first, second = tenant.state.sign_ins
    assert (first["registered"], second["registered"]) == ("microsoftAuthenticator", None)
    assert second["methods"] == ["password", "microsoftAuthenticator"]


async def test_report_only_is_noted_and_not_enforced(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    await require_mfa(tenant, client_id, state="enabledForReportingButNotEnforced")
    page = await visitor.authorize(client_id=client_id)
    claims_of(await visitor.submit(page, account=name_of(tenant, hires[0])))
    assert tenant.state.sign_ins[0]["reportOnlyPolicies"] == list(tenant.state.policies.objects)


async def test_a_pass_meets_the_demand_without_a_method(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    await require_mfa(tenant, client_id)
    url = f"/_local/users/{hires[0]}/temporary-access-pass"
    code = (await tenant.http.post(url, json={"isUsableOnce": True})).json()["temporaryAccessPass"]
    values = {"login_hint": name_of(tenant, hires[0]), "credential": "temporaryAccessPass"}
    page = await visitor.authorize(client_id=client_id)
    wrong = await visitor.submit(page, **values, code="wrong")
    assert wrong.status_code == 400
    assert "AADSTS130503" in wrong.text
    assert claims_of(await visitor.submit(wrong, **values, code=code))["oid"] == hires[0]
    again = await visitor.submit(await visitor.authorize(client_id=client_id), **values, code=code)
    assert "AADSTS130505" in again.text
    assert [entry["outcome"] for entry in tenant.state.sign_ins] == ["AADSTS130503", "success", "AADSTS130505"]


async def test_a_strength_that_a_pass_does_not_meet(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    grant = {"operator": "OR", "authenticationStrength": {"id": PASSWORDLESS}}
    await require_mfa(tenant, client_id, grantControls=grant)
    register_method(tenant.state, hires[0], "phone")
    page = await visitor.submit(await visitor.authorize(client_id=client_id), login_hint=name_of(tenant, hires[0]))
    assert form_of(page).choices["method"] == ["fido2"]
    assert claims_of(await visitor.submit(page))["oid"] == hires[0]


async def test_registration_can_be_guarded(tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]) -> None:
    await require_mfa(tenant, client_id)
    guard = new_policy(client_id)
    guard["conditions"]["applications"] = {"includeUserActions": [REGISTER_SECURITY_INFO]}
    assert (await tenant.admin.post(POLICIES, guard)).status_code == 201
    page = await visitor.authorize(client_id=client_id)
    refused = await visitor.submit(page, login_hint=name_of(tenant, hires[0]))
    assert (refused.status_code, "AADSTS53003" in refused.text) == (400, True)
    assert not tenant.state.methods


async def test_a_blocking_policy(tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]) -> None:
    await require_mfa(tenant, client_id, grantControls={"operator": "OR", "builtInControls": ["block"]})
    page = await visitor.authorize(client_id=client_id)
    assert "AADSTS53003" in (await visitor.submit(page, login_hint=name_of(tenant, hires[0]))).text


async def test_assignment_can_be_required(tenant: Tenant, visitor: Visitor, hires: list[str]) -> None:
    application, principal = await tenant.new_web_app(appRoleAssignmentRequired=True)
    inner = await tenant.new_group(**binding(hires[1]))
    group_id = await tenant.new_group(**binding(hires[0], inner))
    body = {
        "principalId": group_id,
        "resourceId": principal["id"],
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    }
    await tenant.admin.post(f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body)
    for user_id, welcome in ((hires[0], True), (hires[1], False), (hires[2], False)):
        page = await visitor.authorize(client_id=application["appId"])
        answer = await visitor.submit(page, login_hint=name_of(tenant, user_id))
        assert ("AADSTS50105" not in answer.text) is welcome


async def test_nobody_and_disabled_people(tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]) -> None:
    page = await visitor.authorize(client_id=client_id)
    assert "AADSTS50034" in (await visitor.submit(page, login_hint="x@example.com")).text
    assert "AADSTS50034" in (await visitor.submit(page, login_hint="")).text
    tenant.state.users.objects[hires[0]]["accountEnabled"] = False
    assert "AADSTS50057" in (await visitor.submit(page, login_hint=name_of(tenant, hires[0]))).text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, "AADSTS700016"),
        ({"redirect_uri": "http://evil.test/"}, "AADSTS50011"),
        ({"redirect_uri": REDIRECT_URI + "/"}, "AADSTS50011"),
    ],
)
async def test_errors_that_never_leave_the_page(
    visitor: Visitor, client_id: str, params: dict[str, str], code: str
) -> None:
    response = await visitor.authorize(**{"client_id": client_id, **params})
    assert response.status_code == 400
    assert "location" not in response.headers
    assert code in response.text
    assert "<form" not in response.text


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"scope": "profile"}, "invalid_scope"),
        ({"nonce": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "web_message"}, "invalid_request"),
    ],
)
async def test_errors_that_are_sent_back(visitor: Visitor, client_id: str, params: dict[str, str], error: str) -> None:
    response = await visitor.authorize(client_id=client_id, **params)
    if response.status_code == 302:
        assert f"error={error}" in response.headers["location"]
    else:
        assert form_of(response).fields["error"] == error


async def test_id_tokens_must_be_enabled(tenant: Tenant, visitor: Visitor, client_id: str) -> None:
    application = tenant.state.applications.find("appId", client_id)
    assert application is not None
    change = {"web": {"implicitGrantSettings": {"enableIdTokenIssuance": False}}}
    await tenant.admin.patch(f"/applications/{application['id']}", change)
    fields = form_of(await visitor.authorize(client_id=client_id)).fields
    assert fields["error_description"].startswith("AADSTS700054")


async def test_a_disabled_application(tenant: Tenant, visitor: Visitor, client_id: str) -> None:
    principal = tenant.state.service_principals.find("appId", client_id)
    assert principal is not None
    principal["accountEnabled"] = False
    assert "AADSTS7000112" in (await visitor.authorize(client_id=client_id)).text


async def test_a_code_works_once(tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]) -> None:
    page = await visitor.authorize(client_id=client_id, response_type="code")
    answer = await visitor.submit(page, login_hint=name_of(tenant, hires[0]))
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["state-1"]
    form = {
        "grant_type": "authorization_code",
        "code": query["code"][0],
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
    }
    url = f"/{tenant.state.tenant_id}/oauth2/v2.0/token"
    body = (await tenant.http.post(url, data=form)).json()
    assert jwt.decode(body["id_token"], options={"verify_signature": False})["oid"] == hires[0]
    assert (await tenant.http.post(url, data=form)).json()["error"] == "invalid_grant"


async def test_a_code_belongs_to_its_redirect_uri(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    page = await visitor.authorize(client_id=client_id, response_type="code id_token", response_mode="fragment")
    answer = await visitor.submit(page, login_hint=name_of(tenant, hires[0]))
    fragment = parse_qs(urlsplit(answer.headers["location"]).fragment)
    form = {
        "grant_type": "authorization_code",
        "code": fragment["code"][0],
        "client_id": client_id,
        "redirect_uri": "x",
    }
    assert fragment["id_token"]
    url = f"/{tenant.state.tenant_id}/oauth2/v2.0/token"
    assert (await tenant.http.post(url, data=form)).json()["error"] == "invalid_grant"


async def test_steps_cannot_be_left_out_or_repeated(
    tenant: Tenant, visitor: Visitor, client_id: str, hires: list[str]
) -> None:
    await require_mfa(tenant, client_id)
    page = await visitor.authorize(client_id=client_id)
    transaction = form_of(page).fields["transaction"]
    for step in ("approve", "register"):
        url = f"/{tenant.state.tenant_id}/login/{step}"
        assert (await tenant.http.post(url, data={"transaction": transaction})).status_code == 400
    interrupt = await visitor.submit(page, login_hint=name_of(tenant, hires[0]))
    assert (await visitor.submit(interrupt, method="email")).status_code == 400
    await visitor.submit(interrupt, method="fido2")
    assert "AADSTS165000" in (await visitor.submit(interrupt, method="fido2")).text


async def test_people_can_be_searched(tenant: Tenant, visitor: Visitor, client_id: str) -> None:
    page = await visitor.authorize(client_id=client_id)
    form = form_of(page)
    assert len(form.choices["account"]) == 20
    found = await tenant.http.get(form.action, params={**form.fields, "search": "Administrator"})
    assert form_of(found).choices["account"] == ["admin@example.com"]
    assert form_of(found).fields["transaction"] == form.fields["transaction"]


async def test_pages_escape_what_they_show(tenant: Tenant, visitor: Visitor, client_id: str) -> None:
    page = await visitor.authorize(client_id=client_id, login_hint='"><script>alert(1)</script>')
    assert "<script>alert" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_logout_goes_back_only_to_a_known_origin(tenant: Tenant, client_id: str) -> None:
    url = f"/{tenant.state.tenant_id}/oauth2/v2.0/logout"
    known = await tenant.http.get(url, params={"post_logout_redirect_uri": "http://site.test/.auth/logout/done"})
    assert known.headers["location"] == "http://site.test/.auth/logout/done"
    foreign = await tenant.http.get(url, params={"post_logout_redirect_uri": "http://evil.test/"})
    assert (foreign.status_code, "signed out" in foreign.text) == (200, True)
