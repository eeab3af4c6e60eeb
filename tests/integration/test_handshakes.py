"""How HR systems test the address before they use it: answered at once, without a secret, and nothing is fetched."""

import json
from typing import Any

import pytest

from provisioning.errors import ConfigurationError
from provisioning.hr_settings import secret_setting
from provisioning.webhooks.sources.handshakes import methods_of
from provisioning.webhooks.sources.registry import all_names, find_source
from tests.integration.conftest import World
from tests.integration.samples import SAMPLES
from tests.integration.webhooks import content, post, queued

CHALLENGE = "x-okta-verification-challenge"
VALIDATION = {
    "id": "2d1781af",
    "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
    "data": {"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6", "validationUrl": "http://169.254.169.254/x"},
}
GRID = {"aeg-event-type": "SubscriptionValidation", "content-type": "application/json; charset=utf-8"}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HR_PROFILES_DIR", raising=False)
    for sample in SAMPLES.values():
        monkeypatch.setenv(secret_setting(sample.source), sample.secret)


async def test_okta_gets_its_challenge_back_as_json(world: World) -> None:
    answer = await post(world, "okta", b"", {CHALLENGE: "Zx9_-+/=."}, method="GET")
    assert (answer.status, content(answer)) == (200, {"verification": "Zx9_-+/=."})
    assert answer.media_type.startswith("application/json")


@pytest.mark.parametrize(
    "challenge", ["", "<script>alert(1)</script>", "x" * 513, "a b", "\u00e9", "a\r\nSet-Cookie: x"]
)
async def test_a_challenge_that_is_none_is_not_echoed(world: World, challenge: str) -> None:
    answer = await post(world, "okta", b"", {CHALLENGE: challenge}, method="GET")
    assert answer.status == 400
    assert not challenge or challenge not in answer.body.decode()


async def test_cloudevents_allows_exactly_the_origin_that_asks(world: World) -> None:
    headers = {"webhook-request-origin": "eventgrid.azure.net", "webhook-request-callback": "http://169.254.169.254/"}
    answer = await post(world, "cloudevents", b"", headers, method="OPTIONS")
    assert answer.status == 200
    assert answer.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert int(answer.headers["WebHook-Allowed-Rate"]) > 0


@pytest.mark.parametrize("origin", ["", "*", "a b", "x\r\nSet-Cookie: y", "x" * 300, "https://e.example/", "-"])
async def test_an_origin_that_is_none_is_not_allowed(world: World, origin: str) -> None:
    answer = await post(world, "cloudevents", b"", {"webhook-request-origin": origin}, method="OPTIONS")
    assert answer.status == 400
    assert "WebHook-Allowed-Origin" not in answer.headers


async def test_event_grid_gets_its_code_back_with_200(world: World) -> None:
    """202 does not count (azure-docs, end-point-validation-event-grid-events-schema)."""
    answer = await post(world, "eventgrid", json.dumps([VALIDATION]).encode(), GRID)
    assert (answer.status, content(answer)) == (200, {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"})


@pytest.mark.parametrize(
    "body",
    [
        [],
        [VALIDATION, VALIDATION],
        VALIDATION,
        [{**VALIDATION, "eventType": "hire"}],
        [{**VALIDATION, "data": {}}],
        [{**VALIDATION, "data": {"validationCode": "<b>"}}],
        [{**VALIDATION, "data": {"validationCode": 5}}],
        ["x" * 20_000],
    ],
)
async def test_a_validation_that_is_none_is_not_echoed(world: World, body: Any) -> None:
    assert (await post(world, "eventgrid", json.dumps(body).encode(), GRID)).status == 400


async def test_a_delivery_cannot_pass_for_a_validation(world: World) -> None:
    answer = await post(world, "eventgrid", json.dumps(SAMPLES["eventgrid"].content).encode(), GRID)
    assert answer.status == 400
    assert await queued(world) == []


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"Ping test", "text/plain"),
        (b'"Ping test"', "application/json"),
        (b'{"text":"Ping test"}', "application/json"),
        (b"Ping test", ""),
    ],
)
async def test_hibobs_ping_is_answered_though_it_is_not_signed(world: World, body: bytes, media_type: str) -> None:
    """HiBob sets no webhook up whose address does not answer 200."""
    answer = await post(world, "hibob", body, {"content-type": media_type} if media_type else {})
    assert answer.status == 200
    assert await queued(world) == []


async def test_what_is_no_ping_needs_a_signature(world: World) -> None:
    for body in (b"Ping", b'{"text":"Ping test","x":1}', b"", b'{"text":"ping"}'):
        assert (await post(world, "hibob", body, {})).status == 401


@pytest.mark.parametrize("name", ["greenhouse", "ashby"])
async def test_a_signed_ping_is_200(world: World, name: str) -> None:
    sample = SAMPLES[name]
    body, headers = sample.sign({"action": "ping", "payload": {}}, sample.secret)
    answer = await post(world, name, body, headers)
    assert (answer.status, content(answer)["status"]) == (200, "ignored")


async def test_gustos_token_is_acknowledged_before_there_is_a_secret_and_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="provisioning")
    monkeypatch.delenv("HR_SECRET_GUSTO")
    answer = await post(world, "gusto", b'{"verification_token":"0f5f6c9e-3a1d"}', {})
    assert answer.status == 200
    assert "0f5f6c9e" not in caplog.text
    assert "0f5f6c9e" not in answer.body.decode()
    with pytest.raises(ConfigurationError, match="HR_SECRET_GUSTO is missing"):
        await post(world, "gusto", b'{"verification_token":"0f5f6c9e-3a1d","x":1}', {})


@pytest.mark.parametrize("name", ["okta", "cloudevents", "eventgrid", "hibob"])
async def test_a_source_without_a_secret_shakes_no_hands(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(secret_setting(name))
    for method in methods_of(getattr(find_source(name), "handshake", "")):
        with pytest.raises(ConfigurationError, match="is missing"):
            await post(world, name, b"Ping test", {}, method=method)


@pytest.mark.parametrize("name", all_names())
async def test_other_methods_are_405_with_allow(world: World, name: str) -> None:
    source = find_source(name)
    assert source is not None
    allowed = methods_of(source.handshake)
    for method in {"GET", "OPTIONS"} - set(allowed):
        answer = await post(world, name, b"", {}, method=method)
        assert (answer.status, answer.headers["Allow"]) == (405, ", ".join(allowed))
    assert "POST" in allowed
