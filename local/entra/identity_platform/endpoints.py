"""The token side over HTTP: client credentials, the App Service managed-identity endpoint, metadata and keys.

Sources: the page `overview-managed-identity` of the App Service documentation (REST endpoint reference, api-version
2019-08-01) and the OpenID Connect page of the Microsoft identity platform.
"""

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.entra.hosts import LOGIN_HOSTS, MANAGEMENT_ROOTS, instance_metadata
from local.entra.identity_platform.client_proof import ClientProof
from local.entra.identity_platform.delegated import DEVICE_GRANTS, DelegatedFlows
from local.entra.identity_platform.oauth_errors import OAuthError, invalid_grant
from local.entra.identity_platform.sign_in import SignInFlow
from local.entra.identity_platform.tokens import GRAPH_AUDIENCES, TokenService
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

OTHER_AUDIENCES = (
    "https://storage.azure.com",
    "https://storage.azure.com/",
    "api://AzureADTokenExchange",
    "https://communication.azure.com",
    "https://communication.azure.com/",
    *MANAGEMENT_ROOTS,
    *(f"{root}/" for root in MANAGEMENT_ROOTS),
)
COMMON = ("common", "organizations")


def origin_of(request: Request) -> str:
    """Scheme, host and port as the caller wrote them."""
    return str(request.base_url).rstrip("/")


class IdentityPlatform:
    """Endpoints that answer with tokens or with what is needed to check them."""

    def __init__(self, *, state: TenantState, tokens: TokenService, flow: SignInFlow) -> None:
        self.state = state
        self.tokens = tokens
        self.flow = flow
        self.proof = ClientProof(state, tokens)
        self.delegated = DelegatedFlows(state, tokens)

    async def managed_identity(self, request: Request) -> Response:
        """GET /msi/token, as App Service answers it."""
        header = request.headers.get("x-identity-header")
        if not header or self.state.identity_header not in (None, header):
            return app_service_error(401, "The header X-IDENTITY-HEADER is missing or wrong.")
        if request.query_params.get("api-version") != "2019-08-01":
            return app_service_error(400, "The api-version must be 2019-08-01.")
        resource = request.query_params.get("resource", "")
        if resource not in self.audiences(request):
            return app_service_error(400, f"AADSTS500011: The resource principal named {resource} was not found.")
        client_id = request.query_params.get("client_id", "")
        principal = self.state.service_principals.find("appId", client_id)
        if principal is None or principal["servicePrincipalType"] != "ManagedIdentity":
            return app_service_error(
                400, "No User Assigned or Delegated Managed Identity found for specified ClientId."
            )
        token, expires = self.tokens.access_token(principal, audience=resource, secret=False)
        return JSONResponse(
            {
                "access_token": token,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client_id,
            }
        )

    def audiences(self, request: Request) -> tuple[str, ...]:
        origin = origin_of(request)
        return (*GRAPH_AUDIENCES, *OTHER_AUDIENCES, origin, f"{origin}/")

    async def token(self, request: Request) -> Response:
        """POST /{tenant}/oauth2/v2.0/token: client credentials, a code, a device code or a refresh token."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            return JSONResponse(self.grant(request, form))
        except OAuthError as error:
            return error.response()

    def grant(self, request: Request, form: dict[str, str]) -> dict[str, Any]:
        """The tokens of a request.

        Raises:
            OAuthError: there are none for it.
        """
        self.check_tenant(request)
        grant_type, origin = form.get("grant_type"), origin_of(request)
        if grant_type == "authorization_code":
            return self.redeem(form, origin=origin)
        if grant_type == "client_credentials":
            return self.client_credentials(request, self.client(form), form)
        if grant_type in DEVICE_GRANTS:
            return self.delegated.redeem(self.client(form), form, origin=origin)
        if grant_type == "refresh_token":
            return self.delegated.refresh(self.client(form), form, origin=origin)
        raise OAuthError("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")

    async def device_code(self, request: Request) -> Response:
        """POST /{tenant}/oauth2/v2.0/devicecode."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            self.check_tenant(request)
            page = f"{origin_of(request)}/devicelogin"
            return JSONResponse(self.delegated.begin(self.client(form), scope=form.get("scope", ""), page=page))
        except OAuthError as error:
            return error.response()

    def client(self, form: dict[str, str]) -> Entity:
        """The service principal of the client.

        Raises:
            OAuthError: the tenant has none.
        """
        client_id = form.get("client_id", "")
        principal = self.state.service_principals.find("appId", client_id) if client_id else None
        if principal is None:
            raise OAuthError(
                "unauthorized_client",
                f"AADSTS700016: Application with identifier '{client_id}' was not found in the directory.",
            )
        return principal

    def tenant_names(self) -> tuple[str, ...]:
        """What may stand for the tenant in a path."""
        return (self.state.tenant_id, TENANT_DOMAIN, *COMMON)

    def check_tenant(self, request: Request) -> None:
        name = request.path_params.get("tenant", self.state.tenant_id)
        if name.lower() not in self.tenant_names():
            raise OAuthError(
                "invalid_request",
                f"AADSTS90002: Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are "
                "signing into the correct cloud.",
            )

    def endpoints(self, request: Request) -> frozenset[str]:
        """What an assertion of a client may be addressed to: the token endpoint or the issuer, by any name."""
        bases = [f"{origin_of(request)}/{name}" for name in self.tenant_names()]
        return frozenset(f"{base}/{tail}" for base in bases for tail in ("oauth2/v2.0/token", "v2.0"))

    def client_credentials(self, request: Request, principal: Entity, form: dict[str, str]) -> dict[str, Any]:
        secret = self.proof.check(principal, form, endpoints=self.endpoints(request))
        scope = form.get("scope", "")
        audience = scope.removesuffix("/.default")
        if audience == scope or audience not in self.audiences(request):
            raise OAuthError("invalid_scope", f"AADSTS70011: The provided value for scope {scope} is not valid.")
        token, expires = self.tokens.access_token(principal, audience=audience, secret=secret)
        lifetime = max(0, expires - int(self.state.clock.wall().timestamp()))
        return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}

    def redeem(self, form: dict[str, str], *, origin: str) -> dict[str, Any]:
        """The answer to a code, which works once and only with its redirect URI. PKCE is not checked."""
        request, user = self.flow.codes.pop(form.get("code", ""), (None, None))
        if request is None or user is None:
            raise invalid_grant("AADSTS70008: The code is not valid or was used before.")
        if (form.get("redirect_uri"), form.get("client_id")) != (request.redirect_uri, request.client_id):
            raise invalid_grant("AADSTS50011: The code belongs to another redirect URI.")
        token = self.tokens.id_token(user, client_id=request.client_id, nonce=request.nonce, origin=origin)
        lifetime = int(self.state.settings.token_lifetime)
        return {"token_type": "Bearer", "scope": "openid profile email", "expires_in": lifetime, "id_token": token}

    async def metadata(self, request: Request) -> Response:
        """The OpenID Connect discovery document. Under a name many tenants share, the issuer is a pattern."""
        try:
            self.check_tenant(request)
        except OAuthError as error:
            return error.response()
        name = request.path_params.get("tenant", self.state.tenant_id).lower()
        origin = origin_of(request)
        base = f"{origin}/{name if name in COMMON else self.state.tenant_id}"
        issuer = "{tenantid}" if name in COMMON else self.state.tenant_id
        document: dict[str, Any] = {
            "issuer": f"{origin}/{issuer}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "nonce",
                "name",
                "preferred_username",
                "oid",
                "tid",
            ],
            "tenant_region_scope": "EU",
        }
        return JSONResponse(document)

    async def keys(self, request: Request) -> Response:
        return JSONResponse(self.tokens.keys())

    async def instance_discovery(self, request: Request) -> Response:
        """GET /common/discovery/instance: whether an authority is one, and its aliases."""
        asked = urlsplit(request.query_params.get("authorization_endpoint", ""))
        origin, name = origin_of(request), self.state.tenant_id
        if asked.netloc:
            if asked.netloc.lower() not in {*LOGIN_HOSTS, urlsplit(origin).netloc.lower()}:
                return OAuthError("invalid_instance", "AADSTS50049: Unknown or invalid instance.").response()
            origin = f"{asked.scheme}://{asked.netloc}"
            name = asked.path.strip("/").partition("/")[0] or name
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{origin}/{name}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": instance_metadata(),
            }
        )


def app_service_error(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status)
