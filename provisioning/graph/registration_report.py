"""The report about the registration of everybody: a thousand people a request, hours late, and for a license.

It lags by hours (microsoft-graph-docs#16867) and leaves people out (entra-docs#878).
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.reports.authentication_methods.user_registration_details import (
    user_registration_details_request_builder as details,
)

from provisioning.errors import Rejected
from provisioning.graph.client import Graph
from provisioning.graph.errors import GraphError, PermissionDenied
from provisioning.graph.odata import query
from provisioning.graph.retry import TRIES, backoff
from provisioning.graph.sign_in_methods import SECOND_FACTORS, read_time

DetailsQuery = details.UserRegistrationDetailsRequestBuilder.UserRegistrationDetailsRequestBuilderGetQueryParameters

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
            reason=f"This identity may not read the registration report: {error.code}.",
            remedy="Grant the application permission Directory.Read.All, which Microsoft Graph requires in some "
            "tenants (microsoft-graph-docs#12537), to the people identity, in addition to AuditLog.Read.All.",
        )
    if error.code == NO_LICENSE:
        return ReportUnavailable(
            "license",
            reason="The registration report needs Microsoft Entra ID P1 or P2, which Microsoft Graph says is missing.",
            remedy="Assign a license, or rely on each person's methods, which can be read without one.",
        )
    return ReportUnavailable(
        "permission",
        reason=f"This identity may not read the registration report: {error}",
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
