"""The smoke test as a person runs it, against the whole product on this machine, where every known source is open."""

import json

import pytest

from local.stack import StackInfo
from local.stack_info import inherited
from provisioning.webhooks.sources.registry import all_names
from tests import web
from tests.app.empty_tenant import CommandLine
from tests.running_stack import HostWith

pytestmark = pytest.mark.app


def command_line(stack: StackInfo, **changes: str) -> CommandLine:
    """The environment of a person who deployed the stack."""
    registered = web.get(
        f"{stack.tenant}/_local/client-id", params={"redirect_uri": f"{stack.site}/.auth/login/aad/callback"}
    )
    own = {
        "TENANT_ID": stack.tenant_id,
        "AUTH_CLIENT_ID": registered.json()["clientId"],
        "AZURE_AUTHORITY_HOST": stack.tenant,
        "LANDING_URL": stack.site,
        "TENANT_URL": stack.admin,
        "HR_SOURCES": ",".join(stack.webhook_secrets),
    }
    return CommandLine({**inherited(), **own, **changes})


def test_the_stack_passes_and_a_person_is_told_what_to_see(provisioned: StackInfo) -> None:
    done = command_line(provisioned)("smoke")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert all(f" {name}" in done.stdout for name in all_names())
    assert "with OIDC scopes only" in done.stdout
    assert "compared exactly" in done.stdout
    assert f'Open {provisioned.site}/start and choose "Sign in and begin".' in done.stdout


def test_the_health_of_the_product_is_asked_where_a_token_is_there(provisioned: StackInfo) -> None:
    done = command_line(provisioned, ADMIN_TOKEN=provisioned.admin_token)("smoke", "--json", "--sources", "")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert "Not asked" not in checks["health"]["detail"]
    assert "not the product's health" not in checks["health"]["detail"]
    assert (done.returncode == 0) == checks["health"]["healthy"]


def test_a_source_without_its_secret_and_another_registration_are_found(
    provisioned: StackInfo, host_with: HostWith
) -> None:
    host = host_with({"HR_SECRET_GREENHOUSE": None})
    other = command_line(provisioned, LANDING_URL=host.site, TENANT_URL=host.admin)
    done = other("smoke", "--sources", "greenhouse", AUTH_CLIENT_ID=provisioned.tenant_id)
    assert done.returncode == 1
    assert "FAIL sign-in" in done.stdout
    assert "FAIL webhooks: greenhouse" in done.stdout
