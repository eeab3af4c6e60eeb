"""The smoke test tells a sound deployment from each of those that went wrong; tests/app runs it against the stack."""

import argparse
import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from provisioning.cli.main import new_parser
from provisioning.cli.smoke import deployment_of
from provisioning.errors import ConfigurationError
from provisioning.http import error_response
from provisioning.support.check import Check
from provisioning.support.smoke import Deployment, Visitor, run_checks
from provisioning.support.smoke_paths import CHECKS, other_spellings, ways_in
from provisioning.tenant.desired import CALLBACK
from provisioning.webhooks.sources.registry import all_names
from tests import web

URL, ADMIN = "http://front.example.com", "http://tenant.example.com"
CLIENT = UUID("11111111-2222-3333-4444-555555555555")
TENANT = UUID("0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10")
LOGIN = "login.example.com"
HOOK = "/api/hires/greenhouse"
PUBLIC = {"content-security-policy": "default-src 'none'"}


def exactly(path: str, open_path: str) -> bool:
    return path == open_path


@dataclass
class Site:
    """A deployment: Easy Auth before front's functions, and the tenant app. Each field is one thing to get wrong."""

    guarded: bool = True
    compare: Callable[[str, str], bool] = exactly
    excluded: tuple[str, ...] = ("/start", HOOK)
    asked: Mapping[str, str] = field(default_factory=dict)
    tenant: str = str(TENANT)
    hook: tuple[int, str] = (401, "not_verified")
    me: Response | None = None
    admin_open: bool = False
    health: Any = field(default_factory=lambda: {"checks": [{"name": "sweep", "healthy": True, "detail": "Well."}]})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode()
        await self.answer(path, scope["method"], Request(scope).headers)(scope, receive, send)

    def answer(self, path: str, method: str, headers: Headers) -> Response:
        if headers["host"] == "tenant.example.com":
            return self.of_tenant(path, headers)
        if path == "/.auth/me":
            return self.me or Response(status_code=401)
        if not self.guarded or any(self.compare(path, open_path) for open_path in self.excluded):
            return self.of_front(path, headers)
        return Response(status_code=401) if method == "POST" else RedirectResponse(self.sign_in_page(), 302)

    def sign_in_page(self) -> str:
        query = {"client_id": str(CLIENT), "scope": "openid profile email", "redirect_uri": URL + CALLBACK}
        return f"http://{LOGIN}/{self.tenant}/oauth2/v2.0/authorize?{urlencode({**query, **self.asked})}"

    def of_front(self, path: str, headers: Headers) -> Response:
        """What the functions answer, which find their route whatever the case and with a slash at the end."""
        route = path.lower().rstrip("/")
        if route == "/start":
            return HTMLResponse("<html>", headers=PUBLIC)
        if route == HOOK:
            ours = error_response(*self.hook, "Because.")
            return Response(ours.body, ours.status, media_type="application/json")
        found = route.endswith("/me") or route == ""
        return JSONResponse({"oid": headers.get("x-ms-client-principal-id")}) if found else Response(status_code=404)

    def of_tenant(self, path: str, headers: Headers) -> Response:
        if path == "/api/health" and headers.get("x-functions-key") == "key":
            return JSONResponse(self.health) if self.health is not None else Response("<html>")
        return JSONResponse({}) if self.admin_open else Response(status_code=401)


def deployment(**changes: Any) -> Deployment:
    values = {"sources": {"greenhouse": "application/json"}, "admin": ADMIN}
    headers = {"x-functions-key": "key"}
    return Deployment(URL, CLIENT, TENANT, LOGIN, **{**values, "admin_headers": headers, **changes})


class AsWritten(httpx.ASGITransport):
    """Hands over the request line's target as it is written, as a socket does; ASGITransport takes the tidied URL."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            target = request.extensions["target"].partition(b"?")[0]
            await inner({**scope, "raw_path": target}, receive, send)

        return await httpx.ASGITransport(app).handle_async_request(request)


async def tried(site: Site, **changes: Any) -> dict[str, Check]:
    """What every check finds, by name."""
    async with httpx.AsyncClient(transport=AsWritten(site)) as client:
        visitor = Visitor(client, asyncio.Semaphore(8))
        found = await run_checks(deployment(**changes), CHECKS, visitor=visitor)
    return {check.name: check for check in found}


async def faults(site: Site, **changes: Any) -> dict[str, str]:
    """What is wrong, by the check's name; every fault says what to do."""
    found = await tried(site, **changes)
    assert all(check.healthy or check.remedy for check in found.values())
    return {name: check.detail for name, check in found.items() if not check.healthy}


async def test_a_sound_deployment_passes_every_check() -> None:
    found = await tried(Site())
    assert set(found) == set(CHECKS)
    assert {name for name, check in found.items() if not check.healthy} == set()
    assert found["excluded paths"].detail == "Open paths are compared exactly, and nothing below them is open."


async def test_without_easy_auth_everybody_gets_in() -> None:
    """Flex Consumption of May 2024 did not block anonymous callers with Easy Auth switched on."""
    found = await faults(Site(guarded=False))
    assert found["sign-in"] == "/ answers 200 to a stranger."
    assert found["forged principal"] == "A request that only claims to be signed in gets in: / (200), /me (200)."


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (Site(asked={"client_id": str(TENANT)}), f"for the client ID {TENANT}, not {CLIENT}"),
        (Site(asked={"scope": "openid profile User.Read"}), "with the scopes User.Read openid profile, which are not"),
        (Site(asked={"scope": "profile"}), "with the scopes profile, which are not"),
        (Site(asked={"redirect_uri": "https://elsewhere.example.com"}), "with the return address https://elsewhere"),
        (Site(tenant="common"), f"in the tenant common, not {TENANT}"),
    ],
)
async def test_a_sign_in_that_asks_for_something_else(site: Site, words: str) -> None:
    found = await faults(site)
    assert words in found.pop("sign-in")
    assert found == {}


async def test_a_sign_in_that_leads_elsewhere() -> None:
    found = await faults(Site(), sources={}, admin=None)
    assert found == {}
    async with httpx.AsyncClient(transport=AsWritten(Site())) as client:
        elsewhere = Deployment(URL, CLIENT, TENANT, "login.microsoftonline.com")
        (check, *_) = await run_checks(elsewhere, CHECKS, visitor=Visitor(client, asyncio.Semaphore(1)))
    assert check.detail == f"/ leads to {LOGIN}, not to login.microsoftonline.com."


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (Site(excluded=("/start",)), "greenhouse is not reached (401): its path is not excluded from sign-in"),
        (Site(hook=(200, "taken")), "greenhouse ACCEPTED an unsigned delivery (200)"),
        (Site(hook=(503, "misconfigured")), "greenhouse has no usable secret: put it into the vault as hr-greenhouse"),
        (Site(hook=(404, "unknown_source")), "greenhouse is not a source that front knows"),
        (Site(hook=(415, "unsupported_media_type")), "greenhouse answers 415 unsupported_media_type."),
    ],
)
async def test_a_webhook_that_is_not_reached_or_does_not_refuse(site: Site, words: str) -> None:
    assert words in (await faults(site))["webhooks"]


async def test_a_path_that_is_excluded_as_a_prefix_opens_what_lies_below() -> None:
    """Azure/azure-functions-openapi-extension#644 saw `/openapi/` work as a prefix."""
    found = await faults(Site(compare=lambda path, open_path: path.startswith(open_path)))
    assert "/start/me (200)" in found["excluded paths"]
    assert f"{HOOK}/../../../me (200)" in found["excluded paths"]


async def test_a_path_that_is_compared_loosely_is_told_and_no_fault() -> None:
    found = (await tried(Site(compare=lambda path, open_path: path.lower() == open_path)))["excluded paths"]
    assert found.healthy
    assert found.figures == {"loose": ["/START (200)", f"{HOOK.upper()} (401)"]}


async def test_what_else_can_be_wrong() -> None:
    assert (await faults(Site(excluded=(HOOK,))))["start"] == "/start answers 302, not our public page."
    told = JSONResponse([{"user_id": "someone"}])
    assert (await faults(Site(me=told)))["/.auth/me"] == "/.auth/me answers 200 to a stranger."
    assert (await faults(Site(me=JSONResponse([])))) == {}
    assert f"{ADMIN}/api/health" in (await faults(Site(admin_open=True)))["administration"]


async def test_health_is_the_products_own_word() -> None:
    sweep = {"name": "sweep", "healthy": False, "detail": "None ended.", "remedy": "Wait."}
    assert await faults(Site(health={"checks": [sweep]})) == {"health": "sweep: None ended."}
    assert await faults(Site(health=None)) == {"health": "/api/health answers 200, not the product's health."}
    assert "Not asked" in (await tried(Site(), admin_headers={}))["health"].detail


async def test_a_deployment_that_does_not_answer_is_a_fault_and_no_traceback() -> None:
    async with web.async_client() as client:
        nowhere = Deployment("http://127.0.0.1:9", CLIENT, TENANT, LOGIN)
        found = await run_checks(nowhere, CHECKS, visitor=Visitor(client, asyncio.Semaphore(8)))
    assert "http://127.0.0.1:9 did not answer (ConnectError)." in {check.detail for check in found}


async def test_a_path_goes_out_as_it_is_written() -> None:
    """An HTTP client tidies `..` up, so that the check would ask for /me and prove nothing."""
    seen = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.split()[1].decode())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    paths = [*other_spellings(HOOK), *ways_in("/start")]
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, web.async_client() as client:
        port = server.sockets[0].getsockname()[1]
        for path in paths:
            await Visitor(client, asyncio.Semaphore(1)).ask(f"http://127.0.0.1:{port}{path}")
    assert seen == paths
    assert len(set(paths)) == len(paths)
    assert {f"{HOOK}/", HOOK.upper(), f"/{HOOK}", "/api/hires//greenhouse", f"/%2e{HOOK}", f"{HOOK};x"} < set(paths)
    assert {"/start/../me", "/start/%2e%2e/me", "/start/..%2fme", "/start;/../../me"} & set(paths)


ENVIRONMENT = {"AUTH_CLIENT_ID": str(CLIENT), "AZURE_TENANT_ID": str(TENANT), "LANDING_URL": f"{URL}/"}


def given(*arguments: str) -> argparse.Namespace:
    return new_parser().parse_args(["smoke", *arguments])


def test_what_it_should_be_comes_from_azd_s_outputs() -> None:
    found = deployment_of(given(), {**ENVIRONMENT, "HR_SOURCES": "bamboohr, greenhouse", "TENANT_URL": ADMIN})
    assert (found.url, found.admin, found.authority) == (URL, ADMIN, "login.microsoftonline.com")
    assert list(found.sources) == ["bamboohr", "greenhouse"]
    assert (found.client_id, found.tenant_id) == (CLIENT, TENANT)
    government = deployment_of(given(), {**ENVIRONMENT, "GRAPH_ENDPOINT": "https://graph.microsoft.us"})
    assert government.authority == "login.microsoftonline.us"
    keyed = deployment_of(given("--sources", "own"), {**ENVIRONMENT, "FUNCTION_KEY": "k3y"})
    assert keyed.sources == {"own": "application/json"}, "a profile that only the deployment knows"
    assert "k3y" not in repr(keyed)
    token = deployment_of(given(), {**ENVIRONMENT, "ADMIN_TOKEN": "t"})
    assert token.admin_headers == {"authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AUTH_CLIENT_ID": ""}, "The setting AUTH_CLIENT_ID is missing."),
        ({"AUTH_CLIENT_ID": "x"}, "The setting AUTH_CLIENT_ID is not an ID: 'x'."),
        ({"AZURE_TENANT_ID": ""}, "The setting TENANT_ID is missing. Set it or AZURE_TENANT_ID to the GUID."),
        ({"LANDING_URL": ""}, "The setting LANDING_URL is missing."),
        ({"LANDING_URL": "front.example.com"}, "The setting LANDING_URL is not the address of a site"),
    ],
)
def test_what_is_not_known_is_not_guessed(changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        deployment_of(given(), {**ENVIRONMENT, **changes})
    assert words in str(caught.value)


def test_every_source_is_asked_with_a_body_of_a_type_that_it_takes() -> None:
    found = deployment_of(given("--sources", ",".join(all_names())), ENVIRONMENT)
    assert json.dumps(dict(found.sources), sort_keys=True) != "{}"
    assert set(found.sources) == set(all_names())
