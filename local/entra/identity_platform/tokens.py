"""Tokens: the signing key, app-only access tokens, ID tokens, and the checks Graph makes on each call.

Claims: those of an app-only token seen in hashicorp/terraform-provider-azuread issue 1687, and the ID token claims
reference of the Microsoft identity platform. A v2.0 ID token has no `amr` (Azure/azure-docs issue 85021).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.entra.hosts import GRAPH_ROOTS
from local.entra.ids import GRAPH_APP_ID
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import GraphError, invalid_token
from local.entra.protocol.routing import Caller
from local.entra.state import TenantState
from local.identities import ADMINISTRATOR_USER_ID, TENANT

GRAPH_AUDIENCES = (*GRAPH_ROOTS, *(f"{root}/" for root in GRAPH_ROOTS), GRAPH_APP_ID)
KEY_ID = "stand-in-key-1"
CACHE_LIMIT = 1_000


@dataclass
class TokenService:
    """Issues and checks tokens of one tenant with a key made at start."""

    state: TenantState
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    verified: dict[str, dict[str, Any]] = field(default_factory=dict)

    def keys(self) -> dict[str, Any]:
        """The public key as a JWK set."""
        jwk = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        return jwt.encode(dict(claims), self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def access_token(self, principal: Entity, *, audience: str, secret: bool) -> tuple[str, int]:
        """An app-only access token of a service principal, and when it expires in seconds of the Unix epoch.

        Args:
            principal: the service principal.
            audience: the resource. Only tokens for Graph carry `roles`.
            secret: whether the client proved itself with a secret rather than an assertion.
        """
        now = int(self.state.clock.wall().timestamp())
        expires = now + int(self.state.settings.token_lifetime)
        tenant_id = self.state.tenant_id
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "iat": now,
            "nbf": min(now, expires),
            "exp": expires,
            "idtyp": "app",
            "app_displayname": principal["displayName"],
            "appid": principal["appId"],
            "appidacr": "1" if secret else "2",
            "oid": principal["id"],
            "sub": principal["id"],
            "roles": self.state.role_claims(principal),
            "tid": tenant_id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
            "wids": [],
            "xms_cc": ["CP1"],
        }
        return self.sign(claims), expires

    def user_token(self, user: Entity, *, client_id: str, audience: str, scopes: list[str]) -> tuple[str, int]:
        """A delegated access token: the person's, with `scp` where an app-only token has `roles`."""
        now = int(self.state.clock.wall().timestamp())
        expires = now + int(self.state.settings.token_lifetime)
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.state.tenant_id}/",
            "iat": now,
            "nbf": min(now, expires),
            "exp": expires,
            "idtyp": "user",
            "app_displayname": self.app_name(client_id),
            "appid": client_id,
            "appidacr": "0",
            "oid": user["id"],
            "sub": uuid.uuid5(uuid.UUID(user["id"]), client_id).hex,
            "name": user["displayName"],
            "upn": user["userPrincipalName"],
            "scp": " ".join(scopes),
            "tid": self.state.tenant_id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
            "wids": sorted(self.state.roles_in_directory(user["id"])),
            "xms_cc": ["CP1"],
        }
        return self.sign(claims), expires

    def admin_token(
        self, *, roles: list[str], workload: bool, application: str, audience: str, origin: str, lifetime: int
    ) -> str:
        """A v2.0 access token for the administration API, as the Azure CLI or a workload gets it.

        Args:
            roles: App roles of the API that were assigned.
            workload: Whether a service principal asks by itself, instead of the administrator.
            application: The client that asks.
            audience: The API's client id.
            origin: Of this authority.
            lifetime: Seconds.
        """
        now = int(self.state.clock.wall().timestamp())
        claims = {
            "aud": audience,
            "iss": f"{origin}/{self.state.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "azp": application,
            "azpacr": "1" if workload else "0",
            "tid": self.state.tenant_id,
            "ver": "2.0",
        }
        if roles:
            claims["roles"] = roles
        if workload:
            return self.sign({**claims, "oid": TENANT.principal_id, "sub": TENANT.principal_id})
        subject = uuid.uuid5(uuid.UUID(ADMINISTRATOR_USER_ID), audience).hex
        return self.sign({**claims, "oid": ADMINISTRATOR_USER_ID, "sub": subject, "scp": "user_impersonation"})

    def app_name(self, client_id: str) -> str:
        principal = self.state.service_principals.find("appId", client_id)
        return str(principal["displayName"]) if principal else client_id

    def id_token(self, user: Entity, *, client_id: str, nonce: str | None, origin: str) -> str:
        """A v2.0 ID token for a person who signed in to `client_id`."""
        now = int(self.state.clock.wall().timestamp())
        claims = {
            "iss": f"{origin}/{self.state.tenant_id}/v2.0",
            "aud": client_id,
            "iat": now,
            "nbf": now,
            "exp": now + int(self.state.settings.token_lifetime),
            "oid": user["id"],
            "sub": uuid.uuid5(uuid.UUID(user["id"]), client_id).hex,
            "tid": self.state.tenant_id,
            "name": user["displayName"],
            "preferred_username": user["userPrincipalName"],
            "ver": "2.0",
        }
        if roles := self.state.app_roles_of(user["id"], client_id=client_id):
            claims["roles"] = roles  # left out where the person holds none (entra-docs, id-token-claims-reference)
        if nonce is not None:
            claims["nonce"] = nonce
        return self.sign(claims)

    def caller(self, authorization: str | None, *, origin: str) -> Caller:
        """Who calls Graph.

        Raises:
            GraphError: 401 in Graph's words.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise invalid_token("Access token is empty.")
        claims = self.claims(token.strip())
        now = self.state.clock.wall().timestamp()
        if claims["exp"] <= now:
            raise invalid_token("Lifetime validation failed, the token is expired.")
        if claims["nbf"] > now + 300:
            raise invalid_token("Access token has expired or is not yet valid.")
        if claims["aud"] not in (*GRAPH_AUDIENCES, origin, f"{origin}/"):
            raise invalid_token("Access token validation failure. Invalid audience.")
        roles = frozenset(claims["roles"] if "roles" in claims else claims.get("scp", "").split())
        delegated = claims.get("idtyp") == "user"
        return Caller(app_id=claims["appid"], object_id=claims["oid"], roles=roles, delegated=delegated)

    def current_claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of ours that has not expired; None of any other."""
        try:
            claims = self.claims(token)
        except GraphError:
            return None
        return claims if claims["exp"] > self.state.clock.wall().timestamp() else None

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours; the signature of each token is checked once."""
        if token in self.verified:
            return self.verified[token]
        try:
            claims = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=["RS256"],
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["aud", "exp", "nbf", "appid", "oid"],
                },
            )
        except jwt.InvalidSignatureError as error:
            raise invalid_token("Access token validation failure. Invalid signature.") from error
        except jwt.MissingRequiredClaimError as error:
            raise invalid_token("Access token validation failure.") from error
        except jwt.InvalidTokenError as error:
            raise malformed_token() from error
        if len(self.verified) >= CACHE_LIMIT:
            self.verified.clear()
        self.verified[token] = claims
        return claims


def malformed_token() -> GraphError:
    return invalid_token("CompactToken parsing failed with error code: 80049217")
