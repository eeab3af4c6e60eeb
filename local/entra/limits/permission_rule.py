"""What a rule of the permission table is. The tables are in `permissions.py` and `policy_permissions.py`."""

from dataclasses import dataclass

DENIED_METHODS = "authentication"
DENIED_POLICY = "policy"
DENIED_REPORTS = "reports"
DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")

Roles = frozenset[str]


@dataclass(frozen=True)
class Rule:
    """What a call needs.

    Args:
        any_of: sets of permissions; holding all of one set suffices.
        owned: the same, for a caller that owns the object in the path. The empty set means ownership alone suffices.
        family: whose words a refusal has.
    """

    any_of: tuple[Roles, ...] = ()
    owned: tuple[Roles, ...] = ()
    family: str = "directory"
    hint: str = ""


def one_of(*names: str) -> tuple[Roles, ...]:
    return tuple(frozenset({name}) for name in names)
