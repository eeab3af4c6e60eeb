"""What the templates need to know about a visitor, in the visitor's language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from markupsafe import Markup

from landing.principal import ForeignPrincipal, Principal
from landing.rendering import Site
from landing.states import WAITING_FOR_A_CHECK, Known, PageState, Visit
from landing.visits import visit_number
from provisioning.http import Request
from provisioning.languages import Language
from provisioning.model.ledger import Person

HERE = "/"
START = "/start"
SIGN_IN = "/.auth/login/aad?post_login_redirect_uri=%2F"
# Back to us, not to the platform's own bare page (app-service/configure-authentication-customize-sign-in-out).
SIGN_OUT = "/.auth/logout?post_logout_redirect_uri=%2Fstart%3Fleft%3D1"
OTHER_ACCOUNT = "/.auth/logout?post_logout_redirect_uri=%2F"
SECURITY_INFO = "https://mysignins.microsoft.com/security-info"
SECURITY_INFO_HOST = "mysignins.microsoft.com"
LOGIN_HOST = "login.microsoftonline.com"
# learn.microsoft.com/entra/identity/authentication, user-help of Microsoft Authenticator
APPLE_STORE = "https://apps.apple.com/app/microsoft-authenticator/id983156458"
GOOGLE_STORE = "https://play.google.com/store/apps/details?id=com.azure.authenticator"
HOST = re.compile(r"[a-z0-9.-]{1,253}(:\d{1,5})?", re.IGNORECASE)

# What Graph calls a method (authenticationMethod resource type): a symbol, and a name to translate.
METHODS: Mapping[str, tuple[str, str]] = {
    "fido2": ("passkey", "Passkey"),
    "microsoftAuthenticator": ("app", "Microsoft Authenticator"),
    "windowsHelloForBusiness": ("computer", "Windows Hello for Business"),
    "platformCredential": ("computer", "Sign-in key of your Mac"),
    "softwareOath": ("code", "Codes from an app"),
    "hardwareOath": ("code", "Codes from a small device"),
    "phone": ("phone", "Phone (text message or call)"),
    "externalAuthenticationMethod": ("other", "Another provider of your organization"),
}
OTHER_METHOD = ("other", "Another method")


class ShownMethod(NamedTuple):
    """A registered method, ready to read."""

    symbol: str
    name: Markup
    day: str | None


@dataclass(frozen=True)
class PersonPage:
    """What the states' templates say about a person. Days and times are ready to read.

    Attributes:
        methods: A symbol, a name and the day of registration, if it is known, for each.
        unknown: The same of methods that this version does not know, which do not count.
        since: The day since when the oldest one is on record, where no method has a day of its own.
        checked: When the methods were asked for last.
        first_day: The first day of work, if it is still to come.
        phone_ends: When codes by text or call end.
        pass_ends: When the Temporary Access Pass ends.
        security_info: Microsoft's page for this tenant, in the page's language.
    """

    methods: tuple[ShownMethod, ...]
    unknown: tuple[ShownMethod, ...]
    since: str | None
    checked: str | None
    first_day: str | None
    phone_ends: str | None
    pass_ends: str | None
    security_info: str
    apple: Markup
    google: Markup


def person_page(site: Site, known: Known, *, tenant_id: UUID | None) -> PersonPage:
    """Put together what the templates say about a person."""
    language, person = site.language, known.person
    methods = shown_methods(person, person.methods, site) if person else ()
    first_day = person.start_date if person else None
    return PersonPage(
        methods=methods,
        unknown=shown_methods(person, person.unknown_methods, site) if person else (),
        since=local_day(person.registered_at, site) if person and not any(method.day for method in methods) else None,
        checked=local_time(person.checked_at if person else None, site),
        first_day=language.write_day(first_day) if first_day is not None and first_day >= known.today else None,
        phone_ends=language.write_day(known.phone_ends) if known.phone_ends else None,
        pass_ends=local_time(person.pass_ends if person else None, site),
        security_info=security_info_address(language, tenant_id),
        apple=store_link(APPLE_STORE, "App Store"),
        google=store_link(GOOGLE_STORE, "Google Play"),
    )


def shown_methods(person: Person, kinds: Iterable[str], site: Site) -> tuple[ShownMethod, ...]:
    """Return what the page says about methods of these kinds."""
    named = {kind: METHODS.get(kind, OTHER_METHOD) for kind in kinds}
    return tuple(
        ShownMethod(symbol, site.language.text(name), local_day(person.registered_on(kind), site))
        for kind, (symbol, name) in named.items()
    )


def local_day(moment: datetime | None, site: Site) -> str | None:
    """Return the day at the organization."""
    return site.language.write_day(day_of(moment, site)) if moment is not None else None


def day_of(moment: datetime, site: Site) -> date:
    """Return the calendar day that a moment has at the organization."""
    return moment.astimezone(site.brand.zone).date()


def local_time(moment: datetime | None, site: Site) -> Markup | None:
    """Return day, time and time zone at the organization."""
    if moment is None:
        return None
    local = moment.astimezone(site.brand.zone)
    zone = site.brand.zone.key.replace("_", " ")
    return Markup("{} <bdi>({})</bdi>").format(site.language.write_moment(local), zone)


def security_info_address(language: Language, tenant_id: UUID | None) -> str:
    """Return Microsoft's page, pinned to our tenant: with two accounts on a phone it would open the wrong one.

    Source of both parameters: entra-docs, concept-registration-mfa-sspr-combined.
    """
    query = {"tenantId": str(tenant_id), "lng": language.tag} if tenant_id else {"lng": language.tag}
    return f"{SECURITY_INFO}?{urlencode(query)}"


def store_link(address: str, name: str) -> Markup:
    """Return a link to an app store, whose name no language translates."""
    return Markup('<a href="{}"><bdi lang="en">{}</bdi></a>').format(address, name)


def latin(text: str) -> Markup:
    """Return an address or a name so that it keeps its order in a text that runs from right to left."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def own_host(request: Request) -> str:
    """Return the host that the browser shows, or nothing if what the header says is none."""
    host = request.headers.get("host", "")
    return host if HOST.fullmatch(host) else ""


def who_is(principal: Principal | ForeignPrincipal | None) -> Markup | None:
    """Return how the page names who is signed in: the display name, and the sign-in name."""
    if principal is None:
        return None
    name = principal.name if isinstance(principal, Principal) else None
    if name and principal.sign_in_name and name != principal.sign_in_name:
        return Markup('<bdi>{}</bdi> (<bdi dir="ltr">{}</bdi>)').format(name, principal.sign_in_name)
    text = name or principal.sign_in_name
    return Markup("<bdi>{}</bdi>").format(text) if text else Markup("<bdi>?</bdi>")


def common_values(host: str, *, path: str) -> dict[str, object]:
    """Return what every page's layout needs."""
    return {
        "path": path,
        "here": latin(host),
        "there": Markup("{} · {}").format(latin(LOGIN_HOST), latin(SECURITY_INFO_HOST)),
        "login": latin(LOGIN_HOST),
        "sign_in": SIGN_IN,
        "sign_out": SIGN_OUT,
        "other_account": OTHER_ACCOUNT,
        "state": "",
        "visit": None,
        "waiting": False,
        "who": None,
    }


def page_values(request: Request, site: Site, known: Known, visit: Visit, *, tenant_id: UUID) -> dict[str, object]:
    """Return what a state's template needs."""
    number = visit_number(visit)
    return {
        **common_values(own_host(request), path=HERE),
        "visit": number,
        "again": f"/?visit={number}",
        "who": who_is(known.principal),
        "page": person_page(site, known, tenant_id=tenant_id),
    }


def state_values(state: PageState) -> dict[str, object]:
    """Return what the layout and the script need to know of the state."""
    return {"state": str(state), "waiting": state in WAITING_FOR_A_CHECK}
