"""What Graph lets a `$filter` ask of each property, with its words for everything else.

Source: the page `aad-advanced-queries` of the Graph documentation, with the table `filter-directory-objects`.
"""

from local.entra.protocol.errors import GraphError, invalid_filter, not_implemented, unsupported_query
from local.entra.protocol.schema import Schema
from local.entra.protocol.words import words

MAXIMUM_CLAUSES = 15
SPELLED = {"endswith": "endsWith", "startswith": "startsWith"}
LINKS = frozenset(
    words(
        "appRoleAssignedTo appRoleAssignments createdObjects directReports federatedIdentityCredentials manager "
        "memberOf members oauth2PermissionGrants ownedObjects owners sponsors transitiveMemberOf transitiveMembers"
    )
)
"""Links can be filtered by in Graph, too (`owners/$count eq 0`); the stand-in does not."""


def needs_advanced(operator: str) -> GraphError:
    return unsupported_query(
        f"Operator '{SPELLED.get(operator, operator)}' is not supported because the required parameters might be "
        "missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to "
        "https://aka.ms/graph-docs/advanced-queries for more information"
    )


def check_clauses(count: int) -> None:
    """Refuse more alternatives than the directory looks up at once."""
    if count > MAXIMUM_CLAUSES:
        raise unsupported_query(
            "Too many child clauses specified in search filter expression containing 'OR' operators: "
            f"{count}. Max allowed: {MAXIMUM_CLAUSES}."
        )


def check_support(schema: Schema, key: str, operator: str, *, advanced: bool) -> None:
    """Refuse what Graph refuses: unknown and unindexed properties, and operators that need advanced mode.

    Args:
        key: the property's path, `web/redirectUris`.
        operator: `null` for a comparison with null.

    Raises:
        GraphError: in Graph's words; 501 for what Graph can do and the stand-in cannot.
    """
    root = key.partition("/")[0]
    if root in LINKS:
        raise not_implemented(f"the link {root} in $filter")
    if root not in schema.properties:
        raise invalid_filter()
    support = schema.filters.get(key)
    if support is None and "/" in key:
        raise not_implemented(f"{key} in $filter")
    if support is not None and (operator in support.plain or (advanced and operator in support.advanced)):
        return
    if support is None or operator not in support.advanced or not support.plain:
        raise unsupported_query(
            f"Unsupported or invalid query filter clause specified for property '{key}' of resource "
            f"'{schema.resource}'."
        )
    raise needs_advanced(operator)
