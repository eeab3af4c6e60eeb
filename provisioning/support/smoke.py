"""Checks of a deployment from outside, as a stranger: what is open, what is shut, and where the sign-in leads.

Nothing here signs in or writes. A request to a webhook is unsigned and refused.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import UUID

import httpx

from provisioning.easy_auth import HEADER
from provisioning.support.check import Check
from provisioning.tenant.desired import CALLBACK

OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
MOST_REDIRECTS = 3
TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # a cold start included
AT_ONCE = 8  # requests
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REFUSALS = frozenset({401, 403, 404})
EASY_AUTH_REMEDY = (
    "Let nobody in yet: sign-in does not guard the page. Right after a deployment, wait a few minutes and run this "
    "again. Otherwise, set AUTH_CLIENT_ID (azd env set) and provision again."
)


@dataclass(frozen=True)
class Deployment:
    """What is looked at, and what it should be.

    Attributes:
        url: Of the landing page, without a trailing slash.
        client_id: Of the app registration that people sign in to.
        tenant_id: The Entra tenant.
        authority: Host of the tenant's sign-in page, with its port if it has one.
        sources: The configured HR sources by name, each with the media type it takes.
        admin: Address of the tenant app; None where it is not looked at.
        admin_headers: What proves us to it; empty where its health is not asked.
    """

    url: str
    client_id: UUID
    tenant_id: UUID
    authority: str
    sources: Mapping[str, str] = field(default_factory=dict)
    admin: str | None = None
    admin_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Visitor:
    """Asks for addresses exactly as written: no redirect is followed, no dot or slash is tidied.

    Args:
        client: With the deployment's address as its base.
        limit: How many requests go at once.
    """

    client: httpx.AsyncClient
    limit: asyncio.Semaphore

    async def ask(
        self, url: str, method: str = "GET", *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> httpx.Response:
        """Send one request to an address of any host; the path goes out byte by byte as it stands.

        An httpx.URL resolves `..`; the extension `target` is what stands in the request line (httpcore, extensions).
        """
        parts = urlsplit(url)
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}".encode()
        address, extensions = f"{parts.scheme}://{parts.netloc}/", {"target": target}
        async with self.limit:
            return await self.client.request(method, address, headers=headers, content=body, extensions=extensions)


def forged_principal(tenant_id: UUID) -> Mapping[str, str]:
    """Return the headers of a caller who pretends to be signed in."""
    stranger = "00000000-0000-4000-8000-000000000001"
    claims = [{"typ": "oid", "val": stranger}, {"typ": "tid", "val": str(tenant_id)}, {"typ": "name", "val": "Forged"}]
    principal = {"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": claims}
    return {
        HEADER: base64.b64encode(json.dumps(principal).encode()).decode(),
        "x-ms-client-principal-id": stranger,
        "x-ms-client-principal-idp": "aad",
    }


async def check_sign_in(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that a stranger at `/` is sent to sign in: to our tenant, for our registration, with OIDC scopes only."""
    url = f"{deployment.url}/"
    for _ in range(MOST_REDIRECTS):
        answer = await visitor.ask(url)
        if answer.status_code not in REDIRECTS:
            break
        url = urljoin(url, answer.headers.get("location", ""))
        if urlsplit(url).netloc == deployment.authority:
            return judge_sign_in(deployment, url)
    if answer.status_code in REDIRECTS:
        detail = f"/ leads to {urlsplit(url).netloc}, not to {deployment.authority}."
        return Check("sign-in", False, detail, "Check the address, and AZURE_AUTHORITY_HOST in a national cloud.")
    return Check("sign-in", False, f"/ answers {answer.status_code} to a stranger.", EASY_AUTH_REMEDY)


def judge_sign_in(deployment: Deployment, url: str) -> Check:
    """Compare what the sign-in page is asked for with what it should be asked for."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    scopes = frozenset(asked.get("scope", "").split())
    wrong = []
    if asked.get("client_id", "").casefold() != str(deployment.client_id):
        wrong.append(f"for the client ID {asked.get('client_id')}, not {deployment.client_id}")
    if parts.path.split("/")[1].casefold() != str(deployment.tenant_id):
        wrong.append(f"in the tenant {parts.path.split('/')[1]}, not {deployment.tenant_id}")
    if "openid" not in scopes or scopes - OIDC_SCOPES:
        wrong.append(
            f"with the scopes {' '.join(sorted(scopes)) or '(none)'}, which are not those of OpenID Connect only"
        )
    if asked.get("redirect_uri") != f"{deployment.url}{CALLBACK}":
        wrong.append(f"with the return address {asked.get('redirect_uri')}, not {deployment.url}{CALLBACK}")
    if wrong:
        remedy = "Check AUTH_CLIENT_ID and provision again; other scopes would keep the policy from judging this app."
        return Check("sign-in", False, f"A stranger is sent to sign in {'; '.join(wrong)}.", remedy)
    return Check("sign-in", True, f"A stranger is sent to sign in to {deployment.client_id}, with OIDC scopes only.")


async def check_start(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that the public page is there for everybody."""
    answer = await visitor.ask(f"{deployment.url}/start")
    if is_public_page(answer):
        return Check("start", True, "/start is open to everybody.")
    detail = f"/start answers {answer.status_code}, not our public page."
    return Check(
        "start", False, detail, "Check that /start is an excluded path, and that front is deployed and running."
    )


def is_public_page(answer: httpx.Response) -> bool:
    """Whether an answer is our public page: HTML with the policy of contents that every page of ours has."""
    return (
        answer.status_code == 200
        and answer.headers.get("content-type", "").startswith("text/html")
        and "content-security-policy" in answer.headers
    )


async def check_forged_principal(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that the header that says who is signed in is not believed when a stranger sends it."""
    headers = forged_principal(deployment.tenant_id)
    answers = {path: await visitor.ask(f"{deployment.url}{path}", headers=headers) for path in ("/", "/me")}
    believed = [path for path, answer in answers.items() if answer.status_code not in REDIRECTS | REFUSALS]
    if believed:
        shown = ", ".join(f"{path} ({answers[path].status_code})" for path in believed)
        return Check(
            "forged principal", False, f"A request that only claims to be signed in gets in: {shown}.", EASY_AUTH_REMEDY
        )
    return Check("forged principal", True, "A request that only claims to be signed in is sent to sign in.")


async def check_me(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that Easy Auth tells a stranger nothing; without a token store the address need not exist."""
    answer = await visitor.ask(f"{deployment.url}/.auth/me")
    if answer.status_code in REDIRECTS | REFUSALS or answer.content.strip() == b"[]":
        return Check("/.auth/me", True, f"/.auth/me reveals nothing to a stranger ({answer.status_code}).")
    detail = f"/.auth/me answers {answer.status_code} to a stranger."
    return Check("/.auth/me", False, detail, EASY_AUTH_REMEDY)


async def check_plain_http(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that nothing is served without TLS."""
    if not deployment.url.startswith("https://"):
        return Check("https", True, "Not checked: the address is not https, as on a laptop.")
    try:
        answer = await visitor.ask(deployment.url.replace("https://", "http://", 1) + "/")
    except httpx.TransportError:
        return Check("https", True, "Without TLS nothing answers.")
    if answer.status_code in REDIRECTS and answer.headers.get("location", "").startswith("https://"):
        return Check("https", True, "Without TLS a visitor is sent to https.")
    return Check("https", False, f"http:// answers {answer.status_code}.", "Set httpsOnly on the site.")


async def check_admin_shut(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that the administration API is shut, on its own app and through the landing page's address."""
    nobody = "00000000-0000-4000-8000-000000000000"
    paths = ("/api/health", f"/api/operations/{nobody}", f"/api/people/{nobody}")
    hosts = (deployment.url, *([deployment.admin] if deployment.admin else []))
    urls = [f"{host}{path}" for host in hosts for path in paths]
    headers = forged_principal(deployment.tenant_id)
    answers = await asyncio.gather(*(visitor.ask(url, headers=headers) for url in urls))
    opened = [url for url, answer in zip(urls, answers, strict=True) if answer.status_code not in REDIRECTS | REFUSALS]
    if opened:
        remedy = "Check the authentication of the tenant app, and that front runs none of its functions."
        return Check("administration", False, f"A stranger gets an answer from {', '.join(opened)}.", remedy)
    shown = "on both apps" if deployment.admin else "on front; the tenant app was not named"
    return Check("administration", True, f"The administration API is closed to strangers {shown}.")


async def check_health(deployment: Deployment, visitor: Visitor) -> Check:
    """Ask the product itself whether it is well, where something proves us to it."""
    if not (deployment.admin and deployment.admin_headers):
        remedy = "Set FUNCTION_KEY or ADMIN_TOKEN in addition to --admin, or run: python -m provisioning health"
        return Check("health", True, "Not asked: no key or token for the tenant app was given.", remedy)
    answer = await visitor.ask(f"{deployment.admin}/api/health", headers=deployment.admin_headers)
    try:
        found = answer.json()
        faults = [check for check in found["checks"] if not check["healthy"]]
    except (ValueError, KeyError, TypeError):
        remedy = "Check the key or the token, and the tenant app's log."
        return Check("health", False, f"/api/health answers {answer.status_code}, not the product's health.", remedy)
    if faults:
        detail = " ".join(f"{fault['name']}: {fault['detail']}" for fault in faults)
        return Check("health", False, detail, " ".join(fault["remedy"] for fault in faults if fault.get("remedy")))
    return Check("health", True, f"All {len(found['checks'])} health checks of the product pass.")


CheckOf = Callable[[Deployment, Visitor], Awaitable[Check]]


async def run_checks(deployment: Deployment, checks: Mapping[str, CheckOf], *, visitor: Visitor) -> Sequence[Check]:
    """Run checks one after another; one whose request fails is a fault of the deployment, not of this run."""
    found = []
    for name, check in checks.items():
        try:
            found.append(await check(deployment, visitor))
        except httpx.HTTPError as error:
            detail = f"{deployment.url} did not answer ({type(error).__name__})."
            remedy = "Check the address and the network; right after a deployment, wait and run this again."
            found.append(Check(name, False, detail, remedy))
    return found
