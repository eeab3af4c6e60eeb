"""The bootstrap as an admin runs it, over real HTTP: from identities without a role to an apply that works."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import identities
from local.stack import ROOT
from provisioning.model.graph_roles import GRAPH_ROLES
from tests import web
from tests.app.empty_tenant import EmptyTenant, empty_tenant

pytestmark = pytest.mark.app

ADMIN, SECRET = "7c1e5b2a-93d4-4f08-a6b7-0e2d8c4f1a01", "s3cret"
IDS = [f"--{name}-principal={identity.principal_id}" for name, identity in (
    ("front", identities.FRONT), ("people", identities.PEOPLE), ("tenant", identities.TENANT))]  # fmt: skip
AZ = ["--credential", "az"]


@pytest.fixture(scope="module")
def fresh(azurite: str) -> Iterator[EmptyTenant]:
    with empty_tenant(azurite) as tenant:
        yield tenant


@pytest.fixture
def ungranted(fresh: EmptyTenant, tmp_path: Path) -> EmptyTenant:
    """Identities as Bicep leaves them, without a role; the account that is signed in to az may do everything."""
    set_roles(fresh, {identity.client_id: [] for identity in identities.MANAGED_IDENTITIES})
    be(fresh, "AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    az = tmp_path / "az"
    command = shlex.join([sys.executable, str(ROOT / "tests/app/az.py")])
    az.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    az.chmod(0o755)
    environment = {
        **fresh.run.environment,
        "PATH": f"{tmp_path}:{fresh.run.environment['PATH']}",
        "AZ_CLIENT_ID": ADMIN,
        "AZ_CLIENT_SECRET": SECRET,
        "AZ_AUTHORITY": f"{fresh.url}/{identities.TENANT_ID}",
    }
    return EmptyTenant(fresh.url, type(fresh.run)(environment))


def set_roles(tenant: EmptyTenant, roles: dict[str, list[str]]) -> None:
    web.put(f"{tenant.url}/_local/roles", json=roles).raise_for_status()


def be(tenant: EmptyTenant, *roles: str) -> None:
    """Give the account that is signed in to az these permissions, which stand for the directory roles of a person."""
    registration = {"roles": list(roles), "secrets": [SECRET]}
    web.put(f"{tenant.url}/_local/clients/{ADMIN}", json=registration).raise_for_status()


def held(tenant: EmptyTenant) -> dict[str, set[str]]:
    """What each identity holds, by app."""
    found: dict[str, list[str]] = web.get(f"{tenant.url}/_local/roles").json()
    apps = {
        "front": identities.FRONT,
        "people": identities.PEOPLE,
        "passes": identities.PASSES,
        "tenant": identities.TENANT,
    }
    return {app: set(found.get(identity.client_id, ())) for app, identity in apps.items()}


def wanted() -> dict[str, set[str]]:
    """The table; passes is not there by default, so nobody names its identity."""
    named = {app: roles for app, roles in GRAPH_ROLES.items() if app != "passes"}
    return {"passes": set()} | {
        app: {name for name, role in roles.items() if role.by_default} for app, roles in named.items()
    }


def test_from_nothing_to_exactly_the_table_and_to_an_apply(ungranted: EmptyTenant) -> None:
    granted = ungranted.run("bootstrap", "--yes", *IDS, *AZ)
    assert granted.returncode == 2, granted.stderr
    assert held(ungranted) == wanted()
    again = ungranted.run("bootstrap", *IDS, *AZ)
    assert (again.returncode, again.stderr) == (0, "")
    applied = ungranted.run("apply")
    assert applied.returncode == 2, applied.stderr
    assert "An Application Administrator can make this one assignment: az rest" in applied.stdout


def test_who_may_not_grant_gets_one_script_which_does_it_for_who_may(ungranted: EmptyTenant) -> None:
    be(ungranted, "Application.Read.All")
    set_roles(ungranted, {identities.FRONT.client_id: ["Mail.Send"]})
    refused = ungranted.run("bootstrap", "--yes", "--revoke", *IDS, *AZ)
    assert refused.returncode == 2, "a step is left to an admin, which is no error"
    assert "Privileged Role Administrator" in refused.stderr
    assert held(ungranted) == {"front": {"Mail.Send"}, "people": set(), "passes": set(), "tenant": set()}
    script = refused.stdout[refused.stdout.index("#!/bin/sh") :]

    denied = sh(ungranted, script)
    assert denied.returncode == 1
    assert "not granted: User.Read.All to people: ERROR: Forbidden(" in denied.stderr

    be(ungranted, "AppRoleAssignment.ReadWrite.All", "Application.Read.All")
    first, second = sh(ungranted, script), sh(ungranted, script)
    assert (first.returncode, first.stderr) == (0, "")
    assert held(ungranted) == wanted()
    assert (second.returncode, second.stderr) == (0, "")
    assert "was there already: User.Read.All to people" in second.stdout
    assert "was gone already: Mail.Send of front" in second.stdout


def sh(tenant: EmptyTenant, script: str) -> "subprocess.CompletedProcess[str]":
    """Run a script as an admin would, with what is on their path."""
    environment = dict(tenant.run.environment)
    return subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
