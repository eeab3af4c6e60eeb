"""Tokens on behalf of a person: the device code flow and what a refresh token is exchanged for.

Source: the page `v2-oauth2-device-code` of the identity platform's documentation. What the person may do in the
directory is not looked at: a consented scope allows what the application permission of its name allows.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from local.entra.identity_platform.client_registry import ClientRegistration, DeviceCode, RefreshToken
from local.entra.identity_platform.oauth_errors import OAuthError, invalid_client, invalid_grant
from local.entra.identity_platform.tokens import GRAPH_AUDIENCES, TokenService
from local.entra.ids import GRAPH_APP_ID
from local.entra.protocol.collection import Entity
from local.entra.state import TenantState

# The name of RFC 8628, and the short one that MSAL for JavaScript sends and the identity platform takes as well.
DEVICE_GRANTS = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")
LIFETIME = 900
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
OIDC_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = ".default"


@dataclass
class DelegatedFlows:
    """Sign-ins of people at clients without a redirect URI."""

    state: TenantState
    tokens: TokenService

    def begin(self, principal: Entity, *, scope: str, page: str) -> dict[str, Any]:
        """A new device code, as the client shows it."""
        self.check_public(principal)
        user_code = "".join(secrets.choice(LETTERS) for _ in range(9))
        started = DeviceCode(
            device_code=secrets.token_urlsafe(48),
            user_code=user_code,
            client_id=principal["appId"],
            scope=scope,
            expires=self.state.clock.now() + timedelta(seconds=LIFETIME),
        )
        self.state.sign_in.device_codes[user_code] = started
        return {
            "user_code": user_code,
            "device_code": started.device_code,
            "verification_uri": page,
            "expires_in": LIFETIME,
            "interval": self.state.settings.device_code_interval,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to "
            "authenticate.",
        }

    def check_public(self, principal: Entity) -> None:
        """An application must allow public client flows; a client that is no application of the tenant is let in."""
        application = self.state.applications.find("appId", principal["appId"])
        if application is not None and not application.get("isFallbackPublicClient"):
            raise invalid_client(
                "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'."
            )

    def settle(self, user_code: str, user: Entity | None) -> DeviceCode:
        """Approve a code as `user`, or decline it.

        Raises:
            ValueError: there is no such code, or the person may not sign in.
        """
        found = self.state.sign_in.device_codes.get(user_code.strip().upper())
        if found is None or found.expires <= self.state.clock.now():
            raise ValueError(f"There is no device code '{user_code}', or it has expired.")
        if user is not None and not user["accountEnabled"]:
            raise ValueError("AADSTS50057: The user account is disabled.")
        found.user_id, found.declined = (user["id"], False) if user else (None, True)
        return found

    def redeem(self, principal: Entity, form: Mapping[str, str], *, origin: str) -> dict[str, Any]:
        """The answer to a client that asks whether its code was approved."""
        codes = self.state.sign_in.device_codes
        found = next((item for item in codes.values() if item.device_code == form.get("device_code")), None)
        if found is None or found.client_id != principal["appId"]:
            raise OAuthError("bad_verification_code", "AADSTS70018: The verification code is not valid.")
        if found.expires <= self.state.clock.now():
            raise OAuthError("expired_token", "AADSTS70020: The device code has expired.")
        if found.declined:
            raise OAuthError("authorization_declined", "AADSTS70017: The user declined the authorization.")
        if found.user_id is None:
            raise OAuthError(
                "authorization_pending",
                "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            )
        del codes[found.user_code]
        return self.answer(principal, self.person(found.user_id), scope=found.scope, origin=origin)

    def refresh(self, principal: Entity, form: Mapping[str, str], *, origin: str) -> dict[str, Any]:
        """New tokens for a refresh token, which stays good, as the identity platform's do."""
        known = self.state.sign_in.refresh_tokens.get(form.get("refresh_token", ""))
        if known is None or known.client_id != principal["appId"]:
            raise invalid_grant("AADSTS9002313: Invalid request. Request is malformed or invalid.")
        return self.answer(principal, self.person(known.user_id), scope=form.get("scope") or known.scope, origin=origin)

    def person(self, user_id: str) -> Entity:
        user = self.state.users.get(user_id)
        if user is None:
            raise invalid_grant("AADSTS50034: The user account does not exist in the directory.")
        if not user["accountEnabled"]:
            raise invalid_grant("AADSTS50057: The user account is disabled.")
        return user

    def answer(self, principal: Entity, user: Entity, *, scope: str, origin: str) -> dict[str, Any]:
        """The tokens for what was asked: access, and as the scope says a refresh and an ID token."""
        asked = scope.split()
        audience, names = self.granted(principal["appId"], asked)
        token, expires = self.tokens.user_token(user, client_id=principal["appId"], audience=audience, scopes=names)
        result: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(sorted({*names, *(OIDC_SCOPES & set(asked))})),
            "expires_in": max(0, expires - int(self.state.clock.wall().timestamp())),
            "access_token": token,
            "client_info": client_info(user["id"], self.state.tenant_id),
        }
        result["ext_expires_in"] = result["expires_in"]
        if "offline_access" in asked:
            result["refresh_token"] = self.new_refresh_token(principal["appId"], user["id"], scope)
        if "openid" in asked:
            result["id_token"] = self.tokens.id_token(user, client_id=principal["appId"], nonce=None, origin=origin)
        return result

    def new_refresh_token(self, client_id: str, user_id: str, scope: str) -> str:
        token = secrets.token_urlsafe(64)
        self.state.sign_in.refresh_tokens[token] = RefreshToken(client_id, user_id, scope)
        return token

    def granted(self, client_id: str, asked: list[str]) -> tuple[str, list[str]]:
        """The resource of the scopes and the delegated permissions for it.

        Raises:
            OAuthError: two resources at once, or a permission nobody consented to.
        """
        split = [split_scope(item) for item in asked if item not in OIDC_SCOPES]
        resources = {resource for resource, _ in split} or {GRAPH_AUDIENCES[0]}
        if len(resources) > 1:
            raise OAuthError(
                "invalid_scope", "AADSTS28000: The scope contains more than one resource, which is not supported."
            )
        (resource,) = resources
        consented = self.state.sign_in.clients.get(client_id, ClientRegistration()).scopes
        if not is_graph(resource):
            return resource, ["user_impersonation"]
        names = {name for _, name in split}
        missing = sorted(names - {DEFAULT, *consented})
        if missing or not consented:
            raise invalid_grant(
                "AADSTS65001: The user or administrator has not consented to use the application with ID "
                f"'{client_id}'. Send an interactive authorization request for this user and resource."
            )
        return resource, sorted(consented if DEFAULT in names or not names else names)


def is_graph(resource: str) -> bool:
    return resource == GRAPH_APP_ID or resource in GRAPH_AUDIENCES


def split_scope(scope: str) -> tuple[str, str]:
    """`https://graph.microsoft.com/User.Read` as resource and name; a bare name is one of Graph."""
    resource, slash, name = scope.rpartition("/")
    return (resource or GRAPH_AUDIENCES[0], name) if slash else (GRAPH_AUDIENCES[0], scope)


def client_info(user_id: str, tenant_id: str) -> str:
    """What MSAL names the account by."""
    return base64.urlsafe_b64encode(orjson.dumps({"uid": user_id, "utid": tenant_id})).rstrip(b"=").decode()
