"""/identity/conditionalAccess/namedLocations: networks and countries that policies refer to.

Source: the pages ipnamedlocation, countrynamedlocation and conditionalaccessroot-post-namedlocations.
"""

from collections.abc import Iterable
from ipaddress import ip_address as parse_address
from ipaddress import ip_network
from typing import Any

from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.protocol.graph_types import PREFIX, body_faults, type_named
from local.entra.protocol.query import Listing, entity, page
from local.entra.protocol.routing import Call, Reply, Route
from local.entra.protocol.schema import EQUALITY, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

PATH = "/identity/conditionalAccess/namedLocations"
IP_TYPE = "#microsoft.graph.ipNamedLocation"
COUNTRY_TYPE = "#microsoft.graph.countryNamedLocation"
RANGE_TYPES = {4: "#microsoft.graph.iPv4CidrRange", 6: "#microsoft.graph.iPv6CidrRange"}
LOOKUPS = ("clientIpAddress", "authenticatorAppGps")
COMMON = ("@odata.type", *words("id displayName createdDateTime modifiedDateTime"))
SHOWN = {
    IP_TYPE: (*COMMON, "isTrusted", "ipRanges"),
    COUNTRY_TYPE: (*COMMON, *words("countriesAndRegions includeUnknownCountriesAndRegions countryLookupMethod")),
}
NAMED_LOCATION = Schema(
    name="microsoft.graph.namedLocation",
    resource="NamedLocation",
    entity_set="identity/conditionalAccess/namedLocations",
    properties=frozenset(name for names in SHOWN.values() for name in names),
    default=COMMON,
    filters={"displayName": Filterable(PLAIN_TEXT), "id": Filterable(EQUALITY)},
)


def list_locations(call: Call) -> Reply:
    rows = list(call.state.policy_book.named_locations.values())
    return Reply(body=page(Listing(rows, NAMED_LOCATION, PATH, call.origin, render=shown), call.options))


def shown(row: Any, names: tuple[str, ...] | None) -> dict[str, Any]:
    """The properties of the location's own type; the base type has none of the interesting ones."""
    own = SHOWN[row["@odata.type"]]
    wanted = own if names is None else ("@odata.type", *(name for name in names if name in own))
    return {name: row.get(name) for name in wanted}


def get_location(call: Call) -> Reply:
    return Reply(body=answer(call, find_location(call)))


def find_location(call: Call) -> Entity:
    found = call.state.policy_book.named_locations.get(call.keys["location"].lower())
    if found is None:
        raise GraphError(404, "NotFound", f"{call.keys['location']} does not exist in the directory.")
    return found


def answer(call: Call, location: Entity) -> dict[str, Any]:
    names = call.options.select(NAMED_LOCATION)
    head = entity(location, schema=NAMED_LOCATION, options=call.options, origin=call.origin)
    return {"@odata.context": head["@odata.context"], **shown(location, names)}


def create_location(call: Call) -> Reply:
    """201."""
    document = call.document()
    check_body(document)
    properties = checked(document)
    now = call.state.clock.text()
    location: Entity = {"id": call.state.ids(), "createdDateTime": now, "modifiedDateTime": now, **properties}
    call.state.policy_book.named_locations[location["id"]] = location
    return Reply(201, answer(call, location))


def checked(document: dict[str, Any]) -> dict[str, Any]:
    """What a location of the document's type keeps of it.

    Raises:
        GraphError: it has no known type, no name or no sensible networks or countries.
    """
    kind, name = document.get("@odata.type"), document.get("displayName")
    details = ip_details(document) if kind == IP_TYPE else country_details(document) if kind == COUNTRY_TYPE else None
    if details is None or not isinstance(name, str) or not name.strip():
        raise malformed()
    return {"@odata.type": kind, "displayName": name, **details}


def update_location(call: Call) -> Reply:
    """204. The body names the type, which cannot change; properties that are not named keep their values."""
    location, document = find_location(call), call.document()
    if document.get("@odata.type") != location["@odata.type"]:
        raise malformed()
    check_body(document)
    location.update({**checked({**location, **document}), "modifiedDateTime": call.state.clock.text()})
    return Reply(204)


def delete_location(call: Call) -> Reply:
    """204. A trusted one must lose its trust first (page namedlocation-delete); the service's text is not known."""
    location = find_location(call)
    if location.get("isTrusted"):
        raise GraphError(400, "BadRequest", "A trusted named location cannot be deleted. Set isTrusted to false first.")
    del call.state.policy_book.named_locations[location["id"]]
    return Reply(204)


def check_body(document: dict[str, Any]) -> None:
    """Refuse what the type of a location does not know, or what only the service writes.

    Raises:
        GraphError: 400; the service's own number and text for this are not known.
    """
    kind = document.get("@odata.type")
    described = type_named(str(kind).removeprefix(PREFIX)) if kind in SHOWN else None
    written = set(SHOWN.get(str(kind), ())) - {"id", "createdDateTime", "modifiedDateTime"}
    names = {name for name in document if "@" not in name}
    if described is None or not names <= written or any(body_faults(document, described)):
        raise malformed()


def malformed() -> GraphError:
    """400; the service's own number and text for this are not known."""
    return GraphError(400, "BadRequest", "The named location is null or does not match the schema of its type.")


def ip_details(document: dict[str, Any]) -> dict[str, Any] | None:
    """The ranges with the type of each, or None when one is no network."""
    ranges = document.get("ipRanges")
    if not isinstance(ranges, list) or not ranges or not all(isinstance(item, dict) for item in ranges):
        return None
    try:
        networks = [ip_network(str(item.get("cidrAddress")), strict=False) for item in ranges]
    except ValueError:
        return None
    return {
        "isTrusted": bool(document.get("isTrusted")),
        "ipRanges": [
            {"@odata.type": RANGE_TYPES[network.version], "cidrAddress": item["cidrAddress"]}
            for item, network in zip(ranges, networks, strict=True)
        ],
    }


def country_details(document: dict[str, Any]) -> dict[str, Any] | None:
    countries = document.get("countriesAndRegions")
    if (
        not isinstance(countries, list)
        or not countries
        or document.get("countryLookupMethod", LOOKUPS[0]) not in LOOKUPS
    ):
        return None
    if not all(isinstance(item, str) and len(item) == 2 for item in countries):
        return None
    return {
        "countriesAndRegions": [item.upper() for item in countries],
        "includeUnknownCountriesAndRegions": bool(document.get("includeUnknownCountriesAndRegions")),
        "countryLookupMethod": document.get("countryLookupMethod", LOOKUPS[0]),
    }


def locate(locations: Iterable[Entity], *, ip_address: str | None, country: str | None) -> list[Entity]:
    """The named locations that an address and a country are in.

    Raises:
        ValueError: the address is none.
    """
    address = None if ip_address is None else parse_address(ip_address)
    found = []
    for location in locations:
        if location["@odata.type"] == COUNTRY_TYPE:
            unknown = country is None and location["includeUnknownCountriesAndRegions"]
            inside = unknown or (country or "").upper() in location["countriesAndRegions"]
        else:
            networks = [ip_network(item["cidrAddress"], strict=False) for item in location["ipRanges"]]
            inside = address is not None and any(address in network for network in networks)
        if inside:
            found.append(location)
    return found


ROUTES = (
    Route("GET", PATH, list_locations),
    Route("POST", PATH, create_location),
    Route("GET", f"{PATH}/{{location}}", get_location),
    Route("PATCH", f"{PATH}/{{location}}", update_location),
    Route("DELETE", f"{PATH}/{{location}}", delete_location),
)
