"""A stand-in for App Service authentication ("Easy Auth") in front of the functions.

Endpoints, headers and the redirect-to-sign-in behavior follow the platform's documentation (configure-authentication-
customize-sign-in-out, -user-identities). It signs in without a client secret: implicit flow, ID token by form post.
"""

import html
import urllib.parse
from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.host.authority import CALLBACK, Authority, NotSetUp, SignInError
from local.host.http import raw_path
from local.host.sessions import (
    NAME_TYPE,
    NONCE_COOKIE,
    SESSION_COOKIE,
    SESSION_SECONDS,
    SIGN_IN_SECONDS,
    Signer,
    principal_claims,
    principal_headers,
)

EXCLUDED_PATHS = ("/start", "/api/hires/standard-webhooks", "/api/hires/bamboohr")
FORGEABLE = (b"x-ms-client-principal", b"x-ms-token-")
LOGIN = "/.auth/login/aad"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<main><h1>{title}</h1>{body}</main></body></html>
"""


class StripIdentity:
    """Removes identity headers that a caller sent; only Easy Auth may set them. Stands in front of both listeners."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(FORGEABLE)]
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)


class EasyAuth:
    """The site's front door: everything but `excluded_paths` needs a session. Excluded paths match exactly."""

    def __init__(
        self, app: ASGIApp, *, authority: Authority, signer: Signer, excluded_paths: Iterable[str] = EXCLUDED_PATHS
    ) -> None:
        self.app = app
        self.authority = authority
        self.signer = signer
        self.excluded_paths = frozenset(excluded_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = raw_path(request)
        if path in self.excluded_paths:
            await self.app(scope, receive, send)
            return
        if path == "/.auth" or path.startswith("/.auth/"):
            await (await self.own_endpoint(request, path))(scope, receive, send)
            return
        session = self.session(request)
        if session is None:
            await unauthenticated(request, path)(scope, receive, send)
            return
        if is_forged(request):
            await PlainTextResponse("Cross-site request forgery was detected.", status_code=403)(scope, receive, send)
            return
        added = [(name.encode(), value.encode()) for name, value in principal_headers(session).items()]
        await self.app({**scope, "headers": [*scope["headers"], *added]}, receive, send)

    def session(self, request: Request) -> Mapping[str, object] | None:
        values = self.signer.read("session", request.cookies.get(SESSION_COOKIE))
        return values["claims"] if values else None

    async def own_endpoint(self, request: Request, path: str) -> Response:
        endpoints = {
            ("GET", LOGIN): self.login,
            ("POST", CALLBACK): self.callback,
            ("GET", "/.auth/me"): self.me,
            ("GET", "/.auth/logout"): self.logout,
            ("GET", "/.auth/logout/done"): self.logged_out,
        }
        endpoint = endpoints.get((request.method, path))
        if endpoint is None:
            return Response(status_code=404)
        try:
            return await endpoint(request)
        except NotSetUp as error:
            return not_set_up(error)
        except SignInError as error:
            return page("Sign-in did not work", f"{error}", link=("/", "Start again"), status=401)

    async def login(self, request: Request) -> Response:
        """Send the browser to the tenant's sign-in page, with a nonce bound to this browser."""
        back_to = request.query_params.get("post_login_redirect_uri", "/")
        if not is_local_path(back_to):
            return PlainTextResponse("post_login_redirect_uri must be a path of this site, such as /.", status_code=400)
        nonce = self.authority.new_nonce()
        state = self.signer.sign("state", {"back_to": back_to, "nonce": nonce}, seconds=SIGN_IN_SECONDS)
        response = RedirectResponse(await self.authority.authorize_url(nonce=nonce, state=state), status_code=302)
        sealed = self.signer.sign("nonce", {"nonce": nonce}, seconds=SIGN_IN_SECONDS)
        response.set_cookie(NONCE_COOKIE, sealed, max_age=SIGN_IN_SECONDS, path="/.auth", httponly=True, samesite="lax")
        return response

    async def callback(self, request: Request) -> Response:
        """Take the tenant's answer: verify the ID token, start the session, go back to the page that was asked for."""
        form = parse_form(await request.body())
        if "error" in form:
            text = form.get("error_description") or form["error"]
            return page("Sign-in did not work", text, link=("/", "Start again"), status=401)
        state = self.signer.read("state", form.get("state"))
        nonce = self.signer.read("nonce", request.cookies.get(NONCE_COOKIE))
        if state is None or nonce is None or state["nonce"] != nonce["nonce"]:
            raise SignInError("This sign-in was not started in this browser, or it took too long. Start again.")
        claims = await self.authority.verify(form.get("id_token", ""), nonce=nonce["nonce"])
        response = RedirectResponse(state["back_to"], status_code=302)
        session = self.signer.sign("session", {"claims": claims}, seconds=SESSION_SECONDS)
        response.set_cookie(SESSION_COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="lax")
        response.delete_cookie(NONCE_COOKIE, path="/.auth")
        return response

    async def me(self, request: Request) -> Response:
        session = self.session(request)
        if session is None:
            return Response(status_code=401)
        user = session.get("preferred_username", "")
        claims = principal_claims(session)
        entry = {"provider_name": "aad", "user_id": user, "name_typ": NAME_TYPE, "user_claims": claims}
        return JSONResponse([entry])

    async def logout(self, request: Request) -> Response:
        back_to = request.query_params.get("post_logout_redirect_uri", "/.auth/logout/done")
        if not is_local_path(back_to):
            return PlainTextResponse("post_logout_redirect_uri must be a path of this site.", status_code=400)
        response = RedirectResponse(await self.authority.logout_url(back_to=back_to), status_code=302)
        response.delete_cookie(SESSION_COOKIE)
        return response

    async def logged_out(self, request: Request) -> Response:
        return page("You are signed out", "You can close this window.", link=("/", "Sign in again"))


def is_forged(request: Request) -> bool:
    """Whether a POST of a browser with a session does not say that it comes from a page of this site.

    As the platform has it (app-service/overview-authentication-authorization, Cross-site request forgery mitigation);
    which of the two headers it prefers is not documented.
    """
    if request.method != "POST" or "Mozilla" not in request.headers.get("user-agent", ""):
        return False
    told = [urllib.parse.urlsplit(request.headers.get(name, "")).netloc for name in ("origin", "referer")]
    return request.headers.get("host", "") not in told


def is_local_path(target: str) -> bool:
    """Whether a return address stays on this site: one leading slash, no backslash, nothing a browser drops."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return False
    return all(" " < character <= "~" for character in target)


def unauthenticated(request: Request, path: str) -> Response:
    """RedirectToLoginPage for a page, 401 for anything that is not a GET."""
    if request.method not in {"GET", "HEAD"}:
        return PlainTextResponse("You do not have permission to view this directory or page.", status_code=401)
    target = f"{path}?{request.url.query}" if request.url.query else path
    if not is_local_path(target):
        target = "/"
    query = urllib.parse.urlencode({"post_login_redirect_uri": target})
    return RedirectResponse(f"{LOGIN}?{query}", status_code=302)


def parse_form(body: bytes) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def not_set_up(reason: NotSetUp) -> Response:
    text = f"{reason} The app registration is made by the set-up: POST /api/tenant on the admin address, then reload."
    return page("Sign-in is not set up yet", text, link=("/", "Try again"), status=503)


def page(title: str, text: str, *, link: tuple[str, str], status: int = 200) -> HTMLResponse:
    body = f'<p>{html.escape(text)}</p><p><a href="{html.escape(link[0])}">{html.escape(link[1])}</a></p>'
    return HTMLResponse(
        PAGE.format(title=html.escape(title), body=body), status_code=status, headers={"cache-control": "no-store"}
    )
