"""The stand-in speaks Graph: its answers fit Microsoft's typed models, and azure-identity gets its tokens unchanged.

Whatever the SDK's model does not know ends up in `additional_data`; only OData annotations may.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from msgraph.generated.groups.delta.delta_get_response import DeltaGetResponse as GroupDelta
from msgraph.generated.identity.conditional_access.evaluate.evaluate_post_response import EvaluatePostResponse
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.app_role_assignment_collection_response import AppRoleAssignmentCollectionResponse
from msgraph.generated.models.application import Application
from msgraph.generated.models.application_collection_response import ApplicationCollectionResponse
from msgraph.generated.models.authentication_method_collection_response import AuthenticationMethodCollectionResponse
from msgraph.generated.models.authentication_methods_policy import AuthenticationMethodsPolicy
from msgraph.generated.models.authentication_strength_policy_collection_response import (
    AuthenticationStrengthPolicyCollectionResponse,
)
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_collection_response import (
    ConditionalAccessPolicyCollectionResponse,
)
from msgraph.generated.models.directory_object_collection_response import DirectoryObjectCollectionResponse
from msgraph.generated.models.directory_role_collection_response import DirectoryRoleCollectionResponse
from msgraph.generated.models.federated_identity_credential import FederatedIdentityCredential
from msgraph.generated.models.group import Group
from msgraph.generated.models.group_collection_response import GroupCollectionResponse
from msgraph.generated.models.identity_security_defaults_enforcement_policy import (
    IdentitySecurityDefaultsEnforcementPolicy,
)
from msgraph.generated.models.mailbox_settings import MailboxSettings
from msgraph.generated.models.named_location_collection_response import NamedLocationCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.organization_collection_response import OrganizationCollectionResponse
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.service_principal_collection_response import ServicePrincipalCollectionResponse
from msgraph.generated.models.sign_in_conditions import SignInConditions
from msgraph.generated.models.subscribed_sku_collection_response import SubscribedSkuCollectionResponse
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod,
)
from msgraph.generated.models.temporary_access_pass_authentication_method_configuration import (
    TemporaryAccessPassAuthenticationMethodConfiguration,
)
from msgraph.generated.models.unified_role_assignment_collection_response import (
    UnifiedRoleAssignmentCollectionResponse,
)
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph.generated.models.user_registration_details_collection_response import (
    UserRegistrationDetailsCollectionResponse,
)
from msgraph.generated.users.delta.delta_get_response import DeltaGetResponse as UserDelta

from local.identities import ADMINISTRATOR_USER_ID, BREAK_GLASS_USER_ID, PASSES, PEOPLE, TENANT
from provisioning.tenant.preflight.what_if import MANAGED_PC, PHONE
from tests import web
from tests.app.graph_callers import Caller, caller_for, reader_for
from tests.app.typed_model import parse

pytestmark = pytest.mark.app

ROOT = Path(__file__).parents[2]
SECRET = "the-identity-header"
WRITER_ID = "3f0b8a52-7c1d-4e69-b2f4-8d5a6c7e9f02"
METHODS = ("fido2", "windowsHelloForBusiness", "microsoftAuthenticator", "softwareOath", "phone", "email")
SMALL_GROUP = {"displayName": "Small", "mailEnabled": False, "mailNickname": "small", "securityEnabled": True}
NO_ROLE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def tenant_url() -> Iterator[str]:
    """A stand-in tenant, served by a process of its own."""
    environment = {**os.environ, "IDENTITY_HEADER": SECRET}
    command = [sys.executable, "-m", "local", "tenant", "--users", "150", "--seed", "3", "--exit-with-parent"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().partition(": ")[2]
        process.terminate()


@pytest.fixture
def app_service(tenant_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment in which azure-identity takes itself to be in App Service."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tenant_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", SECRET)
    return tenant_url


@pytest.fixture
async def http(app_service: str) -> AsyncIterator[httpx.AsyncClient]:
    async with web.async_client(base_url=app_service) as client:
        await client.patch("/_local/settings", json={"throttleConditionalAccess": 0})  # types are the point, not limits
        yield client


def test_the_check_finds_what_the_model_does_not_know() -> None:
    with pytest.raises(AssertionError, match=r"Group\.shoeSize"):
        parse(b'{"id":"x","shoeSize":42}', Group)
    with pytest.raises(AssertionError, match=r"UserCollectionResponse\.value\.shoeSize"):
        parse(b'{"value":[{"id":"x","shoeSize":42}]}', UserCollectionResponse)
    with pytest.raises(AssertionError, match=r"ConditionalAccessPolicy\.state"):
        parse(b'{"id":"x","state":"on"}', ConditionalAccessPolicy)


@pytest.mark.parametrize("conditions", [PHONE, MANAGED_PC], ids=["phone", "managed PC"])
def test_what_if_is_asked_in_terms_that_the_model_knows(conditions: Mapping[str, Any]) -> None:
    found = parse(orjson.dumps(dict(conditions)), SignInConditions)
    assert found.client_app_type
    assert found.device_platform


async def test_azure_identity_gets_a_token(http: httpx.AsyncClient) -> None:
    people = await caller_for(http, PEOPLE.client_id)
    page = parse(await people.answer("GET", "/users?$top=999"), UserCollectionResponse)
    assert len(page.value) == 152


async def test_people(http: httpx.AsyncClient) -> None:
    people = await caller_for(http, PEOPLE.client_id)
    wanted = "id,accountEnabled,userType,employeeId,employeeHireDate,createdDateTime,department,mail,externalUserState"
    page = parse(await people.answer("GET", f"/users?$select={wanted}"), UserCollectionResponse)
    assert len(page.value) == 100
    assert page.odata_next_link
    person = page.value[-1]
    assert person.employee_hire_date.tzinfo is not None
    assert person.account_enabled in (True, False)
    one = parse(await people.answer("GET", f"/users/{person.id}?$select={wanted}"), User)
    assert one.employee_id == person.employee_id
    parse(await people.answer("GET", f"/users/{person.id}"), User)


async def test_managers_and_mailboxes(http: httpx.AsyncClient) -> None:
    await http.patch("/_local/settings", json={"mailRbacClient": PEOPLE.client_id})
    people, writer = await caller_for(http, PEOPLE.client_id), await writer_for(http)
    path = f"/users/{ADMINISTRATOR_USER_ID}/manager"
    response = await http.get(f"/v1.0{path}", headers=people.headers)
    assert parse(response.content, ODataError).error.code == "Request_ResourceNotFound", "nobody has one at first"
    link = {"@odata.id": f"{http.base_url}v1.0/users/{BREAK_GLASS_USER_ID}"}
    await writer.answer("PUT", f"{path}/$ref", link)
    content = await people.answer("GET", f"{path}?$select=id,accountEnabled,userType,mail,preferredLanguage")
    assert parse(content, User).id == BREAK_GLASS_USER_ID
    content = await people.answer("GET", f"/users/{ADMINISTRATOR_USER_ID}/mailboxSettings")
    assert parse(content, MailboxSettings).language.locale == "en-US"


async def writer_for(http: httpx.AsyncClient) -> Caller:
    """A test client that may change people."""
    return await reader_for(http, ["User.ReadWrite.All"], client_id=WRITER_ID)


async def test_methods_and_roles(http: httpx.AsyncClient) -> None:
    for kind in METHODS:
        await http.post("/_local/registrations", json={"userId": ADMINISTRATOR_USER_ID, "method": kind})
    reader = await reader_for(http)
    passes = f"/users/{ADMINISTRATOR_USER_ID}/authentication/temporaryAccessPassMethods"
    content = await reader.answer("POST", passes, {"isUsableOnce": True})
    assert parse(content, TemporaryAccessPassAuthenticationMethod).temporary_access_pass
    people = await caller_for(http, PEOPLE.client_id)
    path = f"/users/{ADMINISTRATOR_USER_ID}/authentication/methods"
    methods = parse(await people.answer("GET", path), AuthenticationMethodCollectionResponse).value
    assert len({type(method).__name__ for method in methods}) == len(METHODS) + 2
    content = await people.answer(
        "GET", f"/roleManagement/directory/roleAssignments?$filter=principalId eq '{BREAK_GLASS_USER_ID}'"
    )
    [row] = parse(content, UnifiedRoleAssignmentCollectionResponse).value
    assert row.principal_id == BREAK_GLASS_USER_ID


async def test_what_the_passes_role_asks(http: httpx.AsyncClient) -> None:
    """Everything it reads before it makes a pass, and the pass's own end."""
    caller = await caller_for(http, PASSES.client_id)
    user = f"/users/{ADMINISTRATOR_USER_ID}"
    one = parse(await caller.answer("GET", f"{user}?$select=id,accountEnabled,externalUserState,identities"), User)
    assert one.account_enabled is True
    memberships = await caller.answer("GET", f"{user}/transitiveMemberOf?$select=id,isAssignableToRole&$top=999")
    parse(memberships, DirectoryObjectCollectionResponse)
    nobody = await http.get(f"/v1.0/users/{BREAK_GLASS_USER_ID}/manager?$select=id", headers=caller.headers)
    assert nobody.status_code == 404
    assert "'manager'" in nobody.json()["error"]["message"]
    configuration = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass"
    policy = parse(await caller.answer("GET", configuration), TemporaryAccessPassAuthenticationMethodConfiguration)
    assert policy.minimum_lifetime_in_minutes <= policy.maximum_lifetime_in_minutes
    passes = f"{user}/authentication/temporaryAccessPassMethods"
    made = parse(
        await caller.answer("POST", passes, {"lifetimeInMinutes": 60, "isUsableOnce": False}),
        TemporaryAccessPassAuthenticationMethod,
    )
    methods = parse(
        await caller.answer("GET", f"{user}/authentication/methods"), AuthenticationMethodCollectionResponse
    )
    (listed,) = [item for item in methods.value if item.id == made.id]
    assert listed.temporary_access_pass is None, "the code is shown once"
    await caller.answer("DELETE", f"{passes}/{made.id}")


async def test_groups(http: httpx.AsyncClient) -> None:
    admin = await caller_for(http, TENANT.client_id)
    root = f"{http.base_url}v1.0/directoryObjects"
    body = {
        "@odata.type": "#microsoft.graph.group",
        "displayName": "Contract",
        "uniqueName": "contract",
        "mailEnabled": False,
        "mailNickname": "contract",
        "securityEnabled": True,
        "owners@odata.bind": [f"{root}/{PEOPLE.principal_id}"],
        "members@odata.bind": [f"{root}/{ADMINISTRATOR_USER_ID}"],
    }
    content = await admin.answer("POST", "/groups", body)
    group = parse(content, Group)
    parse(await admin.answer("GET", "/groups(uniqueName='contract')"), Group)
    parse(await admin.answer("GET", "/groups?$filter=displayName eq 'Contract'"), GroupCollectionResponse)
    people = await caller_for(http, PEOPLE.client_id)
    members = parse(await people.answer("GET", f"/groups/{group.id}/members"), DirectoryObjectCollectionResponse)
    assert [type(member).__name__ for member in members.value] == ["User"]
    users = parse(await people.answer("GET", f"/groups/{group.id}/members/graph.user"), UserCollectionResponse)
    assert users.value[0].id == ADMINISTRATOR_USER_ID
    for user_id, count in ((ADMINISTRATOR_USER_ID, 1), (BREAK_GLASS_USER_ID, 0)):
        one = f"/groups/{group.id}/members/graph.user?$filter=id eq '{user_id}'&$count=true&$select=id"
        found = parse(await admin.answer("GET", one, consistencylevel="eventual"), UserCollectionResponse)
        assert (len(found.value), found.odata_count) == (count, count)
    owners = parse(await people.answer("GET", f"/groups/{group.id}/owners"), DirectoryObjectCollectionResponse)
    assert [type(owner).__name__ for owner in owners.value] == ["ServicePrincipal"]
    await admin.answer("DELETE", f"/groups/{group.id}")
    deleted = await admin.answer("GET", "/directory/deletedItems/graph.group")
    assert parse(deleted, GroupCollectionResponse).value[0].deleted_date_time


async def test_deltas(http: httpx.AsyncClient) -> None:
    """What the SDK's model leaves to `additional_data`, and that is all: `members@delta` and `@removed`."""
    people, admin = await caller_for(http, PEOPLE.client_id), await caller_for(http, TENANT.client_id)
    page = parse(await people.answer("GET", "/users/delta()"), UserDelta)
    assert page.odata_next_link or page.odata_delta_link
    group_id = (await admin.made("/groups", {**SMALL_GROUP, "members@odata.bind": [link_to(http)]}))["id"]
    content = orjson.loads(await admin.answer("GET", "/groups/delta()?$select=displayName,members"))
    [row] = [item for item in content["value"] if item["id"] == group_id]
    [member] = row.pop("members@delta")
    assert member == {"@odata.type": "#microsoft.graph.user", "id": ADMINISTRATOR_USER_ID}
    content["value"] = [row]
    assert parse(orjson.dumps(content), GroupDelta).value[0].display_name == "Small"
    path = f"/groups/{group_id}/transitiveMembers"
    members = parse(await admin.answer("GET", path), DirectoryObjectCollectionResponse)
    assert [type(item).__name__ for item in members.value] == ["User"]
    parse(await admin.answer("GET", f"{path}/graph.user"), UserCollectionResponse)
    await admin.answer("DELETE", f"/groups/{group_id}")
    content = orjson.loads(await admin.answer("GET", content["@odata.deltaLink"].partition("/v1.0")[2]))
    assert {"id": group_id, "@removed": {"reason": "changed"}} in content["value"]


def link_to(http: httpx.AsyncClient) -> str:
    return f"{http.base_url}v1.0/directoryObjects/{ADMINISTRATOR_USER_ID}"


async def test_applications_assignments_and_policies(http: httpx.AsyncClient) -> None:
    admin = await caller_for(http, TENANT.client_id)
    body: dict[str, Any] = {
        "displayName": "Contract",
        "uniqueName": "contract-app",
        "web": {
            "homePageUrl": "http://127.0.0.1:1/",
            "redirectUris": ["http://127.0.0.1:1/callback"],
            "implicitGrantSettings": {"enableIdTokenIssuance": True},
        },
    }
    application = parse(await admin.answer("POST", "/applications", body), Application)
    parse(await admin.answer("GET", f"/applications/{application.id}"), Application)
    parse(await admin.answer("GET", "/applications?$top=5"), ApplicationCollectionResponse)
    credential = {"name": "c", "issuer": "https://i.example.com", "subject": "s", "audiences": ["api://x"]}
    path = f"/applications/{application.id}/federatedIdentityCredentials"
    parse(await admin.answer("POST", path, credential), FederatedIdentityCredential)
    content = await admin.answer("POST", "/servicePrincipals", {"appId": application.app_id})
    principal = parse(content, ServicePrincipal)
    parse(await admin.answer("GET", "/servicePrincipals"), ServicePrincipalCollectionResponse)
    group = {"displayName": "C", "mailEnabled": False, "mailNickname": "c", "securityEnabled": True}
    group_id = (await admin.made("/groups", group))["id"]
    assignment = {"principalId": group_id, "resourceId": principal.id, "appRoleId": NO_ROLE}
    path = f"/servicePrincipals/{principal.id}/appRoleAssignedTo"
    parse(await admin.answer("POST", path, assignment), AppRoleAssignment)
    assert len(parse(await admin.answer("GET", path), AppRoleAssignmentCollectionResponse).value) == 1
    path = f"/servicePrincipals/{TENANT.principal_id}/appRoleAssignments"
    assert len(parse(await admin.answer("GET", path), AppRoleAssignmentCollectionResponse).value) == len(TENANT.roles)
    await policies(admin, app_id=application.app_id, group_id=group_id)


async def policy_ids(admin: Caller, path: str) -> set[str | None]:
    """The ids of all policies."""
    return {item.id for item in parse(await admin.answer("GET", path), ConditionalAccessPolicyCollectionResponse).value}


async def policies(admin: Caller, *, app_id: str, group_id: str) -> None:
    """Policies with either kind of grant."""
    path = "/identity/conditionalAccess/policies"
    before = await policy_ids(admin, path)
    made_ids = set()
    for grant in (
        {"operator": "OR", "builtInControls": ["mfa"]},
        {"operator": "OR", "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002"}},
    ):
        policy = {
            "displayName": "Contract",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": [app_id]},
                "users": {"includeGroups": [group_id], "excludeUsers": [BREAK_GLASS_USER_ID]},
            },
            "grantControls": grant,
        }
        made = parse(await admin.answer("POST", path, policy), ConditionalAccessPolicy)
        assert made.state is not None
        parse(await admin.answer("GET", f"{path}/{made.id}"), ConditionalAccessPolicy)
        made_ids.add(made.id)
    assert (await policy_ids(admin, path) - before, len(made_ids)) == (made_ids, 2)
    content = await admin.answer("GET", "/policies/identitySecurityDefaultsEnforcementPolicy")
    assert parse(content, IdentitySecurityDefaultsEnforcementPolicy).is_enabled is False


async def test_licenses_and_objects(http: httpx.AsyncClient) -> None:
    reader = await reader_for(http)
    skus = parse(await reader.answer("GET", "/subscribedSkus"), SubscribedSkuCollectionResponse)
    assert str(skus.value[0].service_plans[0].service_plan_id) == "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
    parse(await reader.answer("GET", "/organization"), OrganizationCollectionResponse)
    body = {"ids": [ADMINISTRATOR_USER_ID, PEOPLE.principal_id], "types": ["user", "servicePrincipal"]}
    content = await reader.answer("POST", "/directoryObjects/getByIds", body)
    rows = parse(content, DirectoryObjectCollectionResponse).value
    assert [type(row).__name__ for row in rows] == ["User", "ServicePrincipal"]


async def test_policies_reports_and_roles(http: httpx.AsyncClient) -> None:
    """What-If, named locations, strengths, the methods policy, the registration report and memberships."""
    admin, reader = await caller_for(http, TENANT.client_id), await reader_for(http)
    locations = "/identity/conditionalAccess/namedLocations"
    ranges = [
        {"@odata.type": f"#microsoft.graph.{kind}CidrRange", "cidrAddress": cidr}
        for kind, cidr in (("iPv4", "198.51.100.0/24"), ("iPv6", "2001:db8::/32"))
    ]
    await admin.made(
        locations, {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "O", "ipRanges": ranges}
    )
    country = {
        "@odata.type": "#microsoft.graph.countryNamedLocation",
        "displayName": "N",
        "countriesAndRegions": ["NO"],
    }
    await admin.made(locations, country)
    rows = parse(await admin.answer("GET", locations), NamedLocationCollectionResponse).value
    assert [type(row).__name__ for row in rows] == ["IpNamedLocation", "CountryNamedLocation"]
    conditions = {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"]},
        "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
        "platforms": {"includePlatforms": ["all"]},
    }
    policy = {"displayName": "W", "state": "disabled", "conditions": conditions,
              "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}  # fmt: skip
    await admin.made("/identity/conditionalAccess/policies", policy)
    question = {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": ADMINISTRATOR_USER_ID},
        "signInContext": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": ["x"]},
    }
    answer = await admin.answer("POST", "/identity/conditionalAccess/evaluate", question)
    verdict = parse(answer, EvaluatePostResponse).value[-1]
    assert (verdict.policy_applies, verdict.analysis_reasons[0].value) == (False, "policyNotEnabled")
    strengths = await admin.answer("GET", "/policies/authenticationStrengthPolicies")
    assert len(parse(strengths, AuthenticationStrengthPolicyCollectionResponse).value) == 3
    methods_policy = "/policies/authenticationMethodsPolicy"
    assert parse(await admin.answer("GET", methods_policy), AuthenticationMethodsPolicy).registration_enforcement
    configuration = f"{methods_policy}/authenticationMethodConfigurations/temporaryAccessPass"
    parse(await reader.answer("GET", configuration), TemporaryAccessPassAuthenticationMethodConfiguration)
    report = await reader.answer("GET", "/reports/authenticationMethods/userRegistrationDetails?$top=5")
    assert len(parse(report, UserRegistrationDetailsCollectionResponse).value) == 5
    assert parse(await reader.answer("GET", "/directoryRoles"), DirectoryRoleCollectionResponse).value
    memberships = await reader.answer("GET", f"/users/{ADMINISTRATOR_USER_ID}/memberOf")
    assert type(parse(memberships, DirectoryObjectCollectionResponse).value[-1]).__name__ == "DirectoryRole"


async def test_errors_are_typed_too(http: httpx.AsyncClient) -> None:
    people = await caller_for(http, PEOPLE.client_id)
    response = await http.get("/v1.0/groups", headers=people.headers)
    error = parse(response.content, ODataError).error
    assert (response.status_code, error.code) == (403, "Authorization_RequestDenied")
    assert error.inner_error.request_id == response.headers["request-id"]
