"""The sign-in as plain HTML pages, one form and one submit each, which work without JavaScript."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from local.entra.identity_platform.authorization_request import AuthorizationRequest, RefusedRequest, SignInError
from local.entra.identity_platform.endpoints import origin_of
from local.entra.identity_platform.sign_in import SignInFlow, Transaction

MOST_SHOWN = 20
METHOD_TEXTS = {
    "fido2": ("Passkey", "A key on this device or a security key. Cannot be phished."),
    "windowsHelloForBusiness": ("Windows Hello", "Face, fingerprint or PIN of this computer."),
    "microsoftAuthenticator": ("Microsoft Authenticator", "An app on your phone asks you to approve."),
    "softwareOath": ("Authenticator code", "A six-digit code from an app."),
    "phone": ("Phone", "A code by text message or a call."),
}


class SignInPages:
    """Handlers of the pages."""

    def __init__(self, flow: SignInFlow) -> None:
        self.flow = flow
        self.templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, *, status: int = 200, **values: Any) -> Response:
        script_nonce = secrets.token_urlsafe(16)
        text = self.templates.get_template(name).render(
            script_nonce=script_nonce, tenant_id=self.flow.state.tenant_id, **values
        )
        headers = {
            "cache-control": "no-store",
            "content-security-policy": f"default-src 'none'; style-src 'nonce-{script_nonce}'; "
            f"script-src 'nonce-{script_nonce}'; base-uri 'none'; frame-ancestors 'none'",
        }
        return HTMLResponse(text, status_code=status, headers=headers)

    def failed(self, error: SignInError) -> Response:
        return self.render("error.html", status=400, code=error.code, message=error.message)

    async def authorize(self, request: Request) -> Response:
        """GET /{tenant}/oauth2/v2.0/authorize."""
        try:
            transaction = self.flow.begin(request.query_params)
        except SignInError as error:
            return self.failed(error)
        except RefusedRequest as refused:
            fields = {"error": refused.error, "error_description": refused.description}
            if refused.request.state is not None:
                fields["state"] = refused.request.state
            return self.deliver(refused.request, fields)
        return self.account_page(transaction, hint=transaction.request.login_hint)

    async def search(self, request: Request) -> Response:
        """GET /{tenant}/login: the account page with the people who match."""
        try:
            transaction = self.flow.find(request.query_params.get("transaction", ""))
        except SignInError as error:
            return self.failed(error)
        return self.account_page(transaction, search=request.query_params.get("search", ""))

    def account_page(
        self, transaction: Transaction, *, hint: str = "", search: str = "", problem: SignInError | None = None
    ) -> Response:
        people, total = self.people(search)
        return self.render(
            "account.html",
            status=200 if problem is None else 400,
            transaction=transaction,
            people=people,
            total=total,
            searchable=len(self.flow.state.users) > MOST_SHOWN,
            search=search,
            hint=hint,
            problem=problem,
        )

    def people(self, search: str) -> tuple[list[dict[str, Any]], int]:
        """The first people whose name or address contains the text, and how many there are."""
        wanted = search.strip().lower()
        found = [
            user
            for user in self.flow.state.users
            if wanted in user["displayName"].lower() or wanted in user["userPrincipalName"].lower()
        ]
        return found[:MOST_SHOWN], len(found)

    async def account(self, request: Request) -> Response:
        """POST /{tenant}/login: the first factor."""
        form = await request.form()
        values = {
            name: str(form.get(name) or "") for name in ("transaction", "login_hint", "account", "credential", "code")
        }
        try:
            transaction = self.flow.find(values["transaction"])
        except SignInError as error:
            return self.failed(error)
        name = values["login_hint"].strip() or values["account"]
        try:
            step = self.flow.identify(
                transaction, name=name, credential=values["credential"] or "password", code=values["code"]
            )
        except SignInError as error:
            if error.code in ("AADSTS50105", "AADSTS53003", "AADSTS50057"):
                return self.failed(error)
            return self.account_page(transaction, hint=name, problem=error)
        return self.next_page(transaction, step, origin=origin_of(request))

    def next_page(self, transaction: Transaction, step: str, *, origin: str) -> Response:
        if step == "approve" and transaction.user is not None:
            kind = self.flow.usable_method(transaction, transaction.user)
            return self.render("approve.html", transaction=transaction, method=METHOD_TEXTS[kind][0])
        if step == "register":
            methods = [(kind, *METHOD_TEXTS[kind]) for kind in self.flow.offered(transaction)]
            return self.render("register.html", transaction=transaction, methods=methods)
        return self.deliver(transaction.request, self.flow.finish(transaction, origin=origin))

    async def approve(self, request: Request) -> Response:
        """POST /{tenant}/login/approve: the second factor."""
        form = await request.form()
        try:
            transaction = self.flow.find(str(form.get("transaction") or ""))
            self.flow.approve(transaction)
            return self.next_page(transaction, "return", origin=origin_of(request))
        except SignInError as error:
            return self.failed(error)

    async def register(self, request: Request) -> Response:
        """POST /{tenant}/login/register: the registration interrupt."""
        form = await request.form()
        try:
            transaction = self.flow.find(str(form.get("transaction") or ""))
            self.flow.register(transaction, str(form.get("method") or ""))
            return self.next_page(transaction, "return", origin=origin_of(request))
        except SignInError as error:
            return self.failed(error)

    def deliver(self, request: AuthorizationRequest, fields: dict[str, str]) -> Response:
        """Back to the application in the response mode it asked for."""
        if request.response_mode == "form_post":
            return self.render("return.html", action=request.redirect_uri, fields=fields, request=request)
        separator = "#" if request.response_mode == "fragment" else "?"
        if separator == "?" and urlsplit(request.redirect_uri).query:
            separator = "&"
        return RedirectResponse(f"{request.redirect_uri}{separator}{urlencode(fields)}", status_code=302)

    async def logout(self, request: Request) -> Response:
        """GET /{tenant}/oauth2/v2.0/logout: back only to a place of the same origin as a registered redirect URI."""
        target = request.query_params.get("post_logout_redirect_uri", "")
        known = {
            urlsplit(uri)[:2]
            for application in self.flow.state.applications
            for uri in application["web"].get("redirectUris") or ()
        }
        if target and urlsplit(target)[:2] in known:
            return RedirectResponse(target, status_code=302)
        return self.render("signed_out.html")
