"""What a Privileged Role Administrator runs, where the caller of `bootstrap` is none."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provisioning.tenant.graph_grants import Grant, IdentityGrants, MicrosoftGraph

    Pairs = Iterable[tuple[IdentityGrants, Grant]]

HEAD = """#!/bin/sh
# Run it as Privileged Role Administrator, after `az login`. Running it twice does no harm.
failed=0
grant() {{
  body="{{\\"principalId\\": \\"$1\\", \\"resourceId\\": \\"{resource}\\", \\"appRoleId\\": \\"$2\\"}}"
  answer=$(az rest --method post --url "{root}/servicePrincipals/$1/appRoleAssignments" \\
    --headers Content-Type=application/json --body "$body" 2>&1)
  case "$?$answer" in
    0*) echo "granted $3" ;;
    *"already exists"*) echo "was there already: $3" ;;
    *) echo "not granted: $3: $answer" >&2; failed=1 ;;
  esac
}}
revoke() {{
  answer=$(az rest --method delete --url "{root}/servicePrincipals/$1/appRoleAssignments/$2" 2>&1)
  case "$?$answer" in
    0*) echo "took away $3" ;;
    *"does not exist"*) echo "was gone already: $3" ;;
    *) echo "not taken away: $3: $answer" >&2; failed=1 ;;
  esac
}}
"""


def script_for_admin(to_grant: "Pairs", to_revoke: "Pairs", *, microsoft_graph: "MicrosoftGraph", root: str) -> str:
    """Return a shell script that does, with the Azure CLI, what is left to do.

    Args:
        to_grant: Identity and role.
        to_revoke: Identity and role.
        microsoft_graph: Gives the roles' ids.
        root: Of Microsoft Graph, with its version.
    """
    lines = [
        f"revoke {identity.principal_id} {grant.assignment_id} '{grant.role} of {identity.app}'"
        for identity, grant in to_revoke
    ]
    lines += [
        f"grant {identity.principal_id} {microsoft_graph.role_id(grant.role)} '{grant.role} to {identity.app}'"
        for identity, grant in to_grant
    ]
    head = HEAD.format(root=root, resource=microsoft_graph.principal_id).rstrip()
    return "\n".join([head, *lines, "exit $failed"])


def command_for_admin(principals: Mapping[str, str], *, tenant_id: str, options: Sequence[str]) -> str:
    """Return the command that an admin runs, where the caller may not even look at what there is.

    Args:
        principals: The identity's id by app.
        tenant_id: The Entra tenant.
        options: The arguments that say what else is wanted.
    """
    words = [f"--{app}-principal {object_id}" for app, object_id in principals.items()]
    return f"TENANT_ID={tenant_id} python -m provisioning bootstrap --yes {' '.join([*words, *options])}"
