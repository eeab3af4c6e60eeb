"""Every HR system: its own delivery is understood, and nothing that is not truly its own."""

import json
from typing import Any

import pytest

from provisioning.hr_profiles import SOURCES_IN_CODE
from provisioning.hr_settings import secret_setting
from provisioning.http import Request
from provisioning.webhooks.sources.base import AuthenticationFailed
from provisioning.webhooks.sources.registry import all_names, find_source
from tests.integration.conftest import World
from tests.integration.deliveries import Sample
from tests.integration.samples import SAMPLES
from tests.integration.webhooks import content, post, queued
from tests.support import NOW

# The others show a fixed header, or (Lever) sign something else: those prove the sender and not the data.
BODY_SIGNED = (
    "ashby",
    "bamboohr",
    "deel",
    "finch",
    "greenhouse",
    "gusto",
    "hibob",
    "merge",
    "remote",
    "standard-webhooks",
    "workable",
)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)
    for sample in SAMPLES.values():
        monkeypatch.setenv(secret_setting(sample.source), sample.secret)


def signed(sample: Sample, **changes: Any) -> tuple[bytes, dict[str, str]]:
    return sample.sign({**sample.content, **changes} if changes else sample.content, sample.secret)


def test_there_is_a_delivery_of_every_source() -> None:
    assert {sample.source for sample in SAMPLES.values()} == set(all_names())


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_genuine_delivery_is_queued_as_ids(world: World, name: str) -> None:
    sample = SAMPLES[name]
    answer = await post(world, sample.source, *signed(sample))
    messages = await queued(world)
    if sample.event is None:
        assert (answer.status, content(answer)["error"], messages) == (400, "unusable", [])
        assert "HR_ADDRESS_PUBLIC_KEY" in content(answer)["message"], "an address alone is not enough"
        return
    assert answer.status == 200, content(answer)
    (message,) = messages
    assert (message["kind"], message["employee_id"], message["start_date"]) == sample.event
    assert message["vendor_id"] == sample.vendor_id
    assert (message["source"], message["unverified"]) == (sample.source, sample.unverified)
    assert "@" not in json.dumps(message)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_address_is_the_hires_work_address_or_none(name: str) -> None:
    sample = SAMPLES[name]
    source = find_source(sample.source)
    assert source is not None
    body, headers = signed(sample)
    reading = source.read(Request(headers=headers, body=body), NOW)
    assert [event.address for event in reading.events] == [sample.address]


@pytest.mark.pitfall("K1")
@pytest.mark.parametrize("name", SAMPLES)
async def test_a_retry_has_the_same_event_id(world: World, name: str) -> None:
    """simstudioai/sim PR#5518: a missing delivery id became a random one, and every retry was a new hire."""
    sample = SAMPLES[name]
    delivery = signed(sample)
    for _ in range(3):
        await post(world, sample.source, *delivery)
    assert len({(message["event_id"], message["mark"]) for message in await queued(world)}) <= 1


@pytest.mark.pitfall("K2")
@pytest.mark.parametrize("name", SAMPLES)
async def test_another_secret_no_secret_and_garbage_are_401(world: World, name: str) -> None:
    """standardwebhooks 1.1.0 raises ValueError and its kin; nobody's header may become a 500."""
    sample = SAMPLES[name]
    body, good = signed(sample)
    other = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY" if sample.secret.startswith("whsec_") else "another:secret"
    forged_body, forged = sample.sign(sample.content, other)
    assert (await post(world, sample.source, forged_body, forged)).status == 401
    media_type = {"content-type": good["content-type"]}
    if sample.source != "lever":  # its signature stands in the body
        assert (await post(world, sample.source, body, media_type)).status == 401
        for garbage in ("", " ", "garbage", "v1,a,b", "v1,  x", "sha256 zz", "sha256=", "Bearer", "Basic @@", "\u00e9"):
            headers = {header: garbage for header in good if header != "content-type"} | media_type
            assert (await post(world, sample.source, body, headers)).status == 401, garbage
    assert (await post(world, sample.source, b"\xff\xfe", {**good})).status in (400, 401)
    assert await queued(world) == []


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.source in BODY_SIGNED])
async def test_a_signature_over_another_body_is_401(world: World, name: str) -> None:
    sample = SAMPLES[name]
    body, headers = signed(sample)
    assert (await post(world, sample.source, body.replace(b"1", b"2") + b" ", headers)).status == 401


@pytest.mark.parametrize("name", SAMPLES)
async def test_both_secrets_are_valid_during_a_rotation(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A 401 is final for several HR systems: a rotation must not lose a hire."""
    sample = SAMPLES[name]
    new = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY" if sample.secret.startswith("whsec_") else "user:new-secret"
    monkeypatch.setenv(secret_setting(sample.source), f"{new}, {sample.secret}")
    old_answer = await post(world, sample.source, *signed(sample))
    new_answer = await post(world, sample.source, *sample.sign(sample.content, new))
    assert 401 not in (old_answer.status, new_answer.status)


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_body_of_another_kind_is_415(world: World, name: str) -> None:
    sample = SAMPLES[name]
    body, headers = signed(sample)
    answer = await post(world, sample.source, body, {**headers, "content-type": "application/xml"})
    assert (answer.status, content(answer)["error"]) == (415, "unsupported_media_type")


def test_what_the_facts_do_not_prove_is_a_hint() -> None:
    """The list is the promise of the README; a source leaves it only when its vendor confirmed the form."""
    confirmed = {name for name in all_names() if (source := find_source(name)) and not source.caveat}
    assert confirmed == {*SOURCES_IN_CODE, "finch", "hibob", "merge", "remote", "successfactors", "workday"}


def test_no_source_lets_everybody_in() -> None:
    for name in all_names():
        source = find_source(name)
        assert source is not None
        with pytest.raises(AuthenticationFailed):
            source.verify(Request(body=b"{}"), "secret", NOW)
