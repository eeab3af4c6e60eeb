"""The page a person enters a device code on, and its counterpart for tests under `/_local/device-codes`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from local.entra.identity_platform.delegated import DelegatedFlows
from local.entra.identity_platform.sign_in_pages import SignInPages


class DevicePages:
    """Handlers of /devicelogin. Nobody proves who they are here: it is a stand-in, and it says so on the page."""

    def __init__(self, pages: SignInPages, flows: DelegatedFlows) -> None:
        self.pages = pages
        self.flows = flows

    async def show(self, request: Request) -> Response:
        return self.page(code=request.query_params.get("otc", ""))

    async def submit(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        code, approve = form.get("user_code", ""), form.get("decision") != "decline"
        user = self.flows.state.user(form.get("user_principal_name", "")) if approve else None
        if approve and user is None:
            return self.page(code=code, problem="This account does not exist in the tenant.")
        try:
            self.flows.settle(code, user)
        except ValueError as error:
            return self.page(code=code, problem=str(error))
        return self.page(done="You have signed in." if approve else "The sign-in was cancelled.")

    def page(self, *, code: str = "", problem: str = "", done: str = "") -> Response:
        values: dict[str, Any] = {"code": code, "problem": problem, "done": done}
        return self.pages.render("device.html", status=400 if problem else 200, **values)
