"""The stand-in as an ASGI application: Graph, the identity platform, the sign-in pages and the control side."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from local.entra.communication.email import EmailService
from local.entra.control.control import PREFIX, control_routes, explained
from local.entra.control.control_clients import client_routes
from local.entra.control.request_log import LoggedRequest
from local.entra.hosts import ByHost
from local.entra.identity_platform.device_pages import DevicePages
from local.entra.identity_platform.endpoints import IdentityPlatform
from local.entra.identity_platform.management import Management
from local.entra.identity_platform.sign_in import SignInFlow
from local.entra.identity_platform.sign_in_pages import SignInPages
from local.entra.identity_platform.tokens import TokenService
from local.entra.limits.storm import fault_of
from local.entra.protocol.errors import ConnectionDropped
from local.entra.protocol.graph import Graph
from local.entra.protocol.representation import content_type, metadata_level
from local.entra.protocol.routing import BETA, V1, GraphRequest
from local.entra.state import TenantState

Dropper = Callable[[Scope], None]


def refuse_to_answer(scope: Scope) -> None:
    """How a connection is dropped when there is none: the in-process caller sees the error a client would."""
    raise ConnectionResetError(f"A fault dropped {scope['method']} {scope['path']}.")


def create_app(
    state: TenantState, *, tokens: TokenService | None = None, drop: Dropper = refuse_to_answer
) -> Starlette:
    """The stand-in of one tenant, to be served or called in-process through `httpx.ASGITransport`.

    Args:
        state: the tenant; tests may look into it and change it.
        tokens: its token service; made here when None, which costs the time to make an RSA key.
        drop: closes the connection of a call.
    """
    service = tokens or TokenService(state)
    flow = SignInFlow(state=state, tokens=service)
    pages = SignInPages(flow)
    platform = IdentityPlatform(state=state, tokens=service, flow=flow)
    device, management = DevicePages(pages, platform.delegated), Management(service)
    tenant, graph = f"/{state.tenant_id}", Graph(state=state, tokens=service)
    public = [
        Route("/devicelogin", device.show, methods=["GET"]),
        Route("/devicelogin", device.submit, methods=["POST"]),
        Route("/tenants", management.empty_list),
        Route("/subscriptions", management.empty_list),
        Route("/emails:send", EmailService(state, service).send, methods=["POST"]),
        Route("/msi/token", platform.managed_identity),
        Route("/common/discovery/instance", platform.instance_discovery),
        *tenant_routes(platform, pages, prefix=tenant),
        *shared_routes(platform),
    ]
    return Starlette(
        routes=[
            *(Mount(f"/{version}", app=GraphEndpoint(graph, version=version, drop=drop)) for version in (V1, BETA)),
            *control_routes(state),
            *client_routes(state, platform.delegated, prefix=PREFIX, explained=explained),
            Mount("/", app=Watched(Starlette(routes=public), state=state, drop=drop)),
        ],
        middleware=[Middleware(ByHost)],
    )


def tenant_routes(platform: IdentityPlatform, pages: SignInPages, *, prefix: str) -> list[Route]:
    """What login.microsoftonline.com serves for one tenant."""
    return [
        Route(f"{prefix}/oauth2/v2.0/authorize", pages.authorize),
        Route(f"{prefix}/oauth2/v2.0/logout", pages.logout),
        Route(f"{prefix}/login", pages.search, methods=["GET"]),
        Route(f"{prefix}/login", pages.account, methods=["POST"]),
        Route(f"{prefix}/login/approve", pages.approve, methods=["POST"]),
        Route(f"{prefix}/login/register", pages.register, methods=["POST"]),
    ]


def shared_routes(platform: IdentityPlatform) -> list[Route]:
    """What it serves under the tenant's id, its domain, `common` and `organizations` alike."""
    return [
        Route("/{tenant}/v2.0/.well-known/openid-configuration", platform.metadata),
        Route("/{tenant}/discovery/v2.0/keys", platform.keys),
        Route("/{tenant}/oauth2/v2.0/token", platform.token, methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/devicecode", platform.device_code, methods=["POST"]),
    ]


class GraphEndpoint:
    """One version of Graph over HTTP."""

    def __init__(self, graph: Graph, *, version: str, drop: Dropper) -> None:
        self.graph = graph
        self.version = version
        self.drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        path = raw_path.decode("latin-1").partition("?")[0].removeprefix(f"/{self.version}")
        graph_request = GraphRequest(
            method=request.method,
            path=path or "/",
            query=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=await request.body(),
            origin=f"{request.url.scheme}://{request.url.netloc}",
            version=self.version,
        )
        try:
            reply = await self.graph.handle(graph_request)
        except ConnectionDropped:
            self.drop(scope)
            await asyncio.sleep(0)
            return
        json_type = content_type(metadata_level(graph_request.headers))
        await response_of(reply.status, reply.body, dict(reply.headers), json_type=json_type)(scope, receive, send)


def response_of(status: int, body: Any, headers: dict[str, str], *, json_type: str) -> Response:
    """JSON, bytes as they are, or nothing."""
    if body is None:
        return Response(status_code=status, headers=headers)
    if isinstance(body, bytes):
        return Response(body, status_code=status, headers=headers)
    return Response(orjson.dumps(body), status_code=status, headers=headers, media_type=json_type)


class Watched:
    """Faults and the request log for everything that is not Graph and not control."""

    def __init__(self, app: Starlette, *, state: TenantState, drop: Dropper) -> None:
        self.app = app
        self.state = state
        self.drop = drop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        query = f"?{request.url.query}" if request.url.query else ""
        target = request.url.path + query
        fault = fault_of(self.state.faults, self.state.storm, method=request.method, path=target)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        status = 0

        async def noting_send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if fault is None or fault.drop is None:
                await send(message)

        if fault is not None and fault.drop is None and fault.status is not None:
            body = fault.body or {"error": "injected_fault"}
            await JSONResponse(body, fault.status, headers=fault.headers)(scope, receive, noting_send)
        elif fault is None or fault.drop != "before":
            await self.app(scope, receive, noting_send)
        if status:
            self.log(request, status)
        if fault is not None and fault.drop is not None:
            self.drop(scope)
            await asyncio.sleep(0)

    def log(self, request: Request, status: int) -> None:
        path = request.url.path
        self.state.requests.add(
            LoggedRequest(
                time=self.state.clock.text(),
                method=request.method,
                template=path.replace(self.state.tenant_id, "{tenant}"),
                path=path,
                status=status,
                client=request.query_params.get("client_id"),
                batched=False,
            )
        )
