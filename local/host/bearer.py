"""The Easy Auth stand-in of an API: a bearer token or 401, and 403 for a token that another client asked for.

As the platform: the audience is the registration or its `api://` name, the client has to be among allowedApplications,
and roles are nobody's business here (app-service/configure-authentication-provider-aad). The host's own /admin/
endpoints stay outside: they are a tool of the laptop and have the master key.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.host.authority import Authority, SignInError
from local.host.http import raw_path
from local.host.sessions import principal_headers

HOST_TOOLS = "/admin/"


class BearerAuth:
    """Guards an app with access tokens.

    Args:
        app: What is behind.
        authority: Of the tenant, whose tokens are taken.
        client_id: The API's registration.
        applications: The clients that may ask for its tokens.
    """

    def __init__(self, app: ASGIApp, *, authority: Authority, client_id: str, applications: tuple[str, ...]) -> None:
        self.app = app
        self.authority = authority
        self.client_id = client_id
        self.applications = applications

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if raw_path(request).startswith(HOST_TOOLS):
            await self.app(scope, receive, send)
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = await self.authority.verify_access(token if scheme.lower() == "bearer" else "", self.client_id)
        except SignInError as error:
            refusal = PlainTextResponse("", status_code=401, headers={"www-authenticate": f'Bearer error="{error}"'})
            await refusal(scope, receive, send)
            return
        if claims.get("azp") not in self.applications:
            await PlainTextResponse("", status_code=403)(scope, receive, send)
            return
        added = [(name.encode(), value.encode()) for name, value in principal_headers(claims).items()]
        await self.app({**scope, "headers": [*scope["headers"], *added]}, receive, send)
