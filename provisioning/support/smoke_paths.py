"""Checks of the paths that need no sign-in: each is open as it is written, and leads nowhere else.

How Easy Auth compares an excluded path (case, a slash, dots, encoded letters) is not documented, so it is tried.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from provisioning.support.check import Check
from provisioning.support.smoke import (
    REDIRECTS,
    CheckOf,
    Deployment,
    Visitor,
    check_admin_shut,
    check_forged_principal,
    check_health,
    check_me,
    check_plain_http,
    check_sign_in,
    check_start,
    forged_principal,
    is_public_page,
)

START = "/start"
SHUT = range(400, 500)


def webhook_path(source: str) -> str:
    """Return the path of an HR source."""
    return f"/api/hires/{source}"


async def deliver_unsigned(deployment: Deployment, visitor: Visitor, path: str, media_type: str) -> httpx.Response:
    """Post a delivery that nobody signed, from a caller who also pretends to be signed in."""
    headers = {**forged_principal(deployment.tenant_id), "content-type": media_type}
    return await visitor.ask(f"{deployment.url}{path}", "POST", headers=headers, body=b"{}")


def own_error(answer: httpx.Response) -> str | None:
    """Return the code of an error of ours; None where another answers, such as Easy Auth."""
    try:
        content: Any = answer.json()
    except ValueError:
        return None
    code = content.get("error") if isinstance(content, dict) else None
    return code if isinstance(code, str) and "message" in content else None


async def check_webhooks(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that each configured source's address reaches our code, which refuses what is not signed."""
    if not deployment.sources:
        remedy = "Name the HR sources in HR_SOURCES or with --sources."
        return Check("webhooks", True, "Not checked: no HR source is named.", remedy)
    answers = await asyncio.gather(
        *(
            deliver_unsigned(deployment, visitor, webhook_path(name), media_type)
            for name, media_type in deployment.sources.items()
        )
    )
    faults = [
        fault for name, answer in zip(deployment.sources, answers, strict=True) if (fault := fault_of(name, answer))
    ]
    if faults:
        return Check("webhooks", False, " ".join(faults), "Then provision, and restart front.")
    names = ", ".join(deployment.sources)
    return Check("webhooks", True, f"Our own code refuses an unsigned delivery: {names}.")


def fault_of(name: str, answer: httpx.Response) -> str | None:
    """Return what is wrong with a source's answer to an unsigned delivery; None where nothing is."""
    code, status = own_error(answer), answer.status_code
    if (status, code) == (401, "not_verified"):
        return None
    if status < 300:
        return f"{name} ACCEPTED an unsigned delivery ({status}): turn it off."
    if code is None:
        return f"{name} is not reached ({status}): its path is not excluded from sign-in; name it in HR_SOURCES."
    if code == "misconfigured":
        return f"{name} has no usable secret: put it into the vault as hr-{name}."
    if code == "unknown_source":
        return (
            f"{name} is not a source that front knows: check the name, and HR_PROFILES_DIR for a profile of your own."
        )
    return f"{name} answers {status} {code}."


def other_spellings(path: str) -> Iterator[str]:
    """Yield the path as a careless comparison would take it for the same."""
    folder, _, last = path.rpartition("/")
    yield f"{path}/"
    yield path.upper()
    yield f"/{path}"
    yield f"{folder}//{last}"
    yield f"/%2e{path}"
    yield f"{folder}/%{ord(last[0]):02x}{last[1:]}"
    yield f"{path};x"


def ways_in(path: str) -> Iterator[str]:
    """Yield addresses that begin like an excluded path and end at a page that needs a sign-in."""
    up = "/.." * path.count("/")
    yield f"{path}/me"
    yield f"{path}{up}/me"
    yield f"{path}{up.replace('..', '%2e%2e')}/me"
    yield f"{path}{up.replace('/..', '/..%2f')}me"
    yield f"{path};/..{up}/me"
    yield f"{path}{up}/"


async def check_excluded_paths(deployment: Deployment, visitor: Visitor) -> Check:
    """Check that no other spelling of an open path, and no path below one, opens what needs a sign-in."""
    opened, loose = [], []
    for path, answer in await ask_around(deployment, visitor):
        if is_public_page(answer) or own_error(answer) is not None:
            loose.append(f"{path} ({answer.status_code})")
        elif answer.status_code not in REDIRECTS and answer.status_code not in SHUT:
            opened.append(f"{path} ({answer.status_code})")
    if opened:
        remedy = (
            "Remove the excluded paths, and let nobody in until then: below these paths, anyone can claim to be anyone."
        )
        return Check(
            "excluded paths", False, f"The following paths are open but must not be: {', '.join(opened)}.", remedy
        )
    if loose:
        detail = (
            "Nothing else is open. The following are compared loosely, but are refused or public anyway: "
            f"{', '.join(loose)}."
        )
        return Check("excluded paths", True, detail, figures={"loose": loose})
    return Check("excluded paths", True, "Open paths are compared exactly, and nothing below them is open.")


async def ask_around(deployment: Deployment, visitor: Visitor) -> list[tuple[str, httpx.Response]]:
    """Ask for every other spelling of every open path, and for what lies behind it, as a forged principal."""
    headers = forged_principal(deployment.tenant_id)
    hooks = {webhook_path(name): media_type for name, media_type in deployment.sources.items()}
    pages = [*other_spellings(START), *(path for open_path in (START, *hooks) for path in ways_in(open_path))]
    posts = {path: media_type for hook, media_type in hooks.items() for path in other_spellings(hook)}
    answers = await asyncio.gather(
        *(visitor.ask(f"{deployment.url}{path}", headers=headers) for path in pages),
        *(deliver_unsigned(deployment, visitor, path, media_type) for path, media_type in posts.items()),
    )
    return list(zip((*pages, *posts), answers, strict=True))


CHECKS: Mapping[str, CheckOf] = {
    "sign-in": check_sign_in,
    "start": check_start,
    "forged principal": check_forged_principal,
    "/.auth/me": check_me,
    "https": check_plain_http,
    "webhooks": check_webhooks,
    "excluded paths": check_excluded_paths,
    "administration": check_admin_shut,
    "health": check_health,
}
