"""How a client proves itself at the token endpoint: a secret, its certificate or another issuer's assertion.

Sources: the pages `active-directory-certificate-credentials` and `workload-identity-federation` of the identity
platform's documentation, and its list of AADSTS error codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from local.entra.applications.password_credentials import secrets_of
from local.entra.identity_platform.client_registry import ClientRegistration, public_pem, thumbprints, usable
from local.entra.identity_platform.oauth_errors import OAuthError, invalid_client
from local.entra.identity_platform.tokens import TokenService
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
ALGORITHMS = ("RS256", "PS256")
SKEW = 300
UNCHECKED: Any = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_sub": False,
}


@dataclass
class ClientProof:
    """Checks of one tenant."""

    state: TenantState
    tokens: TokenService

    def check(self, principal: Entity, form: Mapping[str, str], *, endpoints: frozenset[str]) -> bool:
        """Whether the client showed a secret (True) or an assertion (False).

        Args:
            principal: the client's service principal.
            form: of the token request.
            endpoints: URLs an assertion may be addressed to.

        Raises:
            OAuthError: it proved nothing.
        """
        if principal["servicePrincipalType"] == "ManagedIdentity":
            raise invalid_client("AADSTS7000215: Invalid client secret provided.")
        if "client_assertion" not in form:
            self.check_secret(principal, form.get("client_secret", ""))
            return True
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", "AADSTS70003: The client_assertion_type is not supported.")
        header, claims = unverified(form["client_assertion"])
        self.check_time(claims)
        if str(claims.get("iss", "")).lower() == principal["appId"]:
            self.check_certificate(principal, form["client_assertion"], header, claims, endpoints=endpoints)
        else:
            self.check_federated(principal, form["client_assertion"], claims)
        return False

    def registration(self, app_id: str) -> ClientRegistration:
        return self.state.sign_in.clients.get(app_id, ClientRegistration())

    def application(self, app_id: str) -> Entity:
        return self.state.applications.find("appId", app_id) or {}

    def check_secret(self, principal: Entity, secret: str) -> None:
        made = secrets_of(self.state, [self.application(principal["appId"]), principal])
        if made.get(secret) is False:
            raise invalid_client(
                f"AADSTS7000222: The provided client secret keys for app '{principal['appId']}' are expired."
            )
        registered = [*self.registration(principal["appId"]).secrets, *made]
        anything = self.state.settings.any_secret and not registered
        if not secret or not (anything or secret in registered):
            raise invalid_client(
                "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the "
                "client secret value, not the client secret ID, for a secret added to app "
                f"'{principal['appId']}'."
            )

    def check_time(self, claims: Mapping[str, Any]) -> None:
        now = self.state.clock.wall().timestamp()
        expires, starts = claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires, int | float) or not isinstance(starts, int | float):
            raise invalid_client("AADSTS50027: JWT token is invalid or malformed.")
        if expires <= now - SKEW or starts > now + SKEW:
            raise invalid_client(
                "AADSTS700024: Client assertion is not within its valid time range. Check that the time of your "
                "machine is right."
            )

    def check_certificate(
        self,
        principal: Entity,
        assertion: str,
        header: Mapping[str, Any],
        claims: Mapping[str, Any],
        *,
        endpoints: frozenset[str],
    ) -> None:
        keys = [item.get("key") or "" for item in self.application(principal["appId"]).get("keyCredentials") or ()]
        texts = [*self.registration(principal["appId"]).certificates, *keys]
        for found in usable(texts):
            if named(header, thumbprints(found)):
                verify(assertion, public_pem(found))
                break
        else:
            raise invalid_client(
                "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on "
                f"application. [Reason - The key was not found. The application is '{principal['appId']}'.]"
            )
        if claims.get("sub") != claims.get("iss"):
            raise invalid_client("AADSTS700021: Client assertion application identifier doesn't match 'client_id'.")
        if claims.get("aud") not in endpoints:
            raise invalid_client(
                "AADSTS700023: Client assertion audience claim does not match Realm issuer. The expected audience is "
                "the token endpoint."
            )

    def check_federated(self, principal: Entity, assertion: str, claims: Mapping[str, Any]) -> None:
        issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
        application = self.application(principal["appId"])
        rows = [
            *self.registration(principal["appId"]).federated,
            *self.state.federated_credentials.get(application.get("id", ""), ()),
        ]
        if not any(self.matches(row, issuer, subject, claims.get("aud")) for row in rows):
            raise invalid_client(
                "AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: "
                f"'{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{claims.get('aud')}'."
            )
        if self.ours(issuer):
            verify(assertion, self.tokens.key.public_key())
            return
        verify(assertion, self.outside_key(issuer, assertion))

    def matches(self, row: Mapping[str, Any], issuer: str, subject: str, audience: Any) -> bool:
        """Whether a federated credential is about this assertion. Issuer and subject are compared with case."""
        same = row["issuer"] == issuer or (self.ours(row["issuer"]) and self.ours(issuer))
        return same and row["subject"] == subject and audience in (row.get("audiences") or [EXCHANGE_AUDIENCE])

    def ours(self, issuer: str) -> bool:
        """Whether this tenant issues under that name; it has a v1.0 and a v2.0 name and one per host."""
        tenant_id = self.state.tenant_id
        return issuer == f"https://sts.windows.net/{tenant_id}/" or issuer.endswith(f"/{tenant_id}/v2.0")

    def outside_key(self, issuer: str, assertion: str) -> Any:
        """The key of an issuer whose JWK set was registered."""
        keys = self.state.sign_in.issuers.get(issuer, {}).get("keys", ())
        wanted = jwt.get_unverified_header(assertion).get("kid")
        for key in keys:
            if wanted in (None, key.get("kid")):
                return jwt.PyJWK(key).key
        raise OAuthError(
            "invalid_request",
            f"AADSTS90061: Request to External OIDC endpoint failed. (The stand-in fetches nothing: PUT the JWK set of "
            f"{issuer} to /_local/issuers.)",
        )


def named(header: Mapping[str, Any], prints: Mapping[str, str]) -> bool:
    """Whether a JWT header names the certificate of these thumbprints. MSAL for Python leaves the padding in."""
    given = {name: str(header[name]).rstrip("=") for name in prints if name in header}
    return bool(given) and all(prints[name] == value for name, value in given.items())


def unverified(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of an assertion nobody has checked yet."""
    try:
        header = jwt.get_unverified_header(assertion)
        return header, jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise invalid_client("AADSTS50027: JWT token is invalid or malformed.") from error


def verify(assertion: str, key: Any) -> None:
    try:
        jwt.decode(assertion, key, algorithms=list(ALGORITHMS), options=UNCHECKED)
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise invalid_client("AADSTS700027: Client assertion failed signature validation.") from error
