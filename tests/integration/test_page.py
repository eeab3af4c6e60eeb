"""The landing page: what it says in every state, and that it never fails because something behind it does."""

import base64
import json
import re
from typing import Any

import pytest

from landing.assets import serve
from landing.page import get_me, show_page
from provisioning.errors import ConfigurationError
from provisioning.http import Request, Response
from provisioning.services import Services
from tests.integration.conftest import World
from tests.integration.test_registration import register

OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TID = "http://schemas.microsoft.com/identity/claims/tenantid"
BYTES_ALLOWED = 30 * 1024


@pytest.fixture(autouse=True)
def easy_auth_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


def signed_in(world: World, object_id: str, *, name: str = "Mia Berg") -> Request:
    claims = [{"typ": OID, "val": object_id}, {"typ": TID, "val": world.tenant_id}, {"typ": "name", "val": name}]
    header = base64.b64encode(json.dumps({"claims": claims}).encode()).decode()
    return Request(headers={"x-ms-client-principal": header})


async def visit(world: World, object_id: str, **options: Any) -> str:
    answer = await show_page(signed_in(world, object_id, **options), services=world.services)
    assert answer.status == 200
    return answer.body.decode()


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


async def test_from_the_first_visit_to_ready(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    assert heading(await visit(ready, mia)) == "You are signed in"
    await ready.work()
    page = await visit(ready, mia)
    assert heading(page) == "One step is missing"
    assert "https://aka.ms/mysecurityinfo" in page
    await register(ready, mia, "fido2")
    ready.clock.advance(minutes=1)
    await visit(ready, mia)
    await ready.work()
    page = await visit(ready, mia)
    assert heading(page) == "You are ready"
    assert "<li>Passkey</li>" in page


async def test_phone_only_is_shown_as_ending(ready: World) -> None:
    mia = await ready.add_user()
    await register(ready, mia, "phone")
    await visit(ready, mia)
    await ready.work()
    assert "stop working on 1 February 2027" in await visit(ready, mia)


async def test_the_script_is_told_what_the_page_shows(ready: World) -> None:
    mia = await ready.add_user()
    await register(ready, mia, "fido2")
    assert await told(ready, mia) == {"status": "checking", "methods": [], "checkedAt": None}
    await visit(ready, mia)
    await ready.work()
    assert await told(ready, mia) == {
        "status": "registered",
        "methods": ["fido2"],
        "checkedAt": ready.clock().isoformat(),
    }


async def told(world: World, object_id: str) -> dict[str, Any]:
    answer = await get_me(signed_in(world, object_id), services=world.services)
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def test_somebody_registered_is_not_checked_again_at_every_visit(ready: World) -> None:
    mia = await ready.add_user()
    await register(ready, mia, "fido2")
    await visit(ready, mia)
    await ready.work()
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 0
    ready.clock.advance(hours=2)
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 1


async def test_without_easy_auth_nobody_sees_anything_i1(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """static-web-apps#751."""
    for request in (Request(), Request(headers={"x-ms-client-principal": "garbage"})):
        answer = await show_page(request, services=world.services)
        assert (answer.status, heading(answer.body.decode())) == (401, "Please sign in")
        assert (await get_me(request, services=world.services)).status == 401
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "False")
    answer = await show_page(signed_in(world, "3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11"), services=world.services)
    assert answer.status == 401
    assert await world.waiting_messages("seen") == 0


async def test_nothing_of_ours_sends_anybody_to_sign_in_by_itself_i10(ready: World) -> None:
    """Azure/static-web-apps#1228: endless sign-ins, where a page that a sign-in leads to asks for another one."""
    mia = await ready.add_user()
    for request in (Request(), Request(headers={"x-ms-client-principal": "garbage"}), signed_in(ready, mia)):
        for answer in (
            await show_page(request, services=ready.services),
            await get_me(request, services=ready.services),
        ):
            assert answer.status in (200, 401)
            assert "location" not in {name.casefold() for name in answer.headers}
            assert b"http-equiv" not in answer.body
    script = (await asset("page.js")).body
    assert b"/.auth/" not in script
    assert b"location.href" not in script


async def test_a_name_is_text_never_markup(ready: World) -> None:
    mia = await ready.add_user()
    page = await visit(ready, mia, name="<img src=x onerror=alert(1)>{{7*7}}")
    assert "<img" not in page
    assert "{{7*7}}" in page


async def test_storage_away_still_shows_a_page(world: World, away: Services) -> None:
    answer = await show_page(signed_in(world, "3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11"), services=away)
    assert answer.status == 200
    assert "Nothing is lost" in answer.body.decode()


async def test_a_missing_setting_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENANT_ID")
    with pytest.raises(ConfigurationError, match="TENANT_ID"):
        await show_page(Request(), services=world.services)


async def test_the_page_is_small_and_loads_nothing_from_anybody_else(ready: World) -> None:
    mia = await ready.add_user()
    await register(ready, mia, "phone")
    await visit(ready, mia)
    await ready.work()
    answer = await show_page(signed_in(ready, mia), services=ready.services)
    assets = [await asset(name) for name in ("page.css", "page.js")]
    assert len(answer.body) + sum(len(item.body) for item in assets) < BYTES_ALLOWED
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', answer.body.decode())
    assert loaded
    assert all(address.startswith("/assets/") for address in loaded)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


async def asset(name: str) -> Response:
    return await serve(Request(route={"name": name}))


@pytest.mark.parametrize("name", ["", "../page.py", "page.html", "%2e%2e/page.py", "PAGE.CSS"])
async def test_only_known_files_are_served(name: str) -> None:
    assert (await asset(name)).status == 404
