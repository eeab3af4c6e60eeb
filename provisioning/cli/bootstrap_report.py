"""How the command line shows what each identity holds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provisioning.cli.arguments import print_json, print_text

if TYPE_CHECKING:
    from provisioning.tenant.graph_grants import IdentityGrants

MARKS = {"held": "=", "missing": "+", "surplus": "-", "temporary": "!"}


def show(found: "Sequence[IdentityGrants]", *, as_json: bool) -> None:
    """Print how every role of every identity stands."""
    if as_json:
        print_json([as_document(identity) for identity in found])
        return
    lines = []
    for identity in found:
        lines.append(f"{identity.app}: {identity.name}, principal {identity.principal_id}")
        width = max((len(grant.role) for grant in identity.grants), default=0)
        lines += [
            f"  {MARKS[grant.state]} {grant.state:<9}  {grant.role:<{width}}  {grant.remark}".rstrip()
            for grant in identity.grants
        ]
        if not identity.grants:
            lines.append("  = held       none, and it needs none")
        if identity.elsewhere:
            lines.append(
                f"  It also holds roles on {', '.join(identity.elsewhere)}, which this command does not manage."
            )
    print_text("\n".join(lines))


def as_document(identity: "IdentityGrants") -> dict[str, object]:
    """Return one identity for a program."""
    return {
        "app": identity.app,
        "name": identity.name,
        "principalId": identity.principal_id,
        "roles": [{"role": grant.role, "state": str(grant.state), "remark": grant.remark} for grant in identity.grants],
        "elsewhere": list(identity.elsewhere),
    }
