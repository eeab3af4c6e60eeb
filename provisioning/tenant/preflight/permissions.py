"""Which Graph application permissions an operation lacks, what for, and which ones are more than needed."""

from collections.abc import Iterator

from provisioning.model.graph_roles import ASSIGN, DANGEROUS, GRAPH_ROLES, TENANT_ROLES, roles_together
from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext

NEEDED = {name: role for name, role in TENANT_ROLES.items() if role.by_default}


def permission_findings(run: OperationContext, mode: Mode) -> Iterator[Finding]:
    """Compare the token with what this operation needs, and with what any operation needs."""
    held = run.roles
    if held is None:
        yield Finding(
            "permissions_unknown",
            "note",
            "The token belongs to a person, whose permissions also depend on directory roles, so they were not "
            "compared.",
            "If Graph refuses a step, sign in with the role that the step's error asks for.",
        )
        return
    lacking = [
        name for name, need in NEEDED.items() if mode in need.modes and not need.is_met_by(name, held, mode=mode)
    ]
    if lacking:
        yield missing_permissions(lacking, blocks=mode is not Mode.DISABLE)
    if ASSIGN not in held and mode is Mode.APPLY:
        yield Finding(
            "assignment_needs_admin",
            "warning",
            f"The tenant identity lacks {ASSIGN}, so an admin has to assign the group to the application.",
            "Run the command that the step 'assignment' shows. Do not grant the permission instead: its holder can "
            "grant itself any other.",
            (ASSIGN,),
        )
    narrower = {item for name, need in NEEDED.items() if name not in held for item in (*need.narrower, *need.reading)}
    surplus = sorted(held - {*NEEDED, *narrower, ASSIGN, *roles_of_others(run)})
    if surplus:
        yield too_much(surplus)


def roles_of_others(run: OperationContext) -> frozenset[str]:
    """Return what this identity holds for other apps: nothing, unless it is theirs too and is meant to be."""
    same = str(run.claims.get("oid", "")).casefold() == run.desired.people_principal_id.casefold()
    if not (run.desired.single_app and same):
        return frozenset()
    return frozenset(roles_together(app for app in GRAPH_ROLES if app != "passes" or run.desired.passes))


def missing_permissions(names: list[str], *, blocks: bool) -> Finding:
    """Return the finding that the operation would stop half-way; turning off is tried all the same."""
    listed = "; ".join(f"{name} (to {NEEDED[name].purpose})" for name in names)
    return Finding(
        "permission_missing",
        "blocking" if blocks else "warning",
        f"The tenant identity lacks Graph permissions that this operation needs: {listed}.",
        "Grant them: python -m provisioning bootstrap. The token of a managed identity can keep its old permissions "
        "for up to 24 hours, whether or not the app is restarted.",
        tuple(names),
    )


def too_much(names: list[str]) -> Finding:
    """Return the finding that nothing here uses these, while an attacker who takes over the identity would."""
    listed = "; ".join(f"{name} ({DANGEROUS[name]})" if name in DANGEROUS else name for name in names)
    return Finding(
        "permission_surplus",
        "warning",
        f"The tenant identity holds Graph permissions that this product does not need: {listed}.",
        "Remove them: they only help an attacker who takes over the identity.",
        tuple(names),
    )
