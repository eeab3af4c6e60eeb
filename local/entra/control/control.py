"""The control side under `/_local/`: what tests and demos look at and change. It needs no token."""

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.entra.control.control_people import PeopleControl
from local.entra.control.request_bodies import ControlError, json_body, json_object, json_objects
from local.entra.control.snapshot import snapshot
from local.entra.directory.directory_role.eligibility import new_eligibility
from local.entra.directory.group.eligibility import new_group_eligibility
from local.entra.directory.group.schema import GROUP
from local.entra.limits.faults import parse_fault
from local.entra.limits.storm import parse_storm
from local.entra.seeding import add_service_principal, grant
from local.entra.state import TenantState

PREFIX = "/_local"


class Control:
    """Handlers that concern the tenant as a whole."""

    def __init__(self, state: TenantState) -> None:
        self.state = state

    async def requests(self, request: Request) -> Response:
        log = self.state.requests
        if request.method == "DELETE":
            log.reset()
            return Response(status_code=204)
        if request.query_params.get("count"):
            return JSONResponse(dict(sorted(Counter(log.counts).items())))
        return JSONResponse([entry.as_json() for entry in log.entries])

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.state.faults.clear()
            self.state.storm = None
            return Response(status_code=204)
        if request.method == "POST":
            return JSONResponse(self.add_fault(await json_body(request)), status_code=201)
        storms = [self.state.storm.as_json()] if self.state.storm else []
        return JSONResponse([fault.as_json() for fault in self.state.faults] + storms)

    def add_fault(self, document: Any) -> dict[str, Any]:
        """A fault, or with `{"storm": {...}}` a storm, which takes the place of the one before."""
        if isinstance(document, dict) and "storm" in document:
            self.state.storm = parse_storm(document["storm"])
            return self.state.storm.as_json()
        fault = parse_fault(document, fault_id=f"fault-{self.state.ids()[:8]}")
        self.state.faults.append(fault)
        return fault.as_json()

    async def settings(self, request: Request) -> Response:
        if request.method == "PATCH":
            self.state.settings = self.state.settings.changed(await json_object(request))
        return JSONResponse(self.state.settings.as_json())

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            seconds = (await json_object(request)).get("advance")
            if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
                raise ControlError('POST /_local/clock takes {"advance": seconds}, a number that is not negative.')
            self.state.clock.advance(seconds)
        return JSONResponse({"now": self.state.clock.text()})

    async def roles(self, request: Request) -> Response:
        """GET and PUT the Graph permissions of client ids. An unknown client id becomes a test client."""
        if request.method == "PUT":
            document = await json_object(request)
            for client_id, roles in document.items():
                if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
                    raise ControlError(f"The permissions of the client {client_id} must be a list of names.")
            for client_id, roles in document.items():
                self.grant(client_id, roles)
        principals = self.state.service_principals.objects.values()
        held = {item["appId"]: sorted(self.state.roles_of(item["id"])) for item in principals}
        return JSONResponse({client_id: roles for client_id, roles in held.items() if roles or request.method == "PUT"})

    async def groups(self, request: Request) -> Response:
        """PATCH `{id: changes}`: what Graph itself does not let anybody set, such as `isManagementRestricted`."""
        document = await json_object(request)
        for group_id, changes in document.items():
            group = self.state.groups.objects.get(group_id)
            if group is None:
                raise ControlError(f"There is no group with the id '{group_id}'.")
            unknown = set(changes) - GROUP.properties if isinstance(changes, dict) else {"?"}
            if unknown:
                raise ControlError(f"A group has no property '{min(unknown)}'.")
            self.state.groups.note_change(group)
            group.update(changes)
            self.state.journal.note("group", group_id, changes)
        return Response(status_code=204)

    async def unreplicated(self, request: Request) -> Response:
        """POST a list of object ids: their replication begins anew, as if they were created now (setting `lag`)."""
        document = await json_body(request)
        if not isinstance(document, list) or not all(isinstance(item, str) for item in document):
            raise ControlError("POST /_local/unreplicated takes a JSON list of object ids.")
        for object_id in document:
            found = [objects for objects in self.state.by_type.values() if object_id in objects]
            if not found:
                raise ControlError(f"There is no directory object with the id '{object_id}'.")
            found[0].created[object_id] = self.state.clock.now()
        return Response(status_code=204)

    async def role_eligibilities(self, request: Request) -> Response:
        """GET the directory roles people may activate; PUT a list of them in place of all there are."""
        if request.method == "PUT":
            self.state.role_eligibilities = [
                new_eligibility(self.state, item) for item in await json_objects(request, "eligibilities")
            ]
        return JSONResponse(self.state.role_eligibilities)

    async def group_eligibilities(self, request: Request) -> Response:
        """GET the groups people may join; PUT a list of them in place of all there are."""
        if request.method == "PUT":
            self.state.group_eligibilities = [
                new_group_eligibility(self.state, item) for item in await json_objects(request, "eligibilities")
            ]
        return JSONResponse(self.state.group_eligibilities)

    async def role_report(self, request: Request) -> Response:
        """GET which permissions each client needed since the last DELETE, and which it never did."""
        use = self.state.role_use
        if request.method == "DELETE":
            use.reset()
            return Response(status_code=204)
        principals = {item["appId"]: item["id"] for item in self.state.service_principals.objects.values()}
        held = {client: self.state.roles_of(object_id) for client, object_id in principals.items()}
        seen = {client for client, *_ in (*use.allowed, *use.refused)}
        return JSONResponse(
            {client: use.report(client, held=roles) for client, roles in held.items() if roles or client in seen}
        )

    def grant(self, client_id: str, roles: list[str]) -> None:
        principal = self.state.service_principals.find("appId", client_id)
        if principal is None:
            principal = add_service_principal(
                self.state,
                object_id=self.state.ids(),
                app_id=client_id,
                name=f"Test client {client_id[:8]}",
                kind="Application",
            )
        grant(self.state, principal_id=principal["id"], roles=roles)

    async def dump(self, request: Request) -> Response:
        return JSONResponse(snapshot(self.state))

    async def sign_ins(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.state.sign_ins.clear()
            return Response(status_code=204)
        return JSONResponse(self.state.sign_ins)

    async def client_id(self, request: Request) -> Response:
        """The client id of the application that has a redirect URI, or 404 while there is none."""
        redirect_uri = request.query_params.get("redirect_uri")
        if not redirect_uri:
            raise ControlError("GET /_local/client-id needs the query parameter redirect_uri.")
        for application in self.state.applications:
            if redirect_uri in (application["web"].get("redirectUris") or ()):
                return JSONResponse({"clientId": application["appId"]})
        return JSONResponse({"error": f"No application has the redirect URI {redirect_uri} yet."}, status_code=404)

    async def logo(self, request: Request) -> Response:
        image = self.state.logos.get(request.path_params["application"])
        if image is None:
            return JSONResponse({"error": "This application has no logo."}, status_code=404)
        return Response(image, media_type="image/png" if image.startswith(b"\x89PNG") else "image/jpeg")


def control_routes(state: TenantState) -> list[Route]:
    """The routes of the control side."""
    control, people = Control(state), PeopleControl(state)
    table: tuple[tuple[str, Any, list[str]], ...] = (
        ("/requests", control.requests, ["GET", "DELETE"]),
        ("/faults", control.faults, ["GET", "POST", "DELETE"]),
        ("/settings", control.settings, ["GET", "PATCH"]),
        ("/clock", control.clock, ["GET", "POST"]),
        ("/roles", control.roles, ["GET", "PUT"]),
        ("/roles/report", control.role_report, ["GET", "DELETE"]),
        ("/groups", control.groups, ["PATCH"]),
        ("/unreplicated", control.unreplicated, ["POST"]),
        ("/role-eligibilities", control.role_eligibilities, ["GET", "PUT"]),
        ("/group-eligibilities", control.group_eligibilities, ["GET", "PUT"]),
        ("/state", control.dump, ["GET"]),
        ("/sign-ins", control.sign_ins, ["GET", "DELETE"]),
        ("/client-id", control.client_id, ["GET"]),
        ("/logos/{application}", control.logo, ["GET"]),
        ("/users", people.users, ["GET", "POST", "PATCH", "DELETE"]),
        ("/users/{user}", people.one_user, ["GET", "PATCH", "DELETE"]),
        ("/users/{user}/manager", people.manager, ["PUT"]),
        ("/users/{user}/temporary-access-pass", people.temporary_access_pass, ["POST"]),
        ("/mailboxes/{user}", people.mailboxes, ["GET", "PATCH", "DELETE"]),
        ("/registrations", people.registrations, ["GET", "POST", "DELETE"]),
    )
    return [
        Route(f"{PREFIX}{path}", explained(handler), methods=methods, name=path) for path, handler, methods in table
    ]


def explained(handler: Any) -> Any:
    """The handler, with bad input answered as 400 and a sentence."""

    async def wrapped(request: Request) -> Response:
        try:
            answer: Response = await handler(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return answer

    return wrapped
