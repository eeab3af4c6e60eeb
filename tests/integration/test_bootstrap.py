"""The bootstrap: what each identity lacks and has too much of, and that it ends with exactly the table."""

import argparse
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from cryptography.hazmat.primitives.asymmetric import rsa

from local import identities
from local.entra.app import create_app
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant
from provisioning.cli.arguments import CHANGES, SAME
from provisioning.cli.bootstrap import APPS, bootstrap, principals_of
from provisioning.cli.credentials import ENDS_SOON, AskedOnce
from provisioning.cli.main import new_parser
from provisioning.errors import ConfigurationError, Rejected
from provisioning.model.graph_roles import ASSIGN, DANGEROUS, GRAPH_ROLES, MAKE_PASSES
from provisioning.services import Services
from provisioning.tenant.pass_role import assigned_scopes
from tests.integration.in_process import InProcess
from tests.support import ENDPOINT, StaticCredential, graph_over

ADMIN = "7c1e5b2a-93d4-4f08-a6b7-0e2d8c4f1a01"
BY_APP = {
    "front": identities.FRONT,
    "people": identities.PEOPLE,
    "passes": identities.PASSES,
    "tenant": identities.TENANT,
}
PRINCIPALS = {app: identity.principal_id for app, identity in BY_APP.items()}
MAY_GRANT = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
NOTHING: dict[str, set[str]] = {app: set() for app in BY_APP}


@dataclass
class Tenant:
    """A tenant whose identities are as Bicep leaves them, and the command as an admin."""

    control: httpx.AsyncClient
    services: Services

    async def be(self, *roles: str) -> None:
        """Give the caller these permissions, which stand for a person's directory roles."""
        form = {"client_id": ADMIN, "client_secret": "s", "grant_type": "client_credentials"}
        await self.control.put(f"/_local/clients/{ADMIN}", json={"roles": roles, "secrets": ["s"]})
        form["scope"] = "https://graph.microsoft.com/.default"
        answer = await self.control.post(f"/{identities.TENANT_ID}/oauth2/v2.0/token", data=form)
        credential = StaticCredential(answer.json()["access_token"])
        transport = self.control._transport
        self.services.graphs["bootstrap"] = graph_over(transport, credential=credential)

    async def give(self, **roles: Sequence[str]) -> None:
        """Make these the identities' roles."""
        content = {BY_APP[app].client_id: list(names) for app, names in roles.items()}
        (await self.control.put("/_local/roles", json=content)).raise_for_status()

    async def held(self) -> dict[str, set[str]]:
        found = (await self.control.get("/_local/roles")).json()
        return {app: set(found.get(identity.client_id, ())) for app, identity in BY_APP.items()}

    async def run(self, *arguments: str, principals: dict[str, str] | None = None) -> int:
        given = new_parser().parse_args(["bootstrap", *arguments])
        return await bootstrap(given, principals or PRINCIPALS, services=self.services)


@pytest.fixture
async def fresh(signing_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tenant]:
    monkeypatch.setenv("TENANT_ID", identities.TENANT_ID)
    state = new_tenant(seed=1)
    app = create_app(state, tokens=TokenService(state, key=signing_key))
    async with httpx.AsyncClient(transport=InProcess(app), base_url=ENDPOINT) as control:
        tenant = Tenant(control, Services())
        await tenant.give(front=(), people=(), passes=(), tenant=())
        await tenant.be(*MAY_GRANT)
        yield tenant


def wanted(*asked: str) -> dict[str, set[str]]:
    """The table, without what is granted only if asked for and was not."""
    return {
        app: {name for name, role in roles.items() if role.by_default or name in asked}
        for app, roles in GRAPH_ROLES.items()
    }


async def test_a_check_shows_what_is_missing_and_writes_nothing(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await fresh.run("--check") == CHANGES
    shown = capsys.readouterr().out
    assert f"people: id-people, principal {identities.PEOPLE.principal_id}" in shown
    assert "+ missing    User.Read.All  " in shown
    assert "to find accounts by employee ID" in shown
    assert "front: id-front" in shown
    assert "none, and it needs none" in shown
    assert ASSIGN not in shown, "not advised, so not asked for"
    assert await fresh.held() == NOTHING


async def test_without_a_terminal_and_without_yes_nothing_is_written(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await fresh.run() == CHANGES
    assert "Nothing was written." in capsys.readouterr().err
    assert await fresh.held() == NOTHING


async def test_what_is_missing_is_granted_once(fresh: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    assert await fresh.run("--yes") == CHANGES
    shown = capsys.readouterr().err
    assert "people: granted User.Read.All\n" in shown
    assert "keeps its roles for up to 24 hours" in shown
    assert await fresh.held() == wanted()
    await fresh.control.delete("/_local/requests")
    assert await fresh.run("--yes") == SAME
    asked = (await fresh.control.get("/_local/requests")).json()
    assert {entry["method"] for entry in asked} == {"GET"}
    assert len(asked) == 9, "Microsoft Graph once, each identity and its roles"


async def test_what_another_run_granted_meanwhile_is_well(fresh: Tenant) -> None:
    await fresh.give(people=["User.Read.All"])
    fault = {"method": "GET", "path": "/appRoleAssignments$", "status": 200, "body": {"value": []}, "times": 4}
    (await fresh.control.post("/_local/faults", json=fault)).raise_for_status()
    assert await fresh.run("--yes") == CHANGES
    assert await fresh.held() == wanted()


async def test_the_role_for_one_step_is_granted_if_asked_for_and_taken_away_again(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await fresh.run("--yes", "--with-assignment") == CHANGES
    assert await fresh.held() == wanted(ASSIGN)
    capsys.readouterr()
    assert await fresh.run("--yes", "--with-assignment") == SAME
    assert await fresh.run("--check") == SAME, "it may be needed yet"
    assert f"! temporary  {ASSIGN}" in capsys.readouterr().out
    assert await fresh.run("--yes", "--revoke") == CHANGES
    assert await fresh.held() == wanted()


async def test_what_is_surplus_is_shown_and_taken_away_only_if_told_so(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    await fresh.give(front=["User.Read.All"], people=[*wanted()["people"], "User.ReadWrite.All"])
    assert await fresh.run("--yes") == CHANGES
    shown = capsys.readouterr().out
    assert "- surplus    User.ReadWrite.All" in shown
    assert DANGEROUS["User.ReadWrite.All"] in shown
    assert (await fresh.held())["front"] == {"User.Read.All"}, "shown only"
    assert await fresh.run("--check", "--json") == CHANGES
    document = json.loads(capsys.readouterr().out)
    assert {item["app"]: roles_in(item, "surplus") for item in document} == {
        "front": ["User.Read.All"],
        "people": ["User.ReadWrite.All"],
        "passes": [],
        "tenant": [],
    }
    assert await fresh.run("--yes", "--revoke") == CHANGES
    assert await fresh.held() == wanted()


def roles_in(item: dict[str, Any], state: str) -> list[str]:
    return [role["role"] for role in item["roles"] if role["state"] == state]


async def test_a_wider_role_in_place_of_ours_is_both_missing_and_surplus(fresh: Tenant) -> None:
    """It will do for a call, as preflight says; the bootstrap means exactly the table."""
    await fresh.give(tenant=[*(wanted()["tenant"] - {"User.Read.All"}), "Directory.Read.All"])
    assert await fresh.run("--yes", "--revoke") == CHANGES
    assert (await fresh.held())["tenant"] == wanted()["tenant"]


async def test_a_role_on_another_api_is_named_and_left_alone(fresh: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    """The tenant app's own API assigns roles to identities, too."""
    resource = (await fresh.control.get("/_local/roles")).status_code
    assert resource == 200
    await fresh.be(*MAY_GRANT, "Application.ReadWrite.All")
    graph = fresh.services.graphs["bootstrap"]
    headers = {"Authorization": f"Bearer {(await graph.credential.get_token('')).token}"}
    made = await fresh.control.post("/v1.0/applications", json={"displayName": "Payroll"}, headers=headers)
    body = {"appId": made.json()["appId"]}
    other = (await fresh.control.post("/v1.0/servicePrincipals", json=body, headers=headers)).json()["id"]
    people = identities.PEOPLE.principal_id
    assignment = {"principalId": people, "resourceId": other, "appRoleId": "00000000-0000-0000-0000-000000000000"}
    path = f"/v1.0/servicePrincipals/{people}/appRoleAssignments"
    assert (await fresh.control.post(path, json=assignment, headers=headers)).status_code == 201
    assert await fresh.run("--yes", "--revoke") == CHANGES
    assert "It also holds roles on Payroll, which this command does not manage." in capsys.readouterr().out
    left = (await fresh.control.get(path, headers=headers)).json()["value"]
    assert other in {item["resourceId"] for item in left}


async def test_who_may_not_even_look_gets_the_command_for_who_may(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    await fresh.be("User.Read.All")
    assert await fresh.run("--yes") == CHANGES
    shown = capsys.readouterr()
    assert "The identities could not be checked" in shown.err
    words = shown.out.split()
    assert words[0] == f"TENANT_ID={identities.TENANT_ID}"
    given = new_parser().parse_args(words[words.index("bootstrap") :])
    assert principals_of(given, {}) == PRINCIPALS


@pytest.mark.parametrize(
    ("principals", "words"),
    [
        ({**PRINCIPALS, "tenant": identities.PEOPLE.principal_id}, "people and tenant name the same identity"),
        ({**PRINCIPALS, "tenant": identities.TENANT_ID}, "This tenant has no managed identity"),
        ({**PRINCIPALS, "people": ADMIN}, "is of type Application, not a managed identity"),
    ],
)
async def test_a_wrong_id_is_refused_before_anything_is_granted(
    fresh: Tenant, principals: dict[str, str], words: str
) -> None:
    with pytest.raises(Rejected, match=words):
        await fresh.run("--yes", principals=principals)
    assert await fresh.held() == NOTHING


ONE = dict.fromkeys(("people", "tenant"), identities.TENANT.principal_id)


async def test_one_identity_for_every_app_gets_the_roles_of_all_if_that_is_meant(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Rejected, match="people and tenant name the same identity"):
        await fresh.run("--yes", principals=ONE)
    assert await fresh.run("--yes", "--single", principals=ONE) == CHANGES
    both = wanted()["people"] | wanted()["tenant"]
    assert await fresh.held() == NOTHING | {"tenant": both}
    capsys.readouterr()
    assert await fresh.run("--revoke", "--yes", "--single", principals=ONE) == SAME, "none of them is surplus"
    shown = capsys.readouterr().out
    assert "people, tenant: id-tenant" in shown
    assert shown.count("User.Read.All") == 1
    with_passes = ONE | {"passes": identities.TENANT.client_id}
    assert await fresh.run("--yes", "--single", "--passes-permission", principals=with_passes) == CHANGES
    assert await fresh.held() == NOTHING | {"tenant": both | wanted(MAKE_PASSES)["passes"]}
    assert await fresh.run("--revoke", "--yes", "--single", principals=ONE) == CHANGES, "passes are not there any more"
    assert await fresh.held() == NOTHING | {"tenant": both}


async def test_several_identities_are_refused_where_one_is_meant(fresh: Tenant) -> None:
    with pytest.raises(Rejected, match="One app is meant to run everything, but 4 identities are named"):
        await fresh.run("--yes", "--single")
    assert await fresh.held() == NOTHING


async def test_that_one_identity_is_meant_reaches_the_admin_who_may_grant(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    await fresh.be("User.Read.All")
    assert await fresh.run("--yes", "--single", principals=ONE) == CHANGES
    words = capsys.readouterr().out.split()
    given = new_parser().parse_args(words[words.index("bootstrap") :])
    assert (given.single, principals_of(given, {})) == (True, ONE)


async def test_a_client_id_will_do_and_some_apps_need_not_be_named(fresh: Tenant) -> None:
    """Front holds nothing, and passes is not there by default."""
    ids = {"people": identities.PEOPLE.client_id, "tenant": identities.TENANT.principal_id}
    assert await fresh.run("--yes", principals=ids) == CHANGES
    assert await fresh.held() == wanted() | {"passes": set()}


async def test_the_permission_to_make_passes_is_granted_only_if_asked_for(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await fresh.run("--yes") == CHANGES
    assert MAKE_PASSES not in (await fresh.held())["passes"]
    assert await fresh.run("--yes", "--passes-permission") == CHANGES
    assert await fresh.held() == wanted(MAKE_PASSES)
    capsys.readouterr()
    assert await fresh.run("--yes", "--revoke") == SAME, "a choice, which stays"
    assert "instead of the Entra role Authentication Administrator" in capsys.readouterr().out


async def make_unit(fresh: Tenant) -> str:
    """An administrative unit of newcomers."""
    await fresh.be(*MAY_GRANT, "AdministrativeUnit.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    headers = {"Authorization": f"Bearer {(await fresh.services.graphs['bootstrap'].credential.get_token('')).token}"}
    made = await fresh.control.post(
        "/v1.0/directory/administrativeUnits", json={"displayName": "Newcomers"}, headers=headers
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_the_role_over_a_unit_is_assigned_once(fresh: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    unit_id = await make_unit(fresh)
    assert await fresh.run("--check", "--passes-unit", unit_id) == CHANGES
    graph = fresh.services.graphs["bootstrap"]
    assert await assigned_scopes(graph, identities.PASSES.principal_id) == frozenset()
    assert await fresh.run("--yes", "--passes-unit", unit_id) == CHANGES
    assert await assigned_scopes(graph, identities.PASSES.principal_id) == {f"/administrativeUnits/{unit_id}"}
    assert MAKE_PASSES not in (await fresh.held())["passes"], "which would reach beyond the unit"
    assert await fresh.run("--yes", "--passes-unit", unit_id) == SAME
    assert "made Authentication Administrator over" in capsys.readouterr().err


async def test_a_wider_right_than_the_unit_is_taken_away(fresh: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    """Role and permission add up: one that reaches everybody makes the unit's limit void."""
    unit_id = await make_unit(fresh)
    assert await fresh.run("--yes", "--passes-permission") == CHANGES
    assert await fresh.run("--yes", "--revoke", "--passes-unit", unit_id) == CHANGES
    assert await fresh.held() == wanted()
    assert f"- surplus    {MAKE_PASSES}" in capsys.readouterr().out


async def test_a_unit_that_is_not_there_and_a_caller_who_may_not(
    fresh: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    unit_id = await make_unit(fresh)
    with pytest.raises(Rejected, match="no administrative unit"):
        await fresh.run("--yes", "--passes-unit", ADMIN)
    await fresh.be(*MAY_GRANT)
    assert await fresh.run("--yes", "--passes-unit", unit_id) == CHANGES
    shown = capsys.readouterr()
    assert "az rest --method post" in shown.out
    assert f"/administrativeUnits/{unit_id}" in shown.out
    assert "Privileged Role Administrator" in shown.err
    without = {app: principal_id for app, principal_id in PRINCIPALS.items() if app != "passes"}
    with pytest.raises(ConfigurationError, match="PASSES_PRINCIPAL_ID is missing"):
        await fresh.run("--yes", "--passes-unit", unit_id, principals=without)


def parsed(*arguments: str) -> argparse.Namespace:
    return new_parser().parse_args(["bootstrap", *arguments])


def test_ids_come_from_the_arguments_or_else_from_the_environment() -> None:
    environment = {f"{app.upper()}_PRINCIPAL_ID": principal_id for app, principal_id in PRINCIPALS.items()}
    assert principals_of(parsed(), environment) == PRINCIPALS
    given = parsed("--people-principal", identities.TENANT_ID)
    assert principals_of(given, environment)["people"] == identities.TENANT_ID
    with pytest.raises(ConfigurationError, match="PEOPLE_PRINCIPAL_ID is missing"):
        principals_of(parsed(), {})
    with pytest.raises(ConfigurationError, match="'none' is not an ID"):
        principals_of(parsed(), {**environment, "TENANT_PRINCIPAL_ID": "none"})


def test_the_apps_are_those_of_the_table() -> None:
    assert set(APPS) == set(GRAPH_ROLES)


async def test_az_is_asked_for_a_token_once_until_it_ends() -> None:
    """azure-identity starts `az` anew for every token, and Graph's client wants one for every request."""

    class Az(StaticCredential):
        async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            self.scopes += scopes
            return AccessToken(f"token {len(self.scopes)}", 10_000)

    moment, az = [0.0], Az()
    credential = AskedOnce(az, now=lambda: moment[0])
    assert [(await credential.get_token("a")).token for _ in range(3)] == ["token 1"] * 3
    assert (await credential.get_token("b")).token == "token 2"
    assert (await credential.get_token("a", claims="{}")).token == "token 3", "Graph wants a new one"
    moment[0] = 10_000 - ENDS_SOON + 1.0
    assert (await credential.get_token("a")).token == "token 4"
