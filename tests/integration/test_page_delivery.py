"""How a page arrives: its language, its size, its policy, and the files that it loads."""

import re
from typing import Any

import pytest

from landing.assets import serve
from landing.page import show_page
from landing.rendering import COOKIE
from landing.settings import PageSettings
from landing.states import PageState
from provisioning.http import Request, Response
from provisioning.services import Services
from tests.gallery import page_of, site_in, start_of
from tests.integration.conftest import World
from tests.integration.test_page import BYTES_ALLOWED, NOBODY, asking, signed_in


@pytest.fixture(autouse=True)
def easy_auth_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


async def test_a_language_is_chosen_kept_and_said(world: World) -> None:
    request = signed_in(world, NOBODY)
    answer = await show_page(asking(request, {"accept-language": "de-AT"}), services=world.services)
    assert '<html lang="de" dir="ltr">' in answer.body.decode()
    assert answer.headers["Content-Language"] == "de"
    assert "Set-Cookie" not in answer.headers
    chosen = await show_page(asking(request, lang="pt-PT"), services=world.services)
    cookie = chosen.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=pt-PT; ")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    headers = {"cookie": f"AppServiceAuthSession=x; {COOKIE}=pt-PT", "accept-language": "de"}
    kept = await show_page(asking(request, headers), services=world.services)
    assert '<html lang="pt-PT"' in kept.body.decode()
    wrong = await show_page(asking(request, lang='x"; Path=/'), services=world.services)
    assert "Set-Cookie" not in wrong.headers


async def test_arabic_runs_from_right_to_left_with_latin_names_apart(world: World) -> None:
    page = (await show_page(asking(signed_in(world, NOBODY), lang="ar"), services=world.services)).body.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert '<bdi dir="ltr">mia.berg@example.com</bdi>' in page
    assert '<bdi dir="ltr">mysignins.microsoft.com</bdi>' in page


@pytest.mark.parametrize("tag", ["en", "de", "fr", "ja", "ar"])
async def test_every_page_is_small_and_loads_nothing_from_anybody_else(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, tag: str
) -> None:
    """With everything that it loads, and with the largest logo there may be."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 - 8))
    monkeypatch.setenv("PAGE_LOGO_FILE", str(logo))
    site = site_in(tag, settings=PageSettings())
    for state in PageState:
        answer = page_of(state, site)
        loaded = re.findall(r'(?:\ssrc|<link[^>]*\shref)="([^"]*)"', answer.body.decode())
        assert all(address.startswith("/assets/") for address in loaded)
        assets = [await asset(address.removeprefix("/assets/")) for address in loaded]
        assert all(item.status == 200 for item in assets)
        assert len(answer.body) + sum(len(item.body) for item in assets) < BYTES_ALLOWED, state
    public = start_of(site)
    assert len(public.body) < BYTES_ALLOWED
    assert not [item for item in re.findall(r'\ssrc="([^"]*)"', public.body.decode()) if not item.startswith("data:")]


@pytest.mark.parametrize("state", [*PageState, "start"])
async def test_every_page_has_a_strict_policy_and_is_not_kept(world: World, state: str) -> None:
    site = site_in("en", settings=PageSettings())
    answer = start_of(site) if state == "start" else page_of(PageState(state), site)
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert b" style=" not in answer.body
    assert not re.search(rb"\son\w+=", answer.body)


async def asset(name: str) -> Response:
    return await serve(Request(route={"name": name}), services=Services())


async def test_a_file_is_kept_for_good_under_its_own_hash_only(world: World) -> None:
    page = page_of(PageState.CHECKING, site_in("en", settings=PageSettings())).body.decode()
    (name,) = re.findall(r'src="/assets/(page\.[0-9a-f]{12}\.js)"', page)
    assert (await asset(name)).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("page.js", "page.000000000000.js"):
        answer = await asset(other)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store"), "a page of before a deployment"
    assert (await asset(name)).media_type == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name",
    ["", "../page.py", "page.html", "%2e%2e/page.py", "PAGE.CSS", "logo.svg", "logo.png", "icon.png", "page.css\n"],
)
async def test_only_known_files_are_served(name: str) -> None:
    assert (await asset(name)).status == 404
