"""Which properties each kind of object has, what a list shows of it without `$select`, and what `$filter` may ask.

Sources: the v1.0 metadata (microsoftgraph/msgraph-metadata at f54f11b) for names and types; the pages
`aad-advanced-queries` and `user-list` of the Graph documentation for filters and defaults.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.entra.protocol.words import words

PLAIN_TEXT = frozenset({"eq", "in", "startswith", "ge", "le"})
EQUALITY = frozenset({"eq", "in"})
EVERYTHING = frozenset({"eq", "ne", "not", "in", "ge", "le", "gt", "lt", "startswith", "endswith", "null"})
ANY = frozenset({"any"})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filterable:
    """Operators a property takes as it is, and those it takes only in an advanced query."""

    plain: frozenset[str]
    advanced: frozenset[str] = EVERYTHING


@dataclass(frozen=True)
class Schema:
    """One kind of object.

    Args:
        name: the type as Graph writes it in annotations: `microsoft.graph.user`.
        resource: the type as Graph writes it in error texts: `User`.
        entity_set: the name in `@odata.context`.
        properties: every structural property.
        default: what is answered without `$select`.
        filters: what `$filter` may ask, by property or path: `web/redirectUris`.
        blank: answers for properties an object never set, where that is not null.
        computed: answers for properties that follow from the object's others, such as its id.
        guids: properties and paths that a filter compares with an id without quotes.
    """

    name: str
    resource: str
    entity_set: str
    properties: frozenset[str]
    default: tuple[str, ...]
    filters: Mapping[str, Filterable]
    blank: Mapping[str, object] = field(default_factory=dict)
    dates: frozenset[str] = frozenset()
    booleans: frozenset[str] = frozenset()
    guids: frozenset[str] = frozenset()
    single_only: frozenset[str] = frozenset()
    computed: Mapping[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)


POLICY = Schema(
    name="microsoft.graph.conditionalAccessPolicy",
    resource="ConditionalAccessPolicy",
    entity_set="identity/conditionalAccess/policies",
    properties=frozenset(
        words(
            "id templateId displayName createdDateTime modifiedDateTime state deletedDateTime conditions "
            "grantControls sessionControls"
        )
    ),
    default=words(
        "id templateId displayName createdDateTime modifiedDateTime state deletedDateTime conditions "
        "grantControls sessionControls"
    ),
    filters={
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "state": Filterable(EQUALITY),
    },
)

ROLE_ASSIGNMENT = Schema(
    name="microsoft.graph.unifiedRoleAssignment",
    resource="UnifiedRoleAssignment",
    entity_set="roleManagement/directory/roleAssignments",
    properties=frozenset({"id", "principalId", "roleDefinitionId", "directoryScopeId"}),
    default=("id", "principalId", "roleDefinitionId", "directoryScopeId"),
    filters={
        "principalId": Filterable(EQUALITY, frozenset()),
        "roleDefinitionId": Filterable(EQUALITY, frozenset()),
    },
)

APP_ROLE_ASSIGNMENT = Schema(
    name="microsoft.graph.appRoleAssignment",
    resource="AppRoleAssignment",
    entity_set="appRoleAssignments",
    properties=frozenset(
        words(
            "id deletedDateTime appRoleId createdDateTime principalDisplayName principalId principalType "
            "resourceDisplayName resourceId"
        )
    ),
    default=words(
        "id deletedDateTime appRoleId createdDateTime principalDisplayName principalId principalType "
        "resourceDisplayName resourceId"
    ),
    filters={"principalId": Filterable(EQUALITY), "resourceId": Filterable(EQUALITY)},
    guids=frozenset({"principalId", "resourceId"}),
)
