"""The control side of clients: their credentials and delegated permissions, outside issuers, device codes."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.entra.identity_platform.client_registry import parse_registration
from local.entra.identity_platform.delegated import DelegatedFlows
from local.entra.seeding import add_service_principal, grant
from local.entra.state import TenantState
from local.identities import ADMIN_CLIENT_ID, AZURE_CLI_CLIENT_ID

ADMIN_TOKEN_SECONDS = 12 * 3600  # Entra's live about an hour; a laptop's stack is left running for a day


class ClientControl:
    """Handlers that concern sign-ins of clients and at clients."""

    def __init__(self, state: TenantState, flows: DelegatedFlows) -> None:
        self.state = state
        self.flows = flows

    async def client(self, request: Request) -> Response:
        """PUT what a client has: `roles`, `secrets`, `certificates`, `federated`, `scopes`; GET shows it."""
        client_id = request.path_params["client"].lower()
        if request.method == "PUT":
            document = await json_object(request)
            roles = document.pop("roles", None)
            registration = parse_registration(document)
            if roles is not None and (not isinstance(roles, list) or not all(isinstance(role, str) for role in roles)):
                raise ValueError(f"The permissions of the client {client_id} must be a list of names.")
            ensure_client(self.state, client_id, roles)
            self.state.sign_in.clients[client_id] = registration
        found = self.state.sign_in.clients.get(client_id)
        if found is None:
            return JSONResponse({"error": f"Nothing is registered for the client {client_id}."}, status_code=404)
        return JSONResponse({"clientId": client_id, **found.as_json()})

    async def issuers(self, request: Request) -> Response:
        """PUT `{issuer: JWK set}` of outside issuers of federated assertions; GET their names."""
        if request.method == "PUT":
            document = await json_object(request)
            for issuer, keys in document.items():
                if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
                    raise ValueError(f"The keys of the issuer {issuer} must be a JWK set.")
            self.state.sign_in.issuers.update(document)
        return JSONResponse(sorted(self.state.sign_in.issuers))

    async def device_codes(self, request: Request) -> Response:
        return JSONResponse([item.as_json() for item in self.state.sign_in.device_codes.values()])

    async def approve(self, request: Request) -> Response:
        """POST `{"userPrincipalName": …}`: what the person would do on the page."""
        name = (await json_object(request)).get("userPrincipalName")
        user = self.state.user(name) if isinstance(name, str) else None
        if user is None:
            raise ValueError(f"There is no person with the user principal name {name!r}.")
        return JSONResponse(self.flows.settle(request.path_params["code"], user).as_json())

    async def admin_token(self, request: Request) -> Response:
        """GET what `az account get-access-token` gives an administrator: a token for the administration API.

        Query: `role`, any number of times and Provisioning.Manage where it is left out (empty for none);
        `kind=workload`; `application`, the client that asks; `audience`; `seconds` of its life.
        """
        query = request.query_params
        roles = [role for role in query.getlist("role") if role] if "role" in query else ["Provisioning.Manage"]
        token = self.flows.tokens.admin_token(
            roles=roles,
            workload=query.get("kind") == "workload",
            application=query.get("application", AZURE_CLI_CLIENT_ID),
            audience=query.get("audience", ADMIN_CLIENT_ID),
            origin=str(request.base_url).rstrip("/"),
            lifetime=int(query.get("seconds", ADMIN_TOKEN_SECONDS)),
        )
        return JSONResponse({"accessToken": token})

    async def decline(self, request: Request) -> Response:
        return JSONResponse(self.flows.settle(request.path_params["code"], None).as_json())


def ensure_client(state: TenantState, client_id: str, roles: list[str] | None) -> None:
    """Make the client known to the tenant, with these Graph permissions when they are given."""
    principal = state.service_principals.find("appId", client_id)
    if principal is None:
        principal = add_service_principal(
            state,
            object_id=state.ids(),
            app_id=client_id,
            name=f"Test client {client_id[:8]}",
            kind="Application",
        )
    if roles is not None:
        grant(state, principal_id=principal["id"], roles=roles)


def client_routes(state: TenantState, flows: DelegatedFlows, *, prefix: str, explained: Any) -> list[Route]:
    """The routes of this part of the control side."""
    control = ClientControl(state, flows)
    table: tuple[tuple[str, Any, list[str]], ...] = (
        ("/clients/{client}", control.client, ["GET", "PUT"]),
        ("/issuers", control.issuers, ["GET", "PUT"]),
        ("/admin-token", control.admin_token, ["GET"]),
        ("/device-codes", control.device_codes, ["GET"]),
        ("/device-codes/{code}/approve", control.approve, ["POST"]),
        ("/device-codes/{code}/decline", control.decline, ["POST"]),
    )
    return [Route(f"{prefix}{path}", explained(handler), methods=methods) for path, handler, methods in table]


async def json_object(request: Request) -> dict[str, Any]:
    try:
        document = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ValueError(f"The body of {request.method} {request.url.path} must be JSON: {error}.") from error
    if not isinstance(document, dict):
        raise ValueError(f"The body of {request.method} {request.url.path} must be a JSON object.")
    return document
