"""The Easy Auth stand-in: who gets in, with which headers, and that it cannot be used to send people elsewhere."""

import base64
import json
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from local.host.authority import Authority
from local.host.easy_auth import EasyAuth, StripIdentity, is_local_path
from local.host.sessions import SESSION_COOKIE, Signer
from local.stack import Stack, StackOptions
from local.stack_info import Ports

from .fakes import AUTHORITY, CLIENT_ID, TENANT_ID, FakeAuthority

SITE = "http://127.0.0.1:7071"
EXCLUDED = "/api/hires/bamboohr"


async def show_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """The app behind the door: answers the identity headers it was given."""
    headers = {k: v for k, v in Request(scope).headers.items() if k.startswith("x-ms-")}
    await JSONResponse(headers)(scope, receive, send)


@dataclass
class Site:
    """The site with its door, the authority behind it, and a browser in front of it."""

    authority: FakeAuthority
    browser: httpx.AsyncClient
    signer: Signer

    async def start_sign_in(self, back_to: str = "/page?x=1") -> dict[str, str]:
        """Follow the redirect to the sign-in page; returns what was asked for there."""
        answer = await self.browser.get("/.auth/login/aad", params={"post_login_redirect_uri": back_to})
        assert answer.status_code == 302
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))

    async def finish_sign_in(self, **form: str) -> httpx.Response:
        return await self.browser.post("/.auth/login/aad/callback", data=form)

    async def sign_in(self) -> httpx.Response:
        asked = await self.start_sign_in()
        return await self.finish_sign_in(id_token=self.authority.id_token(nonce=asked["nonce"]), state=asked["state"])


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    fake = FakeAuthority()
    signer = Signer(key="k" * 32)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake)) as http:
        authority = Authority(url=AUTHORITY, tenant_id=TENANT_ID, site=SITE, http=http)
        door = StripIdentity(EasyAuth(show_headers, authority=authority, signer=signer))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url=SITE) as browser:
            yield Site(fake, browser, signer)


async def test_a_page_redirects_to_sign_in_and_keeps_its_query(site: Site) -> None:
    answer = await site.browser.get("/page?a=b%20c")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/.auth/login/aad?post_login_redirect_uri=%2Fpage%3Fa%3Db%2520c"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_anything_but_a_page_is_401(site: Site, method: str) -> None:
    assert (await site.browser.request(method, "/api/tenant")).status_code == 401


async def test_what_is_asked_of_the_authority(site: Site) -> None:
    answer = await site.browser.get("/.auth/login/aad")
    location = answer.headers["location"]
    assert location.startswith(f"{AUTHORITY}/{TENANT_ID}/oauth2/v2.0/authorize?")
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == f"{SITE}/.auth/login/aad/callback"
    assert asked["scope"] == "openid profile email"
    assert (asked["response_type"], asked["response_mode"]) == ("id_token", "form_post")
    assert asked["nonce"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert asked["nonce"] not in cookie.partition(";")[0]


async def test_sign_in_and_the_headers_a_function_gets(site: Site) -> None:
    answer = await site.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (302, "/page?x=1")
    headers = (await site.browser.get("/page", headers={"x-ms-client-principal-id": "forged"})).json()
    assert headers["x-ms-client-principal-id"] == "aaaaaaaa-0000-0000-0000-000000000001"
    assert headers["x-ms-client-principal-name"] == "asa@example.com"
    assert headers["x-ms-client-principal-idp"] == "aad"
    principal = json.loads(base64.b64decode(headers["x-ms-client-principal"]))
    assert principal["auth_typ"] == "aad"
    claims = {claim["typ"]: claim["val"] for claim in principal["claims"]}
    assert claims["http://schemas.microsoft.com/identity/claims/tenantid"] == TENANT_ID
    assert claims["http://schemas.microsoft.com/identity/claims/objectidentifier"].startswith("aaaaaaaa")
    assert claims["name"] == "Åsa Example"
    assert "oid" not in claims


async def test_me_and_logout(site: Site) -> None:
    assert (await site.browser.get("/.auth/me")).status_code == 401
    await site.sign_in()
    (me,) = (await site.browser.get("/.auth/me")).json()
    assert (me["provider_name"], me["user_id"]) == ("aad", "asa@example.com")
    answer = await site.browser.get("/.auth/logout")
    back = urllib.parse.quote(f"{SITE}/.auth/logout/done", safe="")
    assert answer.headers["location"] == (f"{AUTHORITY}/{TENANT_ID}/oauth2/v2.0/logout?post_logout_redirect_uri={back}")
    assert (await site.browser.get("/.auth/me")).status_code == 401
    assert (await site.browser.get("/.auth/logout/done")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example.net"}, 403),
        ({"origin": SITE}, 200),
        ({"referer": f"{SITE}/board"}, 200),
    ],
)
async def test_a_browsers_form_must_say_that_it_is_of_this_site(
    site: Site, headers: dict[str, str], status: int
) -> None:
    """app-service/overview-authentication-authorization, Cross-site request forgery mitigation."""
    await site.sign_in()
    answer = await site.browser.post("/board", headers={"user-agent": "Mozilla/5.0", **headers})
    assert answer.status_code == status


FORGED = {
    "X-MS-CLIENT-PRINCIPAL": "e30=",
    "x-ms-client-principal-id": "forged",
    "x-ms-client-principal-name": "forged",
    "X-Ms-Token-Aad-Id-Token": "forged",
}


async def test_forged_headers_do_not_sign_anyone_in(site: Site) -> None:
    assert (await site.browser.get("/page", headers=FORGED)).status_code == 302


async def test_an_excluded_path_gets_no_identity_at_all(site: Site) -> None:
    assert (await site.browser.post(EXCLUDED, headers=FORGED)).json() == {}
    await site.sign_in()
    assert (await site.browser.post(EXCLUDED, headers=FORGED)).json() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/api/hires/bamboohr/",
        "/api/hires/bamboohr/x",
        "/api/hires/bamboohr/../../tenant",
        "/api/hires//bamboohr",
        "//api/hires/bamboohr",
        "/API/hires/bamboohr",
        "/api/hires/bamboohr%2f",
        "/api/hires/%62amboohr",
        "/api/hires/bamboohr;x=1",
        "/api/hires",
        "/api/tenant",
    ],
)
async def test_excluded_paths_are_exact(site: Site, path: str) -> None:
    url = httpx.URL(SITE).copy_with(raw_path=path.encode())
    assert (await site.browser.post(url)).status_code == 401


async def test_the_query_does_not_matter_to_an_excluded_path(site: Site) -> None:
    assert (await site.browser.post(f"{EXCLUDED}?code=k")).status_code == 200


EVIL = [
    "//evil.example.com",
    "/\\evil.example.com",
    "https://evil.example.com",
    "evil",
    "",
    "/a\nb",
    "/\tb",
    "/å",
    "\\/a",
]


@pytest.mark.parametrize("target", EVIL)
@pytest.mark.parametrize(
    "endpoint", ["/.auth/login/aad?post_login_redirect_uri=", "/.auth/logout?post_logout_redirect_uri="]
)
async def test_no_open_redirect(site: Site, endpoint: str, target: str) -> None:
    answer = await site.browser.get(endpoint + urllib.parse.quote(target, safe=""))
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_path_that_looks_like_another_host_comes_back_to_the_start(site: Site) -> None:
    answer = await site.browser.get(httpx.URL(SITE).copy_with(raw_path=b"//evil.example.com/x"))
    assert answer.headers["location"] == "/.auth/login/aad?post_login_redirect_uri=%2F"


@given(st.text(max_size=30))
def test_a_local_path_stays_on_the_site(target: str) -> None:
    if is_local_path(target):
        joined = urllib.parse.urlsplit(urllib.parse.urljoin(SITE, target))
        assert (joined.scheme, joined.netloc) == ("http", "127.0.0.1:7071")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"iss": "http://other.example.com/v2.0"},
        {"exp": 1},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"tid": "another"},
        {"key": rsa.generate_private_key(65537, 2048)},
    ],
    ids=["aud", "iss", "exp-past", "exp-none", "nonce", "nonce-none", "tid", "key"],
)
async def test_a_bad_token_is_refused(site: Site, changes: dict[str, object]) -> None:
    asked = await site.start_sign_in()
    token = site.authority.id_token(**{"nonce": asked["nonce"], **changes})  # type: ignore[arg-type]
    answer = await site.finish_sign_in(id_token=token, state=asked["state"])
    assert answer.status_code == 401
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_no_token_at_all_is_refused(site: Site, token: str) -> None:
    asked = await site.start_sign_in()
    assert (await site.finish_sign_in(id_token=token, state=asked["state"])).status_code == 401


async def test_a_sign_in_of_another_browser_is_refused(site: Site) -> None:
    asked = await site.start_sign_in()
    site.browser.cookies.clear()
    token = site.authority.id_token(nonce=asked["nonce"])
    assert (await site.finish_sign_in(id_token=token, state=asked["state"])).status_code == 401


async def test_a_forged_state_or_session_is_refused(site: Site) -> None:
    asked = await site.start_sign_in()
    forged = Signer(key="x" * 32).sign("state", {"back_to": "/", "nonce": asked["nonce"]}, seconds=60)
    token = site.authority.id_token(nonce=asked["nonce"])
    assert (await site.finish_sign_in(id_token=token, state=forged)).status_code == 401
    # A value signed for another purpose is no session either.
    site.browser.cookies.set(SESSION_COOKIE, asked["state"])
    assert (await site.browser.get("/page")).status_code == 302


def test_a_session_runs_out() -> None:
    now = 1000.0
    signer = Signer(key="k" * 32, clock=lambda: now)
    token = signer.sign("session", {}, seconds=60)
    assert signer.read("session", token)
    now = 1061.0
    assert signer.read("session", token) is None


async def test_an_error_of_the_authority_is_shown_escaped(site: Site) -> None:
    answer = await site.finish_sign_in(
        error="access_denied", error_description="AADSTS50105: <script>alert(1)</script>"
    )
    assert answer.status_code == 401
    assert "AADSTS50105: &lt;script&gt;" in answer.text
    assert "<script>" not in answer.text


async def test_before_the_set_up_a_page_says_what_to_do(site: Site) -> None:
    site.authority.registered = False
    answer = await site.browser.get("/.auth/login/aad")
    assert answer.status_code == 503
    assert "POST /api/tenant" in answer.text
    site.authority.registered = True
    assert (await site.browser.get("/.auth/login/aad")).status_code == 302


@pytest.mark.parametrize(
    "path", ["/.auth", "/.auth/", "/.auth/nowhere", "/.auth/login/other", "/.auth/login/aad/callback"]
)
async def test_other_endpoints_do_not_exist(site: Site, path: str) -> None:
    assert (await site.browser.get(f"/.auth{path}")).status_code == 404


def test_profiles_of_ones_own_are_reachable_on_a_laptop(tmp_path: Path) -> None:
    """In Azure HR_SOURCES names them; there, too, the profile alone would leave the sender at the sign-in page."""
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr/acme-hr.toml").write_text("", encoding="utf-8")
    options = StackOptions(app=tmp_path, settings={"HR_PROFILES_DIR": "hr"})
    stack = Stack(options, ports=Ports.choose(None), state=tmp_path, azurite=tmp_path)
    command = stack.host_command()
    excluded = command[command.index("--excluded-paths") + 1].split(",")
    assert {"/start", "/api/hires/acme-hr", "/api/hires/greenhouse"} <= set(excluded)
