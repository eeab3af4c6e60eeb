"""The landing page: what it says in every state, and that it never fails because something behind it does."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest

from landing import visits
from landing.page import get_me, show_page
from landing.start import show_start
from provisioning.errors import ConfigurationError
from provisioning.http import Request
from provisioning.services import Services
from tests.integration.conftest import World
from tests.integration.test_registration import register

OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
TID = "http://schemas.microsoft.com/identity/claims/tenantid"
BYTES_ALLOWED = 30 * 1024
NOBODY = "3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11"
OTHER_TENANT = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(autouse=True)
def easy_auth_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")


def signed_in(world: World, object_id: str, **options: Any) -> Request:
    claims = {"name": "Mia Berg", "preferred_username": "mia.berg@example.com", TID: world.tenant_id, **options}
    items = [{"typ": OID, "val": object_id}, *({"typ": kind, "val": value} for kind, value in claims.items())]
    header = base64.b64encode(json.dumps({"claims": items}).encode()).decode()
    return Request(headers={"x-ms-client-principal": header, "host": "enroll.example.com"})


def asking(request: Request, headers: Mapping[str, str] = MappingProxyType({}), /, **query: str) -> Request:
    """The same request with more headers or a query."""
    return Request(headers={**request.headers, **headers}, query=query)


async def visit(world: World, object_id: str, **options: Any) -> str:
    answer = await show_page(signed_in(world, object_id, **options), services=world.services)
    assert answer.status == 200
    return answer.body.decode()


async def add_newcomer(world: World, *methods: str) -> str:
    """An invited person who registered these methods after the invitation."""
    object_id = await world.add_user(employeeId=uuid4().hex[:8])
    await world.sweep()
    world.clock.advance(seconds=1)
    for method in methods:
        await register(world, object_id, method)
    return object_id


async def told(world: World, object_id: str, **query: str) -> dict[str, Any]:
    answer = await get_me(asking(signed_in(world, object_id), **query), services=world.services)
    found: dict[str, Any] = json.loads(answer.body)
    return found


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert found
    return found[1]


def visit_of(page: str) -> str:
    """What the page's script, or its link, asks again with."""
    found = re.search(r'data-visit="(\d+)"', page)
    assert found
    return found[1]


async def test_from_the_first_visit_to_ready(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    ready.clock.advance(seconds=1)
    assert heading(await visit(ready, mia)) == "We are checking"
    await ready.work()
    page = await visit(ready, mia)
    assert heading(page) == "One step is missing"
    assert f"https://mysignins.microsoft.com/security-info?tenantId={ready.tenant_id}&amp;lng=en" in page
    await register(ready, mia, "fido2")
    ready.clock.advance(seconds=40)
    assert heading(await visit(ready, mia)) == "We are checking", "she is back, and the last check is of before"
    await ready.work()
    page = await visit(ready, mia)
    assert heading(page) == "You are ready"
    assert "<span>Passkey <span" in page
    assert "<title>You are ready – " in page


async def test_phone_only_is_shown_as_ending_with_the_date_of_the_setting(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = await add_newcomer(ready, "phone")
    await visit(ready, mia)
    await ready.work()
    page = await visit(ready, mia)
    assert "From Monday, 1 February 2027 Microsoft sends no more sign-in codes by text or call" in page
    assert 'class="outcome done"' not in page, "never done and to do at once"
    monkeypatch.setenv("PHONE_SIGN_IN_ENDS", ready.clock().date().isoformat())
    assert "Since " in await visit(ready, mia)
    monkeypatch.setenv("PHONE_SIGN_IN_ENDS", "never")
    assert heading(await visit(ready, mia)) == "You are ready"


async def test_each_method_has_its_own_day(ready: World) -> None:
    mia = await add_newcomer(ready, "microsoftAuthenticator")
    first = ready.clock()
    ready.clock.advance(days=3)
    await register(ready, mia, "fido2")
    await visit(ready, mia)
    ready.clock.advance(seconds=2)
    await ready.work()
    passkey, app = re.findall(r"<li><svg.*?</li>", await visit(ready, mia), re.DOTALL)
    assert f"{ready.clock():%A, %-d %B}" in passkey
    assert "Passkey" in passkey
    assert f"{first:%A, %-d %B}" in app
    assert "Microsoft Authenticator" in app


async def test_the_script_is_told_what_the_page_shows(ready: World) -> None:
    mia = await add_newcomer(ready, "fido2")
    first = await told(ready, mia)
    assert (first["status"], first["methods"]) == ("checking", [])
    ready.clock.advance(seconds=2)
    await ready.work()
    checked_at = ready.clock().isoformat()
    expected = {"status": "ready", "visit": first["visit"], "methods": ["fido2"], "checkedAt": checked_at}
    assert await told(ready, mia, visit=str(first["visit"])) == expected


async def test_a_visit_that_waits_for_half_a_minute_is_told_what_to_do(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    page = await visit(ready, mia)
    began = visit_of(page)
    assert f'href="/?visit={began}"' in page, "without a script, the link goes on with the same visit"
    ready.clock.advance(seconds=31)
    assert (await told(ready, mia, visit=began))["status"] == "slow"
    answer = await show_page(asking(signed_in(ready, mia), visit=began), services=ready.services)
    assert heading(answer.body.decode()) == "This takes longer than usual"
    assert "mysignins.microsoft.com" in answer.body.decode()


async def test_thirty_reloads_cost_one_check(ready: World) -> None:
    """Each view of an unregistered person once put a message on the queue: 30 reloads made 127 requests to Graph."""
    mia = await ready.add_user(employeeId="1")
    await asyncio.gather(*(visit(ready, mia) for _ in range(10)))
    for _ in range(20):
        await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 1
    ready.clock.advance(seconds=30)
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 2, "the first may have been lost"


async def test_a_new_visit_after_a_check_gets_its_own(ready: World) -> None:
    mia = await add_newcomer(ready)
    await visit(ready, mia)
    ready.clock.advance(seconds=2)
    await ready.work()
    ready.clock.advance(seconds=3)
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 1, "five seconds after the first, since that one was answered"


async def test_a_message_that_did_not_get_through_is_sent_again(world: World, away: Services) -> None:
    for _ in range(2):
        answer = await show_page(signed_in(world, NOBODY), services=away)
        assert heading(answer.body.decode()) == "We cannot look it up now"
    await visit(world, NOBODY)
    assert await world.waiting_messages("seen") == 1


async def test_a_registered_person_is_not_checked_again_at_every_visit(ready: World) -> None:
    mia = await add_newcomer(ready, "fido2")
    await visit(ready, mia)
    await ready.work()
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 0
    ready.clock.advance(hours=2)
    await visit(ready, mia)
    assert await ready.waiting_messages("seen") == 1


@pytest.mark.pitfall("I1")
async def test_without_easy_auth_nobody_sees_anything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """static-web-apps#751."""
    for request in (Request(), Request(headers={"x-ms-client-principal": "garbage"})):
        answer = await show_page(request, services=world.services)
        assert (answer.status, heading(answer.body.decode())) == (401, "Please sign in")
        assert (await get_me(request, services=world.services)).status == 401
    assert await world.waiting_messages("seen") == 0


@pytest.mark.pitfall("I1")
@pytest.mark.parametrize("said", ["False", "false", None])
async def test_a_sign_in_that_the_platform_does_not_vouch_for_is_said_not_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, said: str | None
) -> None:
    """Where Easy Auth is on and the platform forgot to say so, "please sign in" would go round for ever."""
    monkeypatch.delenv("WEBSITE_AUTH_ENABLED")
    if said is not None:
        monkeypatch.setenv("WEBSITE_AUTH_ENABLED", said)
    answer = await show_page(signed_in(world, NOBODY), services=world.services)
    page = answer.body.decode()
    assert (answer.status, heading(page)) == (503, "We cannot look it up now")
    assert "/.auth/login" not in page
    assert (await get_me(signed_in(world, NOBODY), services=world.services)).status == 503
    assert "WEBSITE_AUTH_ENABLED" in caplog.text
    assert NOBODY not in caplog.text
    assert await world.waiting_messages("seen") == 0


async def test_another_tenants_person_is_told_so(world: World) -> None:
    """401 with a link to sign in would bring the same account back at once."""
    request = signed_in(world, NOBODY, **{TID: OTHER_TENANT})
    answer = await show_page(request, services=world.services)
    page = answer.body.decode()
    assert (answer.status, heading(page)) == (403, "This account is not ours")
    assert 'href="/.auth/logout?post_logout_redirect_uri=%2F">Sign out and choose another account' in page
    assert "mia.berg@example.com" in page
    assert (await get_me(request, services=world.services)).status == 403
    assert await world.waiting_messages("seen") == 0


@pytest.mark.parametrize(
    "claims",
    [
        {"preferred_username": "kai_partner.example#EXT#@example.com"},
        {"idp": f"https://sts.windows.net/{OTHER_TENANT}/"},
    ],
)
async def test_an_external_person_is_told_that_this_page_cannot_help(world: World, claims: dict[str, str]) -> None:
    assert heading(await visit(world, NOBODY, **claims)) == "Your account is at another organization"
    assert await world.waiting_messages("seen") == 0


async def test_a_person_sees_who_is_signed_in_and_how_to_change_that(ready: World) -> None:
    page = await visit(ready, NOBODY)
    assert 'Signed in as <bdi>Mia Berg</bdi> (<bdi dir="ltr">mia.berg@example.com</bdi>).' in page
    assert "Not you? Use another account" in page
    assert 'href="/.auth/logout?post_logout_redirect_uri=%2Fstart%3Fleft%3D1"' in page
    answer = await show_start(Request(query={"left": "1"}), services=ready.services)
    assert heading(answer.body.decode()) == "You are signed out"


@pytest.mark.pitfall("I10")
async def test_nothing_of_ours_sends_anybody_to_sign_in_by_itself(ready: World) -> None:
    """Azure/static-web-apps#1228: endless sign-ins, where a page that a sign-in leads to asks for another one."""
    mia = await ready.add_user()
    for request in (Request(), Request(headers={"x-ms-client-principal": "garbage"}), signed_in(ready, mia)):
        for answer in (
            await show_page(request, services=ready.services),
            await get_me(request, services=ready.services),
            await show_start(request, services=ready.services),
        ):
            assert answer.status in (200, 401)
            assert "location" not in {name.casefold() for name in answer.headers}
            assert b"http-equiv" not in answer.body


async def test_a_name_is_text_never_markup(ready: World) -> None:
    mia = await ready.add_user()
    page = await visit(ready, mia, name="<img src=x onerror=alert(1)>{{7*7}}%(who)s")
    assert "<img" not in page
    assert "{{7*7}}%(who)s" in page


@pytest.mark.parametrize("host", ['"><script>', "evil example", "a" * 300, "x\r\ny"])
async def test_a_host_that_is_none_is_not_shown(host: str) -> None:
    answer = await show_start(Request(headers={"host": host}), services=Services())
    assert host.encode() not in answer.body


async def test_storage_away_still_shows_a_page(world: World, away: Services) -> None:
    request = signed_in(world, NOBODY)
    answer = await show_page(request, services=away)
    assert answer.status == 200
    assert "nothing is lost" in answer.body.decode()
    assert json.loads((await get_me(request, services=away)).body)["status"] == "trouble"


async def test_with_storage_hanging_the_page_waits_once(
    world: World, hanging: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SIGSTOP to the storage account, the page once took 22 seconds."""
    monkeypatch.setattr(visits, "STORAGE_SECONDS", 2.0)
    request = signed_in(world, NOBODY)
    for look in (show_page, get_me):
        began = time.monotonic()
        answer = await look(request, services=hanging)
        assert time.monotonic() - began < 2.5
        assert answer.status == 200
    assert heading((await show_page(request, services=hanging)).body.decode()) == "We cannot look it up now"


async def test_a_missing_setting_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENANT_ID")
    with pytest.raises(ConfigurationError, match="TENANT_ID"):
        await show_page(Request(), services=world.services)


@pytest.mark.pitfall("I5")
async def test_the_public_page_looks_at_no_identity(world: World) -> None:
    """azure-sdk-for-net#51569: on an excluded path the header is whatever the caller sends."""
    forged = await show_start(signed_in(world, NOBODY), services=world.services)
    assert b"Mia" not in forged.body
    assert (
        forged.body == (await show_start(Request(headers={"host": "enroll.example.com"}), services=world.services)).body
    )
    assert b"<script" not in forged.body
    assert "script-src" not in forged.headers["Content-Security-Policy"]


async def test_a_pass_is_spoken_of_only_where_there_is_one(ready: World) -> None:
    """C4: "A Temporary Access Pass lets you in once" was told to people who never had one, or one for many uses."""
    mia = await ready.add_user(employeeId="1")
    await ready.sweep()
    await visit(ready, mia)
    await ready.work()
    assert "Temporary Access Pass" not in await visit(ready, mia)
    for once, expected in ((True, "for one sign-in. Within ten minutes"), (False, "as often as you need it")):
        answer = await ready.control.post(
            f"/_local/users/{mia}/temporary-access-pass", json={"isUsableOnce": once, "lifetimeInMinutes": 60}
        )
        assert answer.status_code < 300, answer.text
        ready.clock.advance(seconds=40)
        await visit(ready, mia)
        await ready.work()
        page = await visit(ready, mia)
        assert heading(page) == "One step is missing"
        assert expected in page
    ready.clock.advance(hours=1)
    await visit(ready, mia)
    await ready.work()
    assert "Temporary Access Pass" not in await visit(ready, mia), "it has ended"


async def test_a_first_day_is_told_only_while_it_is_to_come(ready: World) -> None:
    mia = await ready.add_user(employeeId="1")
    await ready.send_hire("1", start=ready.clock().date() + timedelta(days=3))
    await ready.work()
    await register(ready, mia, "fido2")
    await visit(ready, mia)
    await ready.work()
    assert "Your first day: " in await visit(ready, mia)
    ready.clock.advance(days=4)
    await visit(ready, mia)
    await ready.work()
    page = await visit(ready, mia)
    assert heading(page) == "You are ready"
    assert "Your first day: " not in page
