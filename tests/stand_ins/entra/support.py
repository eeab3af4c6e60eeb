"""What the tests of the stand-in share: callers with a token, and a client that walks HTML forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx

from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import add_service_principal, grant
from local.entra.state import TenantState
from local.identities import PEOPLE, TENANT

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ORIGIN = "http://tenant.test"
GRAPH = "https://graph.microsoft.com"
EVENTUAL = {"ConsistencyLevel": "eventual"}
REDIRECT_URI = "http://site.test/.auth/login/aad/callback"


@dataclass
class Tenant:
    """A stand-in called in-process."""

    state: TenantState
    tokens: TokenService
    http: httpx.AsyncClient

    def as_client(self, client_id: str) -> "Caller":
        """A caller of Graph with the permissions a client id has now."""
        principal = self.state.service_principals.find("appId", client_id)
        assert principal is not None
        token, _ = self.tokens.access_token(principal, audience=GRAPH, secret=False)
        return Caller(self.http, token, principal["id"])

    @property
    def people(self) -> "Caller":
        return self.as_client(PEOPLE.client_id)

    @property
    def admin(self) -> "Caller":
        return self.as_client(TENANT.client_id)

    def with_roles(self, *roles: str) -> "Caller":
        """A new application with just these permissions."""
        principal = add_service_principal(
            self.state, object_id=self.state.ids(), app_id=self.state.ids(), name="Probe", kind="Application"
        )
        grant(self.state, principal_id=principal["id"], roles=roles)
        return self.as_client(principal["appId"])

    async def new_group(self, **properties: Any) -> str:
        """The id of a new group, made by the tenant identity."""
        response = await self.admin.post("/groups", new_group(**properties))
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def new_application(self, **properties: Any) -> dict[str, Any]:
        """A new application, made and owned by the tenant identity."""
        response = await self.admin.post("/applications", {"displayName": "Enrollment", **properties})
        assert response.status_code == 201, response.text
        document: dict[str, Any] = response.json()
        return document

    async def new_web_app(self, **principal: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """An application people can sign in to, and its service principal."""
        web = {"redirectUris": [REDIRECT_URI], "implicitGrantSettings": {"enableIdTokenIssuance": True}}
        application = await self.new_application(web=web)
        response = await self.admin.post("/servicePrincipals", {"appId": application["appId"], **principal})
        assert response.status_code == 201, response.text
        return application, response.json()


@dataclass
class Caller:
    """Calls Graph with one token."""

    http: httpx.AsyncClient
    token: str
    object_id: str

    async def send(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        url = path if path.startswith("http") else f"/v1.0{path}"
        merged = {"authorization": f"Bearer {self.token}", **(headers or {})}
        return await self.http.request(method, url, json=body, headers=merged)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.send("GET", path, headers=headers)

    async def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.send("POST", path, body, headers=headers)

    async def patch(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.send("PATCH", path, body, headers=headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.send("DELETE", path)

    async def value(self, path: str) -> list[dict[str, Any]]:
        """The items of one page."""
        response = await self.get(path)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["value"]
        return items


def new_group(**properties: Any) -> dict[str, Any]:
    return {
        "displayName": "Enrollment",
        "mailEnabled": False,
        "mailNickname": "enrollment",
        "securityEnabled": True,
        **properties,
    }


def new_policy(app_id: str, **properties: Any) -> dict[str, Any]:
    return {
        "displayName": "Require MFA",
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": [app_id]},
            "users": {"includeUsers": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        **properties,
    }


def link(object_id: str) -> str:
    return f"{ORIGIN}/v1.0/directoryObjects/{object_id}"


def binding(*object_ids: str) -> dict[str, Any]:
    return {"members@odata.bind": [link(object_id) for object_id in object_ids]}


def reference(object_id: str) -> dict[str, str]:
    return {"@odata.id": link(object_id)}


def refused(response: httpx.Response, status: int, code: str, message: str) -> None:
    """Assert Graph's exact refusal."""
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["message"]) == (status, code, message)
    assert error["innerError"]["request-id"] == response.headers.get("request-id")


@dataclass
class Form:
    """A form of a page: where it goes and what its fields hold."""

    method: str = "get"
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Finds the forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("method", "get"), values.get("action", "")))
        if tag != "input" or not self.forms or "name" not in values:
            return
        form, name = self.forms[-1], values["name"]
        if values.get("type") == "radio":
            form.choices.setdefault(name, []).append(values["value"])
            if "checked" not in values:
                return
        form.fields[name] = values.get("value", "")


def form_of(response: httpx.Response) -> Form:
    """The first form of a page."""
    return FormReader(response.text).forms[0]


@dataclass
class Visitor:
    """A person with a browser that runs no script."""

    http: httpx.AsyncClient
    tenant_id: str

    async def authorize(self, **params: str) -> httpx.Response:
        asked = {
            "redirect_uri": REDIRECT_URI,
            "response_type": "id_token",
            "scope": "openid profile email",
            "nonce": "nonce-1",
            "state": "state-1",
            **params,
        }
        return await self.http.get(f"/{self.tenant_id}/oauth2/v2.0/authorize", params=asked)

    async def submit(self, page: httpx.Response, **values: str) -> httpx.Response:
        """Fill in and submit the first form of a page."""
        form = form_of(page)
        assert form.method == "post"
        return await self.http.post(form.action, data={**form.fields, **values})
