"""HR systems over real HTTP: handshakes, a form, and a customer's bad profile beside all that works."""

from pathlib import Path

import httpx
import pytest

from local.stack import StackInfo
from tests import web
from tests.integration.samples import SAMPLES
from tests.integration.test_customer_profiles import HUMI
from tests.running_stack import HostWith

pytestmark = pytest.mark.app


def test_handshakes_a_form_and_a_bad_profile(stack: StackInfo, host_with: HostWith, tmp_path: Path) -> None:
    profiles = tmp_path / "hr"
    profiles.mkdir()
    (profiles / "acme.toml").write_text(HUMI.replace("confirmed = true", "confirmed = 1.5"))
    names = ("okta", "cloudevents", "rippling", "greenhouse")
    secrets = {f"HR_SECRET_{name.upper()}": SAMPLES[name].secret for name in names}
    other = host_with({"HR_PROFILES_DIR": str(profiles), **secrets})
    hires = f"{other.site}/api/hires"

    answer = web.get(f"{hires}/okta", headers={"X-Okta-Verification-Challenge": "abc-123"})
    assert (answer.status_code, answer.json()) == (200, {"verification": "abc-123"})
    answer = httpx.options(f"{hires}/cloudevents", headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert (answer.status_code, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    answer = web.get(f"{hires}/greenhouse")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")

    for name, changes in (("rippling", {"event_name": "employee.moved"}), ("greenhouse", {"action": "ping"})):
        sample = SAMPLES[name]
        body, headers = sample.sign({**sample.content, **changes}, sample.secret)
        answer = web.post(f"{hires}/{name}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "ignored"), name
        assert web.post(f"{hires}/{name}", content=body + b"1").status_code == 401

    answer = web.post(f"{hires}/acme", content=b"{}")
    assert (answer.status_code, answer.json()["error"]) == (503, "misconfigured")
    assert "acme.toml:2: confirmed" in answer.json()["message"]
    assert web.get(f"{other.site}/").status_code == 302, "the page goes on"
