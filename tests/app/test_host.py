"""The host over real HTTP: both listeners, and Easy Auth against the stand-in tenant."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.person import Person
from local.processes import free_ports, tethered
from local.stack import ROOT, StackInfo, host_environment
from tests import web
from tests.running_stack import HostWith, stop_process, wait_for_host

pytestmark = pytest.mark.app
SAMPLE_APP = ROOT / "tests/stand_ins/host/sample_app"


@pytest.fixture
def upstream(stack: StackInfo, tmp_path: Path) -> Iterator[StackInfo]:
    """Easy Auth in front of another host: the stack's own admin listener stands for `func start`."""
    site, admin = free_ports(2)
    command = [sys.executable, "-m", "local", "host", "--site-port", str(site), "--admin-port", str(admin)]
    environment = host_environment(stack, settings={})
    process = subprocess.Popen(
        tethered([*command, "--upstream", stack.admin, "--state", str(tmp_path)]),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    info = StackInfo.from_json(
        {**stack.as_json(), "site": f"http://127.0.0.1:{site}", "admin": f"http://127.0.0.1:{admin}"}
    )
    try:
        wait_for_host(info, process)
        yield info
    finally:
        stop_process(process)


async def raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are; returns the head of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head


FORGED = {"x-ms-client-principal": "e30=", "X-MS-CLIENT-PRINCIPAL-ID": "someone"}


def test_a_forged_principal_is_nobody_on_either_listener(stack: StackInfo) -> None:
    assert web.get(stack.site, headers=FORGED).status_code == 302
    assert web.get(stack.admin, headers=FORGED).status_code in {401, 403}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", b"302"),
        ("/api/tenant", b"302"),
        ("/api/hires/bamboohr/../../me", b"302"),
        ("//evil.example.com", b"302"),
        ("/.auth/me", b"401"),
    ],
)
async def test_raw_targets(stack: StackInfo, target: str, status: bytes) -> None:
    head = await raw(stack.site, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert head.split()[1] == status
    assert b"location: //" not in head.lower()


async def test_nonsense_is_a_4xx(stack: StackInfo) -> None:
    for request in (b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        assert (await raw(stack.site, request)).split()[1].startswith(b"4")


def test_the_admin_api_wants_the_master_key(stack: StackInfo) -> None:
    url = f"{stack.admin}/admin/functions"
    assert web.get(url).status_code == 401
    assert web.get(url, headers={"x-functions-key": stack.function_key}).status_code == 401
    names = [f["name"] for f in web.get(url, headers={"x-functions-key": stack.master_key}).json()]
    assert {"page", "hires", "sweep", "tenant"} <= set(names)


def test_a_host_with_other_settings(stack: StackInfo, host_with: HostWith) -> None:
    other = host_with({"AzureWebJobs.me.Disabled": "true"})
    assert web.get(f"{other.admin}/me", headers=stack.admin_headers).status_code == 404
    assert web.get(f"{stack.admin}/me", headers=stack.admin_headers).status_code != 404
    functions = web.get(f"{other.admin}/admin/functions", headers={"x-functions-key": other.master_key}).json()
    assert {f["trigger"] for f in functions} == {"httpTrigger"}


def test_easy_auth_in_front_of_another_host(upstream: StackInfo) -> None:
    assert web.get(f"{upstream.site}/").status_code == 302
    answer = web.post(f"{upstream.site}/api/hires/bamboohr", content=b"{}", headers=FORGED)
    assert 400 <= answer.status_code < 500
    answer = web.get(f"{upstream.admin}/admin/host/status", headers={"x-functions-key": upstream.master_key})
    assert answer.json()["state"] == "Running"


async def test_sign_in_against_the_tenant(provisioned: StackInfo) -> None:
    name = "sign-in-walker@example.com"
    async with Person(name) as person:
        account = {"userPrincipalName": name, "displayName": "Walker Example"}
        made = await person.http.post(f"{provisioned.tenant}/_local/users", json=[account])
        assert made.status_code < 300, made.text
        page = await person.open(f"{provisioned.site}/?from=mail")
        assert page.url == f"{provisioned.site}/?from=mail"
        (me,) = await person.get_json(f"{provisioned.site}/.auth/me")
        assert me["user_id"] == name
        await person.open(f"{provisioned.site}/.auth/logout")
        assert (await person.http.get(f"{provisioned.site}/.auth/me")).status_code == 401


def test_a_port_in_use_is_said_in_a_sentence(stack: StackInfo) -> None:
    taken = urlsplit(stack.site).port
    command = [sys.executable, "-m", "local", "host", "--site-port", str(taken), "--admin-port", str(free_ports(1)[0])]
    done = subprocess.run(
        [*command, "--upstream", stack.admin],
        cwd=ROOT,
        env=host_environment(stack, settings={}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    reason = f"Port {taken} cannot be used: Address already in use. Choose another."
    assert f"The host cannot start. {reason}\n" in done.stderr
