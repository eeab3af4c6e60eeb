"""/domains: the tenant's own domain and its first one. Source: the page domain-list."""

from typing import Any

from local.entra.directory.organization import domain_names
from local.entra.protocol.errors import GraphError
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, Filterable, Schema
from local.entra.protocol.words import words

PATH = "/domains"
NAMES = words(
    "authenticationType availabilityStatus id isAdminManaged isDefault isInitial isRoot isVerified manufacturer model "
    "passwordNotificationWindowInDays passwordValidityPeriodInDays state supportedServices"
)
DOMAIN = Schema(
    name="microsoft.graph.domain",
    resource="Domain",
    entity_set="domains",
    properties=frozenset(NAMES),
    default=NAMES,
    filters={"id": Filterable(EQUALITY)},
)


def documents(call: Call) -> list[dict[str, Any]]:
    names = domain_names(call.state)
    return [
        {
            "id": name,
            "authenticationType": "Managed",
            "isAdminManaged": True,
            "isDefault": name == names[0],
            "isInitial": name == names[-1],
            "isRoot": True,
            "isVerified": True,
            "passwordNotificationWindowInDays": 14,
            "passwordValidityPeriodInDays": 2147483647,
            "supportedServices": ["Email"],
        }
        for name in names
    ]


def list_domains(call: Call) -> Reply:
    return Reply(body=page(Listing(documents(call), DOMAIN, PATH, call.origin), call.options))


def get_domain(call: Call) -> Reply:
    for document in documents(call):
        if document["id"] == call.keys["domain"].lower():
            return Reply(body=entity(document, schema=DOMAIN, options=call.options, origin=call.origin))
    raise GraphError(404, "Request_ResourceNotFound", f"Resource '{call.keys['domain']}' does not exist.")


ROUTES = (Route("GET", PATH, list_domains), Route("GET", f"{PATH}/{{domain}}", get_domain))
