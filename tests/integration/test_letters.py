"""A letter for a newcomer without mail: it shows the way, and its code finds a claim once a helpdesk saw papers."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.cli.main import main
from provisioning.languages import LANGUAGES
from provisioning.model.letter_codes import LETTER_VALID, grouped_code, new_letter_code, read_letter_code
from provisioning.model.passes import ISSUER, claim_key_of, proof_of
from tests.integration.conftest import LANDING_URL, World
from tests.integration.handover import Handover, new_person

pytest.importorskip("segno", reason="the extra `letter` is not installed")

CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


@pytest.fixture(autouse=True)
def a_helpdesk_hands_passes_over(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSES", "PASS_HELPDESK"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    monkeypatch.setenv("ORGANIZATION_NAME", "Contoso")


async def write(path: Path, name: str = "1187", *more: str) -> int:
    """Run `messages letter` beside the running loop."""
    return await asyncio.to_thread(main, ["messages", "letter", name, "--out", str(path), *more])


async def letter(world: World, tmp_path: Path, name: str = "letter.html") -> Handover:
    """A letter to person 1187, whose code a helpdesk types."""
    person_id = next(iter(world.members()), None) or await new_person(world)
    path = tmp_path / name
    assert await write(path) == 0
    (code,) = CODE.findall(path.read_text())
    helpdesk = await world.add_user(displayName="Helpdesk")
    return Handover(world, person_id, helpdesk, code, roles=(ISSUER,))


async def type_code(handover: Handover, text: str, **changes: object) -> tuple[int, str]:
    """What the form at /pass/letter answers: the status, and where it leads."""
    asked = Handover(handover.world, handover.person_id, handover.manager_id, "letter", roles=handover.roles)
    answer = await asked.open(code=text)
    return answer.status, answer.headers.get("Location", "")


async def test_from_the_letter_to_the_pass(ready: World, tmp_path: Path) -> None:
    handover = await letter(ready, tmp_path)
    status, location = await type_code(handover, handover.code.lower().replace("-", " "))
    assert (status, location) == (303, f"/pass/{handover.code.replace('-', '')}")
    handover.code = location.rpartition("/")[2]
    page = await handover.open()
    assert (page.status, handover.person_id in page.body.decode()) == (200, True)
    assert await handover.receive()
    assert (await handover.step(step="make", publicKey="AA", identityProof="document"))[0] == 409, "once"


async def test_the_code_alone_opens_nothing(ready: World, tmp_path: Path) -> None:
    """A finder of the envelope has no sign-in, others who have one are no helpdesk, and the manager is none either."""
    handover = await letter(ready, tmp_path)
    ready.tenant.managers[handover.person_id] = handover.manager_id
    for roles in ((), ("Enrollment.Read",)):
        stranger = Handover(ready, handover.person_id, handover.manager_id, handover.code, roles=roles)
        assert (await stranger.open()).status == 403
        assert (await type_code(stranger, handover.code))[0] == 403
        assert (await stranger.step(step="make", publicKey="AA", identityProof="document"))[0] == 403
    own = Handover(ready, handover.person_id, handover.person_id, handover.code, roles=(ISSUER,))
    assert (await own.open()).status == 403, "nobody hands a pass over to themselves"
    assert handover.passes == []


async def test_a_letter_works_for_21_days(ready: World, tmp_path: Path) -> None:
    """NIST SP 800-63A: at most 21 days for a code that went by post."""
    assert timedelta(days=21) == LETTER_VALID
    handover = await letter(ready, tmp_path)
    claim = await ready.services.pass_claims.read(claim_key_of(proof_of(handover.code.replace("-", ""))))
    assert claim is not None
    assert claim.expires_at - claim.created_at == LETTER_VALID
    ready.clock.moment = claim.expires_at - timedelta(seconds=1)
    assert (await handover.open()).status == 200
    ready.clock.moment = claim.expires_at
    assert (await handover.open()).status == 410


async def test_a_second_letter_makes_the_first_one_void(ready: World, tmp_path: Path) -> None:
    first = await letter(ready, tmp_path, "first.html")
    second = await letter(ready, tmp_path, "second.html")
    assert (await first.open()).status == 404
    assert (await second.open()).status == 200


async def test_the_code_is_kept_nowhere_but_on_the_letter(
    ready: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    handover = await letter(ready, tmp_path)
    plain = handover.code.replace("-", "")
    rows = [row async for row in ready.services.storage.table("passclaims").list_entities()]
    told = f"{rows}{capsys.readouterr()}{caplog.text}"
    assert claim_key_of(proof_of(plain)) in told
    assert plain not in told
    assert handover.code not in told
    assert proof_of(plain) not in told
    assert (tmp_path / "letter.html").stat().st_mode & 0o077 == 0


async def test_a_letter_loads_nothing_and_names_nobody(ready: World, tmp_path: Path) -> None:
    await new_person(ready, displayName="Mia Berg")
    path = tmp_path / "letter.html"
    assert await write(path, "1187", "--lang", "ar") == 0
    text = path.read_text()
    assert '<html lang="ar" dir="rtl">' in text
    assert f"{LANDING_URL}/start" in text
    assert "<svg" in text
    assert not re.search(r"<(script|link|img|iframe)|src=|url\(", text)
    assert "Mia" not in text


async def test_without_passes_it_only_shows_the_way(ready: World, tmp_path: Path) -> None:
    await new_person(ready)
    path = tmp_path / "letter.html"
    assert await write(path, "1187", "--no-code") == 0
    assert not CODE.search(path.read_text())
    assert not [
        row
        async for row in ready.services.storage.table("passclaims").query_entities(
            f"PartitionKey eq '{ready.tenant_id}'"
        )
    ]


@pytest.mark.parametrize("why", ["nobody", "a file is there", "no such folder", "no such language"])
async def test_what_cannot_be_written_makes_no_code(
    ready: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    path = tmp_path / "letter.html"
    await new_person(ready)
    if why == "a file is there":
        path.write_text("mine")
    if why == "no such folder":
        path = tmp_path / "nowhere" / "letter.html"
    arguments = {"nobody": ("404",), "no such language": ("1187", "--lang", "tlh")}.get(why, ("1187",))
    assert await write(path, *arguments) == 1
    assert capsys.readouterr().err
    rows = ready.services.storage.table("passclaims").query_entities(f"PartitionKey eq '{ready.tenant_id}'")
    assert [row async for row in rows] == []


async def test_a_forgotten_person_has_no_claim_any_more(ready: World, tmp_path: Path) -> None:
    handover = await letter(ready, tmp_path)
    await ready.control.post("/_local/registrations", json={"userId": handover.person_id})
    await ready.send_seen(handover.person_id)
    await ready.work()
    assert await asyncio.to_thread(main, ["people", "forget", handover.person_id, "--yes"]) == 0
    assert (await handover.open()).status == 404


async def test_the_form_says_what_a_code_looks_like(ready: World, tmp_path: Path) -> None:
    handover = await letter(ready, tmp_path)
    form = Handover(ready, handover.person_id, handover.manager_id, "letter", roles=(ISSUER,))
    page = await form.open()
    assert page.status == 200
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert b"16 letters and digits" in (await form.open(code="<b>ABCD</b>")).body
    assert b"<b>ABCD" not in (await form.open(code="<b>ABCD</b>")).body
    assert (await form.step(step="make", publicKey="AA", identityProof="document"))[0] == 404


async def test_where_no_helpdesk_hands_passes_over_there_is_no_form(
    ready: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover = await letter(ready, tmp_path)
    monkeypatch.setenv("PASS_HELPDESK", "false")
    assert (await type_code(handover, handover.code))[0] == 404
    assert (await handover.open()).status == 403


def test_a_code_is_read_as_people_type_it() -> None:
    code = new_letter_code(lambda count: bytes(range(count)))
    assert len(code) == 16
    assert read_letter_code(grouped_code(code).lower()) == code
    assert read_letter_code(f" {grouped_code(code)} ") == code
    assert read_letter_code("OIL0-OIL0-OIL0-OIL0") == "0110011001100110"
    for wrong in ("", "0110", "U" * 16, "0" * 17, "Ä" * 16, "0" * 10_000):
        assert read_letter_code(wrong) is None


def test_the_square_holds_the_address_of_the_public_page() -> None:
    """Every language has a square of its own, so that the page speaks as the letter does."""
    from provisioning.messages.letter import square_of

    squares = {square_of(f"{LANDING_URL}/start?lang={tag}") for tag in LANGUAGES}
    assert len(squares) == len(LANGUAGES)
