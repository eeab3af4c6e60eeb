"""Which Graph application permissions each operation needs, what for, and which ones are more than needed.

Sources: microsoft-graph-devx-content (permissions/new/permissions.json) for what each call takes; the permissions
reference of Microsoft Graph for what each permission lets its holder do. `infra/README.md` lists the same names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.tenant.context import ASSIGN, OperationContext

CHECKED = frozenset({Mode.APPLY, Mode.ENABLE})  # what may come to ask people for MFA
MAKING = frozenset({Mode.APPLY, Mode.REMOVE})
SWITCHING = frozenset({Mode.APPLY, Mode.ENABLE, Mode.DISABLE, Mode.REMOVE})
PROVING = frozenset({*CHECKED, Mode.VERIFY})  # what looks at people and groups
READING = frozenset({Mode.VERIFY})  # what writes nothing
ALL = frozenset({*SWITCHING, Mode.VERIFY})
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")


@dataclass(frozen=True)
class Need:
    """A permission the product needs.

    Args:
        modes: For which operations.
        purpose: What for, to be read after "to".
        wider: Permissions that would do as well and allow more.
        narrower: Permissions that allow less and do in a pinch: what they do not show is then said to be unknown.
        reading: Permissions that do as well where nothing is written.
    """

    modes: frozenset[Mode]
    purpose: str
    wider: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()

    def is_met_by(self, name: str, held: frozenset[str], *, mode: Mode) -> bool:
        """Tell whether one of the permissions is held that will do for a mode."""
        enough = {name, *self.wider, *self.narrower, *(self.reading if mode in READING else ())}
        return not held.isdisjoint(enough)


NEEDED: Mapping[str, Need] = {
    "Group.ReadWrite.All": Need(
        frozenset({*MAKING, *PROVING}),
        "make the enrollment group, give it its owner and read who is in it",
        reading=("Group.Read.All", *DIRECTORY),
    ),
    "Application.ReadWrite.OwnedBy": Need(
        MAKING, "make the application and its service principal", ("Application.ReadWrite.All",)
    ),
    "Application.Read.All": Need(SWITCHING, "look for foreign applications and name ours in a policy"),
    "Policy.Read.All": Need(ALL, "read policies and security defaults"),
    "Policy.ReadWrite.ConditionalAccess": Need(SWITCHING, "write the policy"),
    "User.Read.All": Need(
        PROVING,
        "check that the emergency accounts exist, are enabled and belong to the cloud",
        ("User.ReadWrite.All", *DIRECTORY),
        narrower=("User.ReadBasic.All",),
    ),
    "LicenseAssignment.Read.All": Need(CHECKED, "see the Entra ID P1 license", ("Organization.Read.All", *DIRECTORY)),
    "RoleManagement.Read.Directory": Need(
        PROVING, "tell which administrators are caught", ("RoleManagement.ReadWrite.Directory", *DIRECTORY)
    ),
}

DANGEROUS: Mapping[str, str] = {
    "Application.ReadWrite.All": "can add a credential to any application and act as it",
    "RoleManagement.ReadWrite.Directory": "can make anybody a Global Administrator",
    "Directory.ReadWrite.All": "can change nearly everything in the directory",
    "User.ReadWrite.All": "can change any account",
    "UserAuthenticationMethod.ReadWrite.All": "can give anybody's account a new sign-in method",
    "Policy.ReadWrite.SecurityDefaults": "can switch security defaults off",
}


def permission_findings(run: OperationContext, mode: Mode) -> Iterator[Finding]:
    """Compare the token with what this operation needs, and with what any operation needs."""
    held = run.roles
    if held is None:
        yield Finding(
            "permissions_unknown",
            "note",
            "The token is a person's, whose permissions depend on directory roles too; they were not compared.",
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
            "Run the command that the step 'assignment' shows. Granting the permission is not advised: its holder "
            "can grant itself any other.",
            (ASSIGN,),
        )
    narrower = {item for name, need in NEEDED.items() if name not in held for item in (*need.narrower, *need.reading)}
    surplus = sorted(held - {*NEEDED, *narrower, ASSIGN})
    if surplus:
        yield too_much(surplus)


def missing_permissions(names: list[str], *, blocks: bool) -> Finding:
    """Return the finding that the operation would stop half-way; turning off is tried all the same."""
    listed = "; ".join(f"{name} (to {NEEDED[name].purpose})" for name in names)
    return Finding(
        "permission_missing",
        "blocking" if blocks else "warning",
        f"The tenant identity lacks Graph permissions that this operation needs: {listed}.",
        "Grant them as infra/README.md shows. The token of a managed identity can keep its old permissions for up to "
        "24 hours, whether or not the app is restarted.",
        tuple(names),
    )


def too_much(names: list[str]) -> Finding:
    """Return the finding that nothing here uses these, while whoever takes over the identity would."""
    listed = "; ".join(f"{name} ({DANGEROUS[name]})" if name in DANGEROUS else name for name in names)
    return Finding(
        "permission_surplus",
        "warning",
        f"The tenant identity holds Graph permissions that nothing here needs: {listed}.",
        "Take them away: they only serve whoever gets hold of the identity.",
        tuple(names),
    )
