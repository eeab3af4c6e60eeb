"""docs/permissions.md: the Graph application roles of each identity, made of the table that the bootstrap grants."""

from collections.abc import Iterator

from provisioning.model.graph_roles import ASSIGN, DANGEROUS, GRAPH_ROLES, MAKE_PASSES

HEAD = """# Graph permissions

<!-- Made by `make documents` from provisioning/model/graph_roles.py. Change the table there. -->

Each Function App works as a managed identity of its own. These are the application permissions (app roles) of Microsoft
Graph that each needs, and all it should hold:

"""
TAIL = f"""
People needs no role to change the group's members: it owns the group.

Between changes tenant only reads. Its function `watch` looks at the tenant once a day, as an apply would but without
writing, and needs what `verify` needs: `Policy.Read.All`, `User.Read.All`, `RoleManagement.Read.Directory` and
`Group.ReadWrite.All`, in whose place `Group.Read.All` will do. If one of these is missing, health reports that nothing
is known to be well; without `Application.Read.All` the look cannot compare the application and raises an alarm that
says so. The other roles may be taken away until the next change, and health then lists what a change needs first. Keep
`Policy.ReadWrite.ConditionalAccess` and `Application.Read.All`: `disable` needs both, at a moment when nobody can wait
for a grant. `GET /api/people/{{person}}` uses `Group.ReadWrite.All`, `Application.Read.All` and `Policy.Read.All`, to
read only, and names the parts it could not ask for.

`{ASSIGN}` {DANGEROUS[ASSIGN]}. Without it, `apply` ends
that one step as `needs_admin` with the command for an Application Administrator.

Passes is there only where `PASSES` is `true`. `{MAKE_PASSES}`
{DANGEROUS[MAKE_PASSES]}; it is granted only with
`--passes-permission`. The narrow way is a directory role over an administrative unit, with `--passes-unit`;
[Passes](passes.md) tells them apart.

## Granting them

```text
python -m provisioning bootstrap --check     # what is missing, what is surplus; writes nothing
python -m provisioning bootstrap             # shows it, asks, and grants what is missing
python -m provisioning bootstrap --revoke    # also takes away what is surplus or no longer needed
```

It takes the identities from `PEOPLE_PRINCIPAL_ID`, `TENANT_PRINCIPAL_ID` and their like for front and passes, as the
outputs of the deployment name them, or from `--people-principal` and its like; the tenant from `TENANT_ID` or
`AZURE_TENANT_ID`.
`--with-assignment` also grants `{ASSIGN}`; `--revoke` without it takes that role away again.

Where one app runs everything (`SINGLE_APP`, for trying out), its one identity gets the roles of all: the command takes
that from `SINGLE_APP` or `--single`, and without it refuses an identity that is named twice.

Granting requires the Entra directory role **Privileged Role Administrator**. Owner of the subscription is not enough,
and neither replaces the other. Without it the command changes nothing and prints one shell script for an admin who
holds that role; go on once it was run. In a pipeline, an application with `{ASSIGN}` and `Application.Read.All` does
as well.

A token that an identity already has keeps its roles for up to 24 hours, whether or not the app is restarted: grant
before the apps run for the first time.
"""


def permissions() -> str:
    """The text of docs/permissions.md."""
    lines = ["| identity | application role | for |", "|---|---|---|", *rows()]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def rows() -> Iterator[str]:
    """A row for each role of each identity."""
    for app, roles in GRAPH_ROLES.items():
        if not roles:
            yield f"| {app} | none | it verifies, queues and renders |"
        for name, role in roles.items():
            yield f"| {app} | `{name}` | to {role.purpose} |"
