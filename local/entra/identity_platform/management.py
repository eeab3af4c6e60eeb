"""As much of Azure Resource Manager as a command line asks for when it signs in: no tenants and no subscriptions."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.entra.hosts import MANAGEMENT_ROOTS
from local.entra.identity_platform.tokens import TokenService


class Management:
    """Handlers of GET /tenants and GET /subscriptions."""

    def __init__(self, tokens: TokenService) -> None:
        self.tokens = tokens

    async def empty_list(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.accepts(token.strip()):
            message = "Authentication failed. The access token is missing or is not one for Azure Resource Manager."
            return JSONResponse({"error": {"code": "AuthenticationFailed", "message": message}}, status_code=401)
        if not request.query_params.get("api-version"):
            message = "The api-version query parameter (?api-version=) is required for all requests."
            return JSONResponse({"error": {"code": "MissingApiVersionParameter", "message": message}}, status_code=400)
        return JSONResponse({"value": []})

    def accepts(self, token: str) -> bool:
        """Whether a token is ours, for this resource and not expired."""
        claims = self.tokens.current_claims(token)
        return claims is not None and str(claims["aud"]).rstrip("/") in MANAGEMENT_ROOTS
