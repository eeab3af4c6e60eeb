"""`bootstrap`: gives each managed identity exactly its Graph application roles."""

import argparse
import os
import textwrap
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from provisioning.cli.arguments import CHANGES, SAME, as_sentence, epilog, object_id, print_error, print_text
from provisioning.cli.bootstrap_passes import add_passes, assign_over_unit
from provisioning.cli.bootstrap_report import show
from provisioning.cli.credentials import add_credential
from provisioning.cli.environment import required_id

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.services import Services
    from provisioning.tenant.graph_grants import Grant, IdentityGrants, MicrosoftGraph

APPS = ("front", "people", "passes", "tenant")
OPTIONAL = ("front", "passes")  # apps that need not be named: one holds nothing, the other may not be there
EXAMPLES = (
    "bootstrap --check --env-file .azure/values.env",
    "bootstrap --yes",
    "bootstrap --revoke",
)
EXIT_CODES = (
    "0 every identity holds exactly its roles; 2 something was granted or revoked, needs to be, or is left to an "
    "admin, with a printed script; 1 an error, with one sentence on stderr."
)
ENVIRONMENT = {
    "TENANT_ID": "the Entra tenant; azd's AZURE_TENANT_ID works, too",
    "PEOPLE_PRINCIPAL_ID, ...": "principal ID of each app's identity, as azd's outputs name them",
    "SINGLE_APP": "true if one app with one identity runs everything; same as --single",
}
LAG = (
    "A token that an identity already has keeps its roles for up to 24 hours, whether or not the app is restarted "
    "(azure-sdk-for-net#27019). The first token after a grant has the new ones."
)
NEEDS = (
    "Granting requires the Entra directory role Privileged Role Administrator; Owner of the subscription is not "
    "enough. An admin who holds the role can run this command, or the script that it prints if you do not hold it; "
    "continue afterward."
)


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = (
        "show which Graph application roles each identity lacks or holds without need, and then grant what is missing"
    )
    end = epilog(EXAMPLES, exit_codes=EXIT_CODES, environment=ENVIRONMENT)
    description = "\n\n".join(textwrap.fill(text, 98) for text in (as_sentence(purpose), NEEDS, LAG))
    parser = commands.add_parser("bootstrap", help=purpose, description=description, epilog=end)
    parser.add_argument("--check", action="store_true", help="show only, write nothing")
    parser.add_argument("--revoke", action="store_true", help="also revoke what is surplus or no longer needed")
    parser.add_argument(
        "--with-assignment",
        action="store_true",
        help="also grant AppRoleAssignment.ReadWrite.All to tenant, which assigns the group to the application but can "
        "grant anything to anyone; revoke it afterward with --revoke. Without it, apply shows the one command that an "
        "Application Administrator has to run",
    )
    add_passes(parser)
    parser.add_argument(
        "--single",
        action="store_true",
        help="one identity serves every app, for trying out: give it the roles of all apps; without this option, an "
        "identity that is named twice is refused",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    for app in APPS:
        variable = f"{app.upper()}_PRINCIPAL_ID"
        parser.add_argument(
            f"--{app}-principal",
            type=object_id,
            metavar="ID",
            help=f"principal or client ID of {app}'s identity, else {variable}",
        )
    parser.set_defaults(run=run, parser=parser)
    add_credential(parser)


async def run(given: argparse.Namespace) -> int:
    """Show, ask, and make each identity's roles what they should be.

    Raises:
        ProductError: There is no sign-in, a setting is missing, or an id is of no managed identity.
    """
    principals = principals_of(given, os.environ)
    given.single = given.single or os.environ.get("SINGLE_APP", "").lower() == "true"
    async with graph_alone(given) as services:
        return await bootstrap(given, principals, services=services)


def principals_of(given: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the identities by app, from the arguments or else the environment.

    Raises:
        Rejected: None is named for people or tenant, or a value is no id.
    """
    from provisioning.errors import ConfigurationError

    found = {}
    for app in APPS:
        variable = f"{app.upper()}_PRINCIPAL_ID"
        value = getattr(given, f"{app}_principal") or environment.get(variable)
        if value:
            try:
                found[app] = object_id(value)
            except argparse.ArgumentTypeError as error:
                remedy = f"Set it to the principal ID of {app}'s identity."
                raise ConfigurationError(variable, fault=f"is wrong: {error}", remedy=remedy) from None
        elif app not in OPTIONAL:
            remedy = f"Set it to what `azd env get-value {variable}` prints, or name --{app}-principal."
            raise ConfigurationError(variable, fault="is missing", remedy=remedy)
    return found


@asynccontextmanager
async def graph_alone(given: argparse.Namespace) -> "AsyncIterator[Services]":
    """Open services for a command that needs Microsoft Graph and no setting of an app but the tenant.

    Raises:
        ConfigurationError: The tenant is not set.
        Rejected: There is no sign-in, or it is to another tenant.
    """
    from provisioning.cli.credentials import admit
    from provisioning.cli.session import check_arguments, credential_of
    from provisioning.services import Services
    from provisioning.settings import GraphSettings, load

    check_arguments(given)
    tenant_id = str(required_id("TENANT_ID", "AZURE_TENANT_ID", environment=os.environ))
    own_client_id = os.environ.get("TENANT_CLIENT_ID", "")
    name, credential = credential_of(given, own_client_id=own_client_id, tenant_id=tenant_id)
    services = Services(credential=credential)
    try:
        await admit(credential, name, scope=load(GraphSettings).scope, tenant_id=tenant_id)
        yield services
    finally:
        await services.close()


async def bootstrap(given: argparse.Namespace, principals: Mapping[str, str], *, services: "Services") -> int:
    """Do what the arguments ask, as the identity of the services; returns the exit code."""
    from provisioning.cli.bootstrap_script import command_for_admin
    from provisioning.cli.operate import agreed, may_ask
    from provisioning.graph.errors import PermissionDenied
    from provisioning.model.graph_roles import MAKE_PASSES
    from provisioning.tenant.graph_grants import GrantState, read_grants, read_microsoft_graph

    graph = services.graph("bootstrap")
    unwanted = frozenset({MAKE_PASSES} if given.passes_unit is not None else ())
    try:
        microsoft_graph = await read_microsoft_graph(graph)
        found = await read_grants(
            graph,
            principals,
            microsoft_graph=microsoft_graph,
            asked=asked_for(given),
            unwanted=unwanted,
            single=given.single,
        )
    except PermissionDenied as error:
        tenant_id = str(required_id("TENANT_ID", "AZURE_TENANT_ID", environment=os.environ))
        command = command_for_admin(principals, tenant_id=tenant_id, options=wishes_of(given))
        print_text(command)
        print_error(f"The identities could not be checked: {error} {NEEDS}")
        return CHANGES
    show(found, as_json=given.json)
    if given.passes_unit is not None:
        unit = await assign_over_unit(given, principals, services=services)
        if unit is not None:
            return unit
    missing, surplus = pairs(found, GrantState.MISSING), pairs(found, GrantState.SURPLUS, GrantState.TEMPORARY)
    to_revoke = surplus if given.revoke else []
    if given.check or not (missing or to_revoke):
        differs = missing or to_revoke or pairs(found, GrantState.SURPLUS)
        return CHANGES if differs else SAME
    question = f"Grant {len(missing)} and revoke {len(to_revoke)}?"
    if not given.yes and not (may_ask(given) and agreed(question)):
        print_error("Nothing was written. To grant what is missing: python -m provisioning bootstrap --yes")
        return CHANGES
    return await write(missing, to_revoke, services=services, microsoft_graph=microsoft_graph)


def asked_for(given: argparse.Namespace) -> frozenset[str]:
    """Return the roles that are granted only if asked for, and are."""
    from provisioning.model.graph_roles import ASSIGN, MAKE_PASSES

    wishes = {ASSIGN: given.with_assignment, MAKE_PASSES: given.passes_permission}
    return frozenset(name for name, wish in wishes.items() if wish)


def wishes_of(given: argparse.Namespace) -> list[str]:
    """Return the arguments that an admin's command needs, too."""
    options = ["--with-assignment"] if given.with_assignment else []
    options += ["--passes-permission"] if given.passes_permission else []
    options += ["--single"] if given.single else []
    return options + (["--passes-unit", given.passes_unit] if given.passes_unit else [])


def pairs(found: "Sequence[IdentityGrants]", *states: str) -> "list[tuple[IdentityGrants, Grant]]":
    """Return every grant that stands so, with its identity."""
    return [(identity, grant) for identity in found for grant in identity.grants if grant.state in states]


async def write(
    missing: "Sequence[tuple[IdentityGrants, Grant]]",
    surplus: "Sequence[tuple[IdentityGrants, Grant]]",
    *,
    services: "Services",
    microsoft_graph: "MicrosoftGraph",
) -> int:
    """Grant and take away; what the caller may not do goes into one script for who may. Returns the exit code."""
    from provisioning.cli.bootstrap_script import script_for_admin
    from provisioning.graph.errors import PermissionDenied
    from provisioning.tenant.graph_grants import grant_role, revoke_role

    graph = services.graph("bootstrap")
    to_grant, to_revoke = list(missing), list(surplus)
    try:
        while to_revoke:
            identity, grant = to_revoke[0]
            await revoke_role(graph, identity, grant)
            print_error(f"{identity.app}: revoked {grant.role}")
            del to_revoke[0]
        while to_grant:
            identity, grant = to_grant[0]
            await grant_role(graph, identity, grant.role, microsoft_graph=microsoft_graph)
            print_error(f"{identity.app}: granted {grant.role}")
            del to_grant[0]
    except PermissionDenied as error:
        print_text(script_for_admin(to_grant, to_revoke, microsoft_graph=microsoft_graph, root=graph.root))
        print_error(f"{error} {NEEDS}")
        return CHANGES
    print_error(LAG)
    return CHANGES
