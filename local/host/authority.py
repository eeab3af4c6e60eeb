"""What the Easy Auth stand-in asks the tenant's authority: its client id, the sign-in addresses, and signing keys."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

CALLBACK = "/.auth/login/aad/callback"
CLOCK_SKEW_SECONDS = 60


class SignInError(Exception):
    """A sign-in that ends here; the text is for the person in front of the browser."""


class NotSetUp(Exception):
    """No app registration has this site's redirect URI yet."""


@dataclass
class Authority:
    """The tenant's sign-in service. `site` is the address people reach this host at; answers are kept once found."""

    url: str
    tenant_id: str
    site: str
    http: httpx.AsyncClient
    new_nonce: Callable[[], str] = secrets.token_urlsafe
    known_client_id: str = ""
    known_metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def redirect_uri(self) -> str:
        return self.site + CALLBACK

    async def client_id(self) -> str:
        """The client id of the registration with our redirect URI. In Azure it is a setting of the site.

        Raises NotSetUp while there is none, or the authority cannot be reached.
        """
        if not self.known_client_id:
            try:
                answer = await self.http.get(f"{self.url}/_local/client-id", params={"redirect_uri": self.redirect_uri})
            except httpx.TransportError as error:
                raise NotSetUp(f"The stand-in tenant does not answer at {self.url}.") from error
            if answer.status_code != 200:
                raise NotSetUp("No app registration has the redirect URI " + self.redirect_uri + ".")
            self.known_client_id = str(answer.json()["clientId"])
        return self.known_client_id

    async def metadata(self) -> dict[str, Any]:
        """The OpenID Connect metadata of the tenant (OpenID Connect Discovery 1.0)."""
        if not self.known_metadata:
            self.known_metadata = await self.get_json(
                f"{self.url}/{self.tenant_id}/v2.0/.well-known/openid-configuration"
            )
        return self.known_metadata

    async def get_json(self, url: str) -> dict[str, Any]:
        try:
            answer = (await self.http.get(url)).raise_for_status()
        except httpx.HTTPError as error:
            raise SignInError(f"The sign-in service did not answer as expected ({error}). Try again.") from error
        document = answer.json()
        assert isinstance(document, dict)
        return document

    async def authorize_url(self, *, nonce: str, state: str) -> str:
        """Where to send a browser to sign in. Only OIDC scopes, so that Conditional Access looks at this app itself."""
        query = {
            "client_id": await self.client_id(),
            "response_type": "id_token",
            "response_mode": "form_post",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "nonce": nonce,
            "state": state,
        }
        return f"{(await self.metadata())['authorization_endpoint']}?{urlencode(query)}"

    async def logout_url(self, *, back_to: str) -> str:
        endpoint = (await self.metadata()).get("end_session_endpoint")
        address = endpoint or f"{self.url}/{self.tenant_id}/oauth2/v2.0/logout"
        return f"{address}?{urlencode({'post_logout_redirect_uri': self.site + back_to})}"

    async def decode(self, token: str, *, audience: list[str], required: Sequence[str]) -> dict[str, Any]:
        """The claims of a token that this tenant signed.

        Args:
            token: As it was sent.
            audience: The application it is for; one of these.
            required: The claims that it must have.

        Raises:
            jwt.InvalidTokenError: It is not such a token.
            KeyError: It was signed with another key.
        """
        metadata = await self.metadata()
        keys = jwt.PyJWKSet.from_dict(await self.get_json(str(metadata["jwks_uri"])))
        key = keys[str(jwt.get_unverified_header(token).get("kid"))]
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=audience,
            issuer=str(metadata["issuer"]),
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": list(required)},
        )
        return claims

    async def verify_access(self, token: str, client_id: str) -> dict[str, Any]:
        """The claims of an access token that this tenant issued for an API; SignInError otherwise.

        Args:
            token: As it was sent.
            client_id: The API's registration; its `api://` name is as good, as for a token of version 1.
        """
        try:
            return await self.decode(token, audience=[client_id, f"api://{client_id}"], required=("exp", "iss", "aud"))
        except (jwt.InvalidTokenError, KeyError):
            raise SignInError("invalid_token") from None

    async def verify(self, id_token: str, *, nonce: str) -> dict[str, Any]:
        """The claims of a token that this tenant issued to this app for this sign-in; SignInError otherwise."""
        required = ("exp", "iss", "aud", "nonce")
        try:
            claims = await self.decode(id_token, audience=[await self.client_id()], required=required)
        except (jwt.InvalidTokenError, KeyError) as error:
            raise SignInError(f"The sign-in answer was refused: {error}.") from error
        if not nonce or not secrets.compare_digest(str(claims["nonce"]), nonce):
            raise SignInError("The sign-in answer belongs to another sign-in. Start again.")
        if claims.get("tid") != self.tenant_id:
            raise SignInError("The sign-in answer comes from another tenant.")
        return claims
