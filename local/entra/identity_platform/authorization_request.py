"""What an application asks of the sign-in page, and the reasons not to show it.

Source: the page `v2-protocols-oidc` and the error code list of the Microsoft identity platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

RESPONSE_TYPES = (frozenset({"id_token"}), frozenset({"code"}), frozenset({"code", "id_token"}))
RESPONSE_MODES = ("form_post", "fragment", "query")


@dataclass
class SignInError(Exception):
    """An error that is shown to the person; the application is not told."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request whose application and redirect URI are known to be good.

    Args:
        response_types: of `code` and `id_token`.
        response_mode: `form_post`, `fragment` or `query`.
    """

    client_id: str
    application: Entity
    redirect_uri: str
    response_types: frozenset[str]
    response_mode: str
    state: str | None
    nonce: str | None
    login_hint: str


@dataclass
class RefusedRequest(Exception):
    """An error that is sent to the application's redirect URI."""

    request: AuthorizationRequest
    error: str
    description: str

    def __str__(self) -> str:
        return self.description


def parse_authorization(params: Mapping[str, str], *, state: TenantState) -> AuthorizationRequest:
    """The request of the query parameters.

    Raises:
        SignInError: the application or the redirect URI is not known, so nothing may be sent anywhere.
        RefusedRequest: the application asks for something it may not have.
    """
    client_id, redirect_uri = params.get("client_id", ""), params.get("redirect_uri", "")
    application = known_application(client_id, state=state)
    if redirect_uri not in (application["web"].get("redirectUris") or ()):
        raise SignInError(
            "AADSTS50011",
            f"The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured "
            f"for the application '{client_id}'.",
        )
    types = frozenset(params.get("response_type", "").split())
    request = AuthorizationRequest(
        client_id=application["appId"],
        application=application,
        redirect_uri=redirect_uri,
        response_types=types,
        response_mode=params.get("response_mode") or ("form_post" if "id_token" in types else "query"),
        state=params.get("state"),
        nonce=params.get("nonce"),
        login_hint=params.get("login_hint", ""),
    )
    check_request(request, scope=params.get("scope", ""))
    return request


def known_application(client_id: str, *, state: TenantState) -> Entity:
    """The application, when it has a service principal that is enabled."""
    application = state.applications.find("appId", client_id) if client_id else None
    principal = state.service_principals.find("appId", client_id) if client_id else None
    if application is None or principal is None:
        raise SignInError(
            "AADSTS700016",
            f"Application with identifier '{client_id}' was not found in the directory '{state.tenant_id}'. This can "
            "happen if the application has not been installed by the administrator of the tenant or consented to by "
            "any user in the tenant.",
        )
    if not principal["accountEnabled"]:
        raise SignInError("AADSTS7000112", f"Application '{client_id}'({application['displayName']}) is disabled.")
    return application


def check_request(request: AuthorizationRequest, *, scope: str) -> None:
    if request.response_types not in RESPONSE_TYPES:
        raise RefusedRequest(request, "unsupported_response_type", "AADSTS70005: The 'response_type' is not supported.")
    if request.response_mode not in RESPONSE_MODES:
        raise RefusedRequest(request, "invalid_request", "AADSTS90023: The 'response_mode' is not supported.")
    if "openid" not in scope.split():
        raise RefusedRequest(request, "invalid_scope", "AADSTS70011: The scope must contain 'openid'.")
    if "id_token" not in request.response_types:
        return
    if not request.nonce:
        raise RefusedRequest(
            request,
            "invalid_request",
            "AADSTS900144: The request body must contain the following parameter: 'nonce'.",
        )
    implicit = request.application["web"].get("implicitGrantSettings") or {}
    if not implicit.get("enableIdTokenIssuance"):
        raise RefusedRequest(
            request,
            "unsupported_response_type",
            "AADSTS700054: response_type 'id_token' is not enabled for the application.",
        )
