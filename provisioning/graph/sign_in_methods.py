"""Which second factors people registered: the methods themselves, of one or of many, and the report about everybody.

The methods are the truth of this moment. The report lags by hours (microsoft-graph-docs#16867), leaves people out
(entra-docs#878) and needs a premium license, but costs one request for a thousand people.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.reports.authentication_methods.user_registration_details import (
    user_registration_details_request_builder as details,
)

from provisioning.errors import Rejected
from provisioning.graph.batch import read_collections
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.odata import is_object_id, query
from provisioning.graph.retry import TRIES, backoff

DetailsQuery = details.UserRegistrationDetailsRequestBuilder.UserRegistrationDetailsRequestBuilderGetQueryParameters

# Kinds that prove a second factor, by what the methods themselves are called (graph authenticationMethod resource type;
# entra concept-authentication-methods). A kind that stands in neither list is unknown: Graph adds new ones.
SECOND_FACTORS = frozenset(
    {
        "external",
        "fido2",
        "hardwareOath",
        "microsoftAuthenticator",
        "phone",
        "platformCredential",
        "softwareOath",
        "windowsHelloForBusiness",
    }
)
# The password is the first factor, an e-mail address and security questions serve only password reset, a Temporary
# Access Pass is what a helpdesk handed out, and a QR code with its PIN is one factor
# (qrCodePinAuthenticationMethod: "this single-factor authentication method").
NOT_A_SECOND_FACTOR = frozenset(
    {"alternateEmail", "email", "password", "qrCodePin", "securityQuestion", "securityQuestions", "temporaryAccessPass"}
)
PASS_TYPE = "temporaryAccessPassAuthenticationMethod"  # noqa: S105 - a type's name
USED_UP = "onetimeused"
METHOD_PREFIX = "#microsoft.graph."
METHOD_SUFFIX = "AuthenticationMethod"
# The report's names (userRegistrationDetails resource type) for what the methods themselves are called.
REPORTED_KINDS = {
    "mobilePhone": "phone",
    "alternateMobilePhone": "phone",
    "officePhone": "phone",
    "microsoftAuthenticatorPush": "microsoftAuthenticator",
    "microsoftAuthenticatorPasswordless": "microsoftAuthenticator",
    "softwareOneTimePasscode": "softwareOath",
    "hardwareOneTimePasscode": "hardwareOath",
    "fido2SecurityKey": "fido2",
    "passKeyDeviceBound": "fido2",
    "passKeyDeviceBoundAuthenticator": "fido2",
    "passKeyDeviceBoundWindowsHello": "fido2",
    "passKeySynced": "fido2",
    "passKey": "fido2",
    "macOsSecureEnclaveKey": "platformCredential",
    "externalAuthMethod": "external",
    "temporaryAccessPassOneTime": "temporaryAccessPass",
    "temporaryAccessPassMultiUse": "temporaryAccessPass",
}
PAGE = 999
REPORTS, REPORT_SECONDS = 5, 10.0  # five requests in ten seconds for an application (throttling-limits)
NO_DIRECTORY_ACCESS = "ApplicationHasNoDirectoryReadAccess"
NO_LICENSE = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


@dataclass(frozen=True)
class Method:
    """A second factor, or a method of a kind that this version does not know.

    Attributes:
        kind: Such as `fido2`, `microsoftAuthenticator` or `phone`.
        created: When it was registered, if Graph says.
        known: Whether the kind is known to be a second factor. Only then does it count.
    """

    kind: str
    created: datetime | None
    known: bool = True


@dataclass(frozen=True)
class TemporaryPass:
    """A Temporary Access Pass that can be used now, or that the person is signed in with.

    Attributes:
        ends: When its lifetime is over.
        once: Whether it opens one sign-in only.
    """

    ends: datetime
    once: bool


@dataclass(frozen=True)
class Registration:
    """A person's row in the report. Who has no row is unknown, not unregistered.

    Args:
        object_id: The account.
        registered: Whether there is a strong method.
        capable: Whether a policy also allows one of them; not so after an admin demanded a new registration
            (azure-docs#109068).
        methods: Kinds of second factor, as in `Method`, sorted.
        administrator: Whether the person holds a directory role, if the report says.
        as_of: When this was true, which is hours ago.
    """

    object_id: str
    registered: bool
    capable: bool
    methods: tuple[str, ...]
    administrator: bool | None
    as_of: datetime | None


class ReportUnavailable(Rejected):
    """This tenant does not show the report to us.

    Args:
        lacks: What is missing.
    """

    def __init__(self, lacks: Literal["license", "permission", "answer"], *, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy=remedy)
        self.lacks = lacks


def method_kinds(methods: Iterable[Method]) -> tuple[str, ...]:
    """Return the kinds of some methods, each once, sorted."""
    return tuple(sorted({method.kind for method in methods}))


def newest_times(methods: Iterable[Method]) -> tuple[str, ...]:
    """Return when the newest method of each kind was registered, as a person's row keeps it; undated ones not."""
    dated = sorted((method.kind, method.created) for method in methods if method.created is not None)
    return tuple(f"{kind} {created.isoformat()}" for kind, created in dict(dated).items())


async def registered_methods(graph: Graph, object_id: str) -> tuple[tuple[Method, ...], TemporaryPass | None]:
    """Return the second factors a person registered, methods of unknown kinds, and the pass they have meanwhile.

    Raises:
        GraphError: 404 if there is no such person.
    """
    info = graph.build.users.by_user_id(object_id).authentication.methods.to_get_request_information()
    items = [item async for page in graph.pages(info) for item in page]
    return read_methods(items), read_pass(items)


async def methods_of_many(graph: Graph, object_ids: Iterable[str]) -> dict[str, tuple[Method, ...] | None]:
    """Return the second factors of many people, 20 a round trip; None for an account that is gone.

    Raises:
        GraphError: Graph refuses to show any person's methods.
        TransientError: Graph or the network is unwell, or asks for a longer wait than a function may sleep.
    """
    result: dict[str, tuple[Method, ...] | None] = dict.fromkeys(object_ids)
    wanted = [object_id for object_id in result if is_object_id(object_id)]
    found = await read_collections(graph, [f"/users/{object_id}/authentication/methods" for object_id in wanted])
    for object_id, items in zip(wanted, found, strict=True):
        result[object_id] = read_methods(items) if items is not None else None
    return result


def read_methods(items: Iterable[dict[str, Any]]) -> tuple[Method, ...]:
    """Parse what is, or may be, a second factor among the methods of Graph's JSON, sorted by kind and age."""
    found = []
    for item in items:
        kind = item.get("@odata.type", "").removeprefix(METHOD_PREFIX).removesuffix(METHOD_SUFFIX)
        if kind and kind not in NOT_A_SECOND_FACTOR:
            found.append(Method(kind, read_time(item.get("createdDateTime")), known=kind in SECOND_FACTORS))
    oldest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda method: (method.kind, method.created or oldest)))


def read_pass(items: Iterable[dict[str, Any]]) -> TemporaryPass | None:
    """Parse the pass among the methods of Graph's JSON, of which a person has at most one.

    One that was used up is kept: who used it is signed in with it (temporaryAccessPassAuthenticationMethod).
    """
    for item in items:
        used_up = str(item.get("methodUsabilityReason", "")).casefold() == USED_UP
        if not item.get("@odata.type", "").endswith(PASS_TYPE) or not (item.get("isUsable") or used_up):
            continue
        starts, minutes = read_time(item.get("startDateTime")), item.get("lifetimeInMinutes")
        if starts is not None and isinstance(minutes, int):
            return TemporaryPass(starts + timedelta(minutes=minutes), once=item.get("isUsableOnce") is True)
    return None


def read_time(text: str | None) -> datetime | None:
    """Parse a point in time of Graph's JSON, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


async def registration_report(graph: Graph) -> AsyncIterator[list[Registration]]:
    """Yield the report about all users, up to 999 people a page, no faster than reports may be asked for.

    Reading on must not wait for minutes: the links between its pages die soon.

    Args:
        graph: As an identity with AuditLog.Read.All.

    Raises:
        ReportUnavailable: The license or the permission is missing.
        GraphError: Graph refused for another reason.
        TransientError: Graph or the network is unwell; begin again.
    """
    builder = graph.build.reports.authentication_methods.user_registration_details
    info = builder.to_get_request_information(query(DetailsQuery(top=PAGE)))
    asked: deque[datetime] = deque(maxlen=REPORTS)
    while True:
        if len(asked) == REPORTS:
            await graph.sleep(max(0.0, REPORT_SECONDS - (graph.now() - asked[0]).total_seconds()))
        asked.append(graph.now())
        page = await ask_for_report(graph, info)
        yield [read_registration(item) for item in page["value"]]
        link = page.get("@odata.nextLink")
        if link is None:
            return
        info = graph.follow(link)


async def ask_for_report(graph: Graph, info: RequestInformation) -> Any:
    """Ask for a page of the report. Tenants with a license were told now and then that they had none
    (microsoft-graph-docs#11986), so that is asked again before it is believed.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return await graph.send(info)
        except PermissionDenied as error:
            if error.code != NO_LICENSE or attempt == TRIES:
                raise unavailable(error) from error
        await graph.sleep(backoff(attempt))


def unavailable(error: GraphError) -> ReportUnavailable:
    """Return what a refusal means to an admin."""
    if error.code == NO_DIRECTORY_ACCESS:
        return ReportUnavailable(
            "permission",
            reason=f"The registration report is not shown to this identity: {error.code}.",
            remedy="Grant the application permission Directory.Read.All to the people identity beside "
            "AuditLog.Read.All, which Microsoft Graph asks for in some tenants (microsoft-graph-docs#12537).",
        )
    if error.code == NO_LICENSE:
        return ReportUnavailable(
            "license",
            reason="The registration report needs Microsoft Entra ID P1 or P2, which Microsoft Graph says is missing.",
            remedy="Assign a license, or go by the methods of each person, which need none.",
        )
    return ReportUnavailable(
        "permission",
        reason=f"The registration report is not shown to this identity: {error}",
        remedy="Grant the application permission AuditLog.Read.All to the people identity.",
    )


def read_registration(item: dict[str, Any]) -> Registration:
    """Parse a row of Graph's JSON."""
    methods = {REPORTED_KINDS.get(name, name) for name in item.get("methodsRegistered") or ()}
    return Registration(
        object_id=item["id"],
        registered=item.get("isMfaRegistered") is True,
        capable=item.get("isMfaCapable") is True,
        methods=tuple(sorted(methods & SECOND_FACTORS)),
        administrator=item.get("isAdmin"),
        as_of=read_time(item.get("lastUpdatedDateTime")),
    )
