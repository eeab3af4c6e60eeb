"""`bootstrap`, as far as it is about passes: the two ways to let the identity of the app passes make them."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from provisioning.cli.arguments import CHANGES, object_id, print_error, print_text

if TYPE_CHECKING:
    from provisioning.cli.arguments import Parser
    from provisioning.services import Services

NEEDS = "Assigning a role requires the Entra directory role Privileged Role Administrator."


def add_passes(parser: "Parser") -> None:
    """Add the two arguments, of which one is enough."""
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--passes-unit",
        type=object_id,
        metavar="ID",
        help="make passes' identity Authentication Administrator over this administrative unit of newcomers, the "
        "narrow way, which does not reach administrators",
    )
    ways.add_argument(
        "--passes-permission",
        action="store_true",
        help="grant passes UserAuthMethod-TAP.ReadWrite.All instead, which reaches everyone, including administrators; "
        "only the product's own limits remain then",
    )


async def assign_over_unit(
    given: argparse.Namespace, principals: Mapping[str, str], *, services: "Services"
) -> int | None:
    """Make the role assignment that the arguments ask for, unless it is there or nothing is to be written.

    Returns:
        The exit code of a command that cannot go on; None where it can.

    Raises:
        Rejected: There is no such unit, or no identity is named.
    """
    from provisioning.errors import ConfigurationError
    from provisioning.graph.errors import PermissionDenied
    from provisioning.tenant.graph_grants import read_identity
    from provisioning.tenant.pass_role import assign_role, assigned_scopes, scope_of

    if "passes" not in principals:
        remedy = "Set it to what `azd env get-value PASSES_PRINCIPAL_ID` prints, or name --passes-principal."
        raise ConfigurationError("PASSES_PRINCIPAL_ID", fault="is missing", remedy=remedy)
    graph, unit = services.graph("bootstrap"), str(given.passes_unit)
    try:
        principal_id = str((await read_identity(graph, principals["passes"], app="passes"))["id"])
        scopes = await assigned_scopes(graph, principal_id)
        wider = "/" in scopes
        print_error(f"passes: Authentication Administrator over {', '.join(sorted(scopes)) or 'nothing'}")
        if wider:
            print_error("passes: the role over / reaches the whole tenant; remove that assignment in Entra.")
        if scope_of(unit) not in scopes and not given.check and given.yes:
            await assign_role(graph, principal_id, unit_id=unit)
            print_error(f"passes: made Authentication Administrator over the administrative unit {unit}")
    except PermissionDenied as error:
        print_text(command(principals["passes"], unit=unit, root=graph.root))
        print_error(f"{error} {NEEDS}")
        return CHANGES
    return CHANGES if scope_of(unit) not in scopes and (given.check or not given.yes) else None


def command(principal_id: str, *, unit: str, root: str) -> str:
    """Return what an admin runs with the Azure CLI."""
    from provisioning.tenant.pass_role import AUTHENTICATION_ADMINISTRATOR, scope_of

    body = (
        f'{{"principalId": "{principal_id}", "roleDefinitionId": "{AUTHENTICATION_ADMINISTRATOR}", '
        f'"directoryScopeId": "{scope_of(unit)}"}}'
    )
    url = f"{root}/roleManagement/directory/roleAssignments"
    return f"az rest --method post --url {url} --headers Content-Type=application/json --body '{body}'"
