"""The token side over HTTP: client credentials, the App Service managed-identity endpoint, metadata and keys.

Sources: the page `overview-managed-identity` of the App Service documentation (REST endpoint reference, api-version
2019-08-01) and the OpenID Connect page of the Microsoft identity platform.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.tenant.collection import Entity
from local.tenant.sign_in import SignInFlow
from local.tenant.state import TenantState
from local.tenant.tokens import GRAPH_AUDIENCES, TokenService

OTHER_AUDIENCES = ("https://storage.azure.com", "https://storage.azure.com/", "api://AzureADTokenExchange")


def origin_of(request: Request) -> str:
    """Scheme, host and port as the caller wrote them."""
    return str(request.base_url).rstrip("/")


class IdentityPlatform:
    """Endpoints that answer with tokens or with what is needed to check them."""

    def __init__(self, *, state: TenantState, tokens: TokenService, flow: SignInFlow) -> None:
        self.state = state
        self.tokens = tokens
        self.flow = flow

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
        """POST /{tenant}/oauth2/v2.0/token: client credentials, or the code of a sign-in."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        grant_type = form.get("grant_type")
        if grant_type == "authorization_code":
            return self.redeem(form, origin=origin_of(request))
        if grant_type != "client_credentials":
            return oauth_error(
                "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.", status=400
            )
        principal = self.state.service_principals.find("appId", form.get("client_id", ""))
        if principal is None:
            return oauth_error(
                "unauthorized_client",
                f"AADSTS700016: Application with identifier '{form.get('client_id', '')}' was not found in the "
                "directory.",
                status=400,
            )
        return self.client_credentials(request, principal, form)

    def client_credentials(self, request: Request, principal: Entity, form: dict[str, str]) -> Response:
        """Test clients have any secret that is not empty; managed identities have none."""
        if not form.get("client_secret") or principal["servicePrincipalType"] == "ManagedIdentity":
            return oauth_error("invalid_client", "AADSTS7000215: Invalid client secret provided.", status=401)
        scope = form.get("scope", "")
        audience = scope.removesuffix("/.default")
        if audience == scope or audience not in self.audiences(request):
            return oauth_error(
                "invalid_scope", f"AADSTS70011: The provided value for scope {scope} is not valid.", status=400
            )
        token, expires = self.tokens.access_token(principal, audience=audience, secret=True)
        lifetime = max(0, expires - int(self.state.clock.wall().timestamp()))
        return JSONResponse({"token_type": "Bearer", "expires_in": lifetime, "access_token": token})

    def redeem(self, form: dict[str, str], *, origin: str) -> Response:
        """The answer to a code, which works once and only with its redirect URI. PKCE is not checked."""
        request, user = self.flow.codes.pop(form.get("code", ""), (None, None))
        if request is None or user is None:
            return oauth_error("invalid_grant", "AADSTS70008: The code is not valid or was used before.", status=400)
        if (form.get("redirect_uri"), form.get("client_id")) != (request.redirect_uri, request.client_id):
            return oauth_error("invalid_grant", "AADSTS50011: The code belongs to another redirect URI.", status=400)
        token = self.tokens.id_token(user, client_id=request.client_id, nonce=request.nonce, origin=origin)
        lifetime = int(self.state.settings.token_lifetime)
        return JSONResponse(
            {"token_type": "Bearer", "scope": "openid profile email", "expires_in": lifetime, "id_token": token}
        )

    async def metadata(self, request: Request) -> Response:
        """The OpenID Connect discovery document."""
        base = f"{origin_of(request)}/{self.state.tenant_id}"
        document: dict[str, Any] = {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
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
        base = f"{origin_of(request)}/{self.state.tenant_id}"
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [],
            }
        )


def app_service_error(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status)


def oauth_error(error: str, description: str, *, status: int) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)
