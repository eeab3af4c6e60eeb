"""`smoke`: tries a deployment from outside, and says what a person must see."""

import argparse
import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioning.cli.arguments import FAULT, SAME, as_sentence, epilog, print_json, print_text
from provisioning.cli.environment import required_id

if TYPE_CHECKING:
    from provisioning.cli.arguments import Commands
    from provisioning.support.check import Check
    from provisioning.support.smoke import Deployment

EXAMPLES = (
    "smoke https://func-front-a1b2c3.azurewebsites.net --env-file .azure/values.env",
    'smoke "$SITE" --admin "$ADMIN"      # on the laptop: AZURE_AUTHORITY_HOST="$TENANT", AUTH_CLIENT_ID of the tenant',
)
ENVIRONMENT = {
    "AUTH_CLIENT_ID": "client ID of the app registration that people sign in to",
    "TENANT_ID": "the Entra tenant; azd's AZURE_TENANT_ID works, too",
    "LANDING_URL, TENANT_URL": "addresses of front and of the tenant app, as azd's outputs name them",
    "HR_SOURCES": "the HR sources in use, separated by commas",
    "FUNCTION_KEY, ADMIN_TOKEN": "a key or a bearer token for the tenant app, with which its health is checked",
    "AZURE_AUTHORITY_HOST": "the sign-in address of the tenant's national cloud",
}
AGAIN_AFTER = 10.0  # seconds
LOGIN_HOST = "login.microsoftonline.com"
SIGNED_IN = """One thing is left that only a person can see. In a private window of a browser:
1. Open {url}/start and choose "Sign in and begin". Microsoft's sign-in page opens.
2. Sign in as a test account of yours that is in the enrollment group.
3. You must come back to {url}/ and see where this account stands: ready, or what is missing.
If the page says that you are signed out, or sends you to sign in again and again, front does not see that Easy Auth is
on (WEBSITE_AUTH_ENABLED): restart front; if it stays, let nobody in. If Microsoft answers AADSTS50011, the registration
lacks the redirect address: run apply again."""


def add_parser(commands: "Commands") -> None:
    """Add the sub-command."""
    purpose = "test a deployment from outside: what is open, what is closed, and where the sign-in leads"
    end = epilog(EXAMPLES, exit_codes="0 everything is as it should be; 1 something is not", environment=ENVIRONMENT)
    description = f"{as_sentence(purpose)} The test does not sign in and writes nothing."
    parser = commands.add_parser("smoke", help=purpose, description=description, epilog=end)
    parser.add_argument("url", nargs="?", metavar="URL", help="address of the landing page; by default LANDING_URL")
    parser.add_argument("--admin", metavar="URL", help="address of the tenant app; by default TENANT_URL")
    parser.add_argument("--sources", metavar="NAMES", help="HR sources, separated by commas; by default HR_SOURCES")
    parser.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS", help="keep trying for this long while something fails"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON document on stdout")
    parser.set_defaults(run=run, parser=parser)


async def run(given: argparse.Namespace) -> int:
    """Try it.

    Raises:
        ConfigurationError: What it should be is not known.
    """
    deployment = deployment_of(given, os.environ)
    checks = await try_until_well(deployment, end=time.monotonic() + given.wait)
    if given.json:
        print_json({"url": deployment.url, "checks": [check.as_json() for check in checks]})
    else:
        print_text("\n".join(lines_of(checks)))
        print_text(f"\n{SIGNED_IN.format(url=deployment.url)}")
    return SAME if all(check.healthy for check in checks) else FAULT


def lines_of(checks: "Sequence[Check]") -> list[str]:
    """Return a line for each check."""
    return [
        f"{'ok  ' if check.healthy else 'FAIL'} {check.name}: {check.detail} {check.remedy or ''}".rstrip()
        for check in checks
    ]


def deployment_of(given: argparse.Namespace, environment: Mapping[str, str]) -> "Deployment":
    """Return what to look at, from the arguments or else the environment.

    Raises:
        ConfigurationError: An address or an id is missing or is none.
    """
    from provisioning.support.smoke import Deployment

    names = given.sources if given.sources is not None else environment.get("HR_SOURCES", "")
    url = site_address(given.url or environment.get("LANDING_URL", ""), setting="LANDING_URL")
    admin = given.admin or environment.get("TENANT_URL", "")
    return Deployment(
        url=url,
        client_id=required_id("AUTH_CLIENT_ID", environment=environment),
        tenant_id=required_id("TENANT_ID", "AZURE_TENANT_ID", environment=environment),
        authority=authority_of(environment),
        sources={name: media_type_for(name) for name in (part.strip() for part in names.split(",")) if name},
        admin=site_address(admin, setting="TENANT_URL") if admin else None,
        admin_headers=proof_in(environment),
    )


def site_address(text: str, *, setting: str) -> str:
    """Return an address without a trailing slash.

    Raises:
        ConfigurationError: It is none.
    """
    from provisioning.errors import ConfigurationError

    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path.strip("/"):
        fault = f"is not the address of a site: '{text}'" if text else "is missing"
        raise ConfigurationError(setting, fault=fault, remedy="Give the address, such as https://enroll.example.com.")
    return f"{parts.scheme}://{parts.netloc}"


def authority_of(environment: Mapping[str, str]) -> str:
    """Return the host of the tenant's sign-in page."""
    from provisioning.cli.credentials import AUTHORITIES

    chosen = environment.get("AZURE_AUTHORITY_HOST", "")
    if chosen:
        return urlsplit(chosen if "//" in chosen else f"https://{chosen}").netloc
    graph = urlsplit(environment.get("GRAPH_ENDPOINT", "")).hostname or ""
    return AUTHORITIES.get(graph, LOGIN_HOST)


def media_type_for(name: str) -> str:
    """Return a type of body that a source takes; JSON for one that only the deployment knows."""
    from provisioning.webhooks.sources.registry import find_source

    source = find_source(name)
    return next(iter(source.media_types), "application/json") if source is not None else "application/json"


def proof_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that prove the caller to the tenant app; none where nothing is set."""
    if environment.get("ADMIN_TOKEN"):
        return {"authorization": f"Bearer {environment['ADMIN_TOKEN']}"}
    return {"x-functions-key": environment["FUNCTION_KEY"]} if environment.get("FUNCTION_KEY") else {}


async def try_until_well(deployment: "Deployment", *, end: float) -> "Sequence[Check]":
    """Run every check, again while one fails and there is time: a deployment takes minutes to be what it will be."""
    import httpx

    from provisioning.support.smoke import AT_ONCE, TIMEOUT, Visitor, run_checks
    from provisioning.support.smoke_paths import CHECKS

    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
        visitor = Visitor(client, asyncio.Semaphore(AT_ONCE))
        while True:
            checks = await run_checks(deployment, CHECKS, visitor=visitor)
            if all(check.healthy for check in checks) or time.monotonic() + AGAIN_AFTER > end:
                return checks
            await asyncio.sleep(AGAIN_AFTER)
