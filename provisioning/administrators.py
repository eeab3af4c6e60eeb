"""Who may use the administration API: people and workloads that hold one of its two app roles in Entra.

Easy Auth checks the token and for which application it was issued, and never looks at roles: that is done here.
Function keys are off. Where ADMIN_FUNCTION_KEYS turns them on, the host asks for one before this code runs.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from provisioning.easy_auth import (
    APPLICATION,
    HEADER,
    OBJECT_ID,
    ROLES,
    SCOPE,
    SUBJECT,
    TENANT_ID,
    read_claims,
    single_claim,
    values_of,
)
from provisioning.http import Request, Response, error_response
from provisioning.log import EventLog

log = EventLog(__name__)


class Right(StrEnum):
    """The app roles of the administration API, as infra/admin-api.json declares them. The first includes the second."""

    MANAGE = "Provisioning.Manage"
    READ = "Provisioning.Read"


@dataclass(frozen=True)
class Administrator:
    """Who calls.

    Attributes:
        object_id: The account, or the service principal of a workload.
        roles: The app roles in the token.
        workload: Whether it is a workload by itself, and no person.
        application: The client that the token was issued to, if the token says so.
    """

    object_id: str
    roles: frozenset[str]
    workload: bool
    application: str | None = None

    def has(self, right: Right) -> bool:
        """Tell whether one of the roles gives a right."""
        return right in self.roles or Right.MANAGE in self.roles


def takes_function_keys() -> bool:
    """Tell whether a function key opens the API. Read in one way, here and where the host learns of it."""
    return os.environ.get("ADMIN_FUNCTION_KEYS", "") == "true"


def read_administrator(headers: Mapping[str, str], *, tenant_id: UUID) -> Administrator | None:
    """Return who calls, or None if that is not certain or the account is of another tenant.

    Args:
        headers: Names in lower case. They count only where Easy Auth is on.
        tenant_id: Ours.
    """
    claims = read_claims(headers.get(HEADER, ""))
    object_id = single_claim(claims, OBJECT_ID)
    if object_id is None or single_claim(claims, TENANT_ID) != tenant_id:
        return None
    subject = values_of(claims, SUBJECT)
    applications = values_of(claims, APPLICATION)
    # `idtyp` is optional; a token of a workload by itself has no scope, and its subject is the object id.
    alone = not values_of(claims, SCOPE) and subject == {str(object_id)}
    return Administrator(
        object_id=str(object_id),
        roles=frozenset(values_of(claims, ROLES)),
        workload="app" in values_of(claims, ("idtyp",)) or alone,
        application=applications.pop() if len(applications) == 1 else None,
    )


async def with_right(right: Right, request: Request, work: Callable[[], Awaitable[Response]]) -> Response:
    """Answer if the caller has a right, else refuse.

    Args:
        right: What the request takes.
        request: With the sign-in header.
        work: Makes the answer.

    Raises:
        ConfigurationError: A setting is missing or wrong.
    """
    from provisioning.settings import AdministrationSettings, TenantSettings, load

    settings = load(AdministrationSettings)
    if not settings.auth_enabled:
        return await work() if takes_function_keys() else not_protected()
    caller = read_administrator(request.headers, tenant_id=load(TenantSettings).tenant_id)
    if caller is None:
        return error_response(401, "not_signed_in", "Sign in to Entra, and send the token as Authorization: Bearer.")
    kind = "workload" if caller.workload else "person"
    about = {"object": caller.object_id, "kind": kind, "application": caller.application, "right": right}
    if not caller.has(right):
        log.warning("admin_refused", **about)
        message = f"This requires the app role {right} of the administration API. An Entra administrator can assign it."
        return error_response(403, "role_missing", message)
    log.info("admin_request", **about, method=request.method)
    return await work()


def not_protected() -> Response:
    """Return the answer of an API that nothing stands before."""
    message = (
        "The administration API is closed because Easy Auth is not on. Set ADMIN_CLIENT_ID and provision, as "
        "infra/README.md describes, or set ADMIN_FUNCTION_KEYS to allow function keys instead."
    )
    return error_response(503, "not_protected", message)
