"""A logo at an address: fetched and served by us, so that it changes without a deployment and no page loads it from
elsewhere.

An instance keeps it for ten minutes. A page never waits for it longer than half a second: it is shown without.
"""

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from landing.brand import DATA, LARGEST_LOGO, is_address
from landing.settings import PageSettings
from provisioning.log import EventLog
from provisioning.services import Services
from provisioning.settings import load

if TYPE_CHECKING:
    from aiohttp import ClientResponse

log = EventLog(__name__)

KEPT_FOR = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)  # where it could not be had
PATIENCE = 0.5  # seconds, in all
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class LogoUnavailable(Exception):
    """There is no logo at the address that can be used; says why."""


@dataclass
class RemoteLogo:
    """What is known of the logo at an address.

    Attributes:
        content: The picture as a data: address; None until there is one.
        next_look: When it is looked for again.
    """

    content: str | None = None
    next_look: datetime = LONG_AGO


async def page_settings(services: Services) -> PageSettings:
    """Read the page's settings, with the logo itself in the place of an address.

    Raises:
        ConfigurationError: A setting of the page is wrong.
    """
    settings = load(PageSettings)
    address = settings.logo_file
    if address is None or not is_address(address):
        return settings
    kept = services.cached(RemoteLogo, RemoteLogo)
    if services.now() >= kept.next_look:
        await fetch_again(kept, address, now=services.now())
    return settings.model_copy(update={"logo_file": kept.content})


async def fetch_again(kept: RemoteLogo, address: str, *, now: datetime) -> None:
    """Look at the address once more; the logo of before stays where there is none now.

    The address may carry a shared access signature, so the log does not name it.
    """
    kept.next_look = now + AGAIN_AFTER  # at once, so that requests beside this one do not ask as well
    try:
        content = await fetch(address)
    except LogoUnavailable as error:
        log.warning("page_logo_unavailable", reason=error)
        return
    kept.content = DATA + base64.b64encode(content).decode()
    kept.next_look = now + KEPT_FOR


async def fetch(address: str) -> bytes:
    """Return what is at an address.

    Raises:
        LogoUnavailable: It cannot be had within half a second, is not answered with 200, or has too many bytes.
    """
    import aiohttp  # a deployment without such an address never needs it here

    try:
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            return await read_logo(answer)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LogoUnavailable(f"The address in PAGE_LOGO_FILE cannot be reached ({type(error).__name__}).") from error


async def read_logo(answer: "ClientResponse") -> bytes:
    """Return the content of an answer.

    Raises:
        LogoUnavailable: It is no success, or has too many bytes.
    """
    if answer.status != 200:
        raise LogoUnavailable(f"The address in PAGE_LOGO_FILE was answered {answer.status}.")
    try:
        await answer.content.readexactly(LARGEST_LOGO + 1)
    except asyncio.IncompleteReadError as everything:
        return everything.partial
    raise LogoUnavailable(f"The address in PAGE_LOGO_FILE has more than {LARGEST_LOGO} bytes.")
