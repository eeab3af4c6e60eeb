"""What belongs to an application: owners and logo."""

from local.entra.applications.application.routes import find_application
from local.entra.applications.application.rules import MOST_OWNERS, too_many_owners
from local.entra.protocol.errors import bad_request
from local.entra.protocol.link_rules import OWNER_KINDS, check_kinds
from local.entra.protocol.linked_objects import page_of_kind, page_of_objects
from local.entra.protocol.links import already_linked, owner_to_remove, reference_id
from local.entra.protocol.routing import Call, Reply, Route

LARGEST_LOGO = 100 * 1024
LOGO_SIDE = 215
PNG_HEADER, PNG_ALPHA = 26, (4, 6)
LOGO_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


def list_owners(call: Call) -> Reply:
    application = find_application(call)
    path = f"/applications/{application['id']}/owners"
    return Reply(body=page_of_objects(call, call.state.owners_seen(application["id"]), path=path))


def add_owner(call: Call) -> Reply:
    application = find_application(call)
    owner = reference_id(call, "owners")
    check_kinds(call.state, [owner], prop="owners", kinds=OWNER_KINDS)
    if call.state.owns(owner, application["id"]):
        raise already_linked("owners")
    count = len(call.state.owners.get(application["id"], ()))
    if count >= MOST_OWNERS:
        raise too_many_owners(count)
    call.state.add_owner(application["id"], owner)
    return Reply(204)


def list_owners_of_kind(call: Call) -> Reply:
    application = find_application(call)
    owners, path = call.state.owners_seen(application["id"]), f"/applications/{application['id']}/owners"
    return Reply(body=page_of_kind(call, owners, path=path, kind=call.keys["kind"]))


def remove_owner(call: Call) -> Reply:
    application_id = find_application(call)["id"]
    call.state.remove_owner(application_id, owner_to_remove(call, application_id))
    return Reply(204)


def put_logo(call: Call) -> Reply:
    """204. What the API checks is not documented: here the size and the kind of image are refused with 400.

    The portal's rule (a PNG of 215 by 215 pixels without transparency, page application-properties) is a warning in the
    header `x-local-warning`, or a refusal with the setting `strictLogo`.
    """
    application = find_application(call)
    image = call.request.body
    if len(image) > LARGEST_LOGO or not image.startswith(LOGO_SIGNATURES):
        raise bad_request("The logo must be a PNG, JPEG or GIF image of at most 100 KB.")
    warning = None if meets_portal_rule(image) else "The portal wants a PNG of 215x215 pixels without transparency."
    if warning and call.state.settings.strict_logo:
        raise bad_request(warning)
    call.state.logos[application["id"]] = image
    application["info"] = {
        **(application.get("info") or {}),
        "logoUrl": f"{call.origin}/_local/logos/{application['id']}",
    }
    return Reply(204, headers={"x-local-warning": warning} if warning else {})


def meets_portal_rule(image: bytes) -> bool:
    """Whether it is a PNG of the portal's size with no alpha channel."""
    if not image.startswith(LOGO_SIGNATURES[0]) or len(image) < PNG_HEADER:
        return False
    width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    return (width, height) == (LOGO_SIDE, LOGO_SIDE) and image[25] not in PNG_ALPHA


ROUTES = (
    Route("GET", "/applications/{application}/owners", list_owners),
    Route("GET", "/applications/{application}/owners/microsoft.graph.{kind}", list_owners_of_kind),
    Route("POST", "/applications/{application}/owners/$ref", add_owner),
    Route("DELETE", "/applications/{application}/owners/{owner}/$ref", remove_owner),
    Route("PUT", "/applications/{application}/logo", put_logo),
)
