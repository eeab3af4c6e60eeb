"""The kinds of directory object: users, groups, applications and service principals.

Sources: see `protocol/schema.py`.
"""

from collections.abc import Mapping

from local.entra.applications.application.schema import APPLICATION
from local.entra.applications.service_principal.schema import SERVICE_PRINCIPAL
from local.entra.directory.group.schema import GROUP
from local.entra.directory.user.schema import USER
from local.entra.protocol.schema import EQUALITY, NOTHING, Filterable, Schema

DIRECTORY_SCHEMAS: Mapping[str, Schema] = {
    "user": USER,
    "group": GROUP,
    "application": APPLICATION,
    "servicePrincipal": SERVICE_PRINCIPAL,
}

DIRECTORY_OBJECT = Schema(
    name="microsoft.graph.directoryObject",
    resource="DirectoryObject",
    entity_set="directoryObjects",
    properties=frozenset().union(*(schema.properties for schema in DIRECTORY_SCHEMAS.values())),
    default=("id",),
    filters={
        name: Filterable(EQUALITY if name == "id" else NOTHING)
        for schema in DIRECTORY_SCHEMAS.values()
        for name in schema.filters
    },
    dates=frozenset().union(*(schema.dates for schema in DIRECTORY_SCHEMAS.values())),
    booleans=frozenset().union(*(schema.booleans for schema in DIRECTORY_SCHEMAS.values())),
)
