"""The control side of people: bulk creation, edits, methods and passes."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.entra.authentication.method.kinds import register_method
from local.entra.authentication.temporary_access_pass import create_pass
from local.entra.directory.mail import change_mailbox, mailbox
from local.entra.directory.user.schema import USER
from local.entra.directory.user.writes import change_person, delete_person, set_manager
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError
from local.entra.seeding import seed_users
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

MOST_LISTED = 1_000
LONGEST_EMPLOYEE_ID = 16  # Microsoft Q&A 5823196


class PeopleControl:
    """Handlers that concern people."""

    def __init__(self, state: TenantState) -> None:
        self.state = state

    async def users(self, request: Request) -> Response:
        """GET the first people; POST people or `{"count": n}`; PATCH `{id: changes}`; DELETE a list of ids."""
        if request.method == "GET":
            return JSONResponse(list(self.state.users.objects.values())[:MOST_LISTED])
        document = await body_of(request)
        if request.method == "POST":
            return JSONResponse({"ids": self.create(document)}, status_code=201)
        if request.method == "PATCH":
            if not isinstance(document, dict) or not all(isinstance(item, dict) for item in document.values()):
                raise ValueError("PATCH /_local/users takes a JSON object of ids and their changes.")
            for key, changes in document.items():
                self.change(self.find(key), changes)
            return Response(status_code=204)
        if not isinstance(document, list):
            raise ValueError("DELETE /_local/users takes a JSON list of ids.")
        for user in [self.find(str(key)) for key in document]:
            delete_person(self.state, user["id"])
        return Response(status_code=204)

    async def one_user(self, request: Request) -> Response:
        user = self.find(request.path_params["user"])
        if request.method == "DELETE":
            delete_person(self.state, user["id"])
            return Response(status_code=204)
        if request.method == "PATCH":
            changes = await body_of(request)
            if not isinstance(changes, dict):
                raise ValueError("PATCH /_local/users/{id} takes a JSON object of changes.")
            self.change(user, changes)
        return JSONResponse(user)

    def find(self, key: str) -> Entity:
        """Anybody, also a person reads do not show yet."""
        found = self.state.users.objects.get(key.lower()) or self.state.user(key)
        if found is None:
            raise ValueError(f"There is no person with the id or user principal name '{key}'.")
        return found

    def create(self, document: Any) -> list[str]:
        if isinstance(document, dict) and isinstance(document.get("count"), int) and document["count"] >= 0:
            return seed_users(self.state, document["count"])
        if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
            raise ValueError('POST /_local/users takes a list of people or {"count": n}.')
        people = [self.person(item) for item in document]
        for person in people:
            self.state.users.add(person)
        return [person["id"] for person in people]

    def person(self, document: dict[str, Any]) -> Entity:
        """A person with what was given and sensible values for the rest."""
        check_properties(document)
        object_id = str(document.get("id") or self.state.ids()).lower()
        if object_id in self.state.users:
            raise ValueError(f"There is a person with the id {object_id} already.")
        name = str(document.get("displayName") or f"Person {object_id[:8]}")
        upn = document.get("userPrincipalName") or f"{name.lower().replace(' ', '.')}@{TENANT_DOMAIN}"
        if self.state.users.taken("userPrincipalName", upn):
            raise ValueError(f"There is a person with the user principal name {upn} already.")
        given, _, surname = name.partition(" ")
        return {
            "displayName": name,
            "givenName": given,
            "surname": surname,
            "userPrincipalName": upn,
            "mail": upn,
            "mailNickname": upn.partition("@")[0],
            "accountEnabled": True,
            "userType": "Member",
            "createdDateTime": self.state.clock.text(),
            **document,
            "id": object_id,
        }

    def change(self, user: Entity, changes: dict[str, Any]) -> None:
        check_properties(changes)
        change_person(self.state, user, {name: value for name, value in changes.items() if name != "id"})

    async def manager(self, request: Request) -> Response:
        """PUT a person's manager, `{"id": …}`, as an HR connector does."""
        document = await body_of(request)
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise ValueError("PUT /_local/users/{user}/manager takes a JSON object with an 'id'.")
        set_manager(self.state, self.find(request.path_params["user"])["id"], self.find(document["id"])["id"])
        return Response(status_code=204)

    async def temporary_access_pass(self, request: Request) -> Response:
        """Make a pass as an administrator would in the portal; the answer carries the code."""
        document = await body_of(request) if await request.body() else {}
        if not isinstance(document, dict):
            raise ValueError("A Temporary Access Pass takes a JSON object, or no body at all.")
        try:
            created = create_pass(self.state, self.find(request.path_params["user"]), document)
        except GraphError as error:
            raise ValueError(error.message) from error
        return JSONResponse({name: value for name, value in created.items() if name != "used"}, status_code=201)

    async def mailboxes(self, request: Request) -> Response:
        """GET a mailbox; PATCH breaks it, `{"fault": name}`, or sets it, `{"timeZone": name}`; DELETE empties it."""
        user = self.find(request.path_params["user"])
        if request.method == "PATCH":
            change_mailbox(self.state, user, await request.body())
        if request.method == "DELETE":
            known = {item["id"] for side in ("received", "sent") for item in mailbox(self.state, user)[side]}
            self.state.mail = [item for item in self.state.mail if item["id"] not in known]
        return JSONResponse(mailbox(self.state, user))

    async def registrations(self, request: Request) -> Response:
        """GET everybody's methods; POST `{"userId": …, "method": …}`; DELETE `{"userId": …}` takes all away."""
        if request.method == "GET":
            return JSONResponse(self.state.methods)
        document = await body_of(request)
        if not isinstance(document, dict) or not isinstance(document.get("userId"), str):
            raise ValueError(f"{request.method} /_local/registrations takes a JSON object with a 'userId'.")
        user = self.find(document["userId"])
        if request.method == "DELETE":
            self.state.methods.pop(user["id"], None)
            return Response(status_code=204)
        kind = document.get("method") or "microsoftAuthenticator"
        if not isinstance(kind, str | dict):
            raise ValueError("The 'method' of a registration is a name, or a whole method with its '@odata.type'.")
        return JSONResponse(register_method(self.state, user["id"], kind), status_code=201)


async def body_of(request: Request) -> Any:
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ValueError(f"The body of {request.method} {request.url.path} must be JSON: {error}.") from error


def check_properties(document: dict[str, Any]) -> None:
    for name in document:
        if name not in USER.properties:
            raise ValueError(f"A person has no property '{name}'.")
    if len(str(document.get("employeeId") or "")) > LONGEST_EMPLOYEE_ID:
        raise ValueError(f"An employeeId has at most {LONGEST_EMPLOYEE_ID} characters.")
