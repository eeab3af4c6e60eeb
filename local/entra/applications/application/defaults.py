"""What an application has of complex values before anybody sets them, and what a PATCH makes of them.

Sources: the answers of the pages application-post-applications and application-get; the acceptance tests of
terraform-provider-azuread (`web` and `api` are merged, `optionalClaims` is replaced).
"""

import copy
from collections.abc import Mapping
from typing import Any

IMPLICIT: Mapping[str, Any] = {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "api": {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    },
    "info": {
        "termsOfServiceUrl": None,
        "supportUrl": None,
        "privacyStatementUrl": None,
        "marketingUrl": None,
        "logoUrl": None,
    },
    "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
    "publicClient": {"redirectUris": []},
    "spa": {"redirectUris": []},
    "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
    "web": {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": IMPLICIT,
        "redirectUriSettings": [],
    },
}
CLAIM_LISTS = ("idToken", "accessToken", "saml2Token")


def default_values() -> dict[str, Any]:
    """The complex values of a new application."""
    return copy.deepcopy(dict(DEFAULTS))


def changed_values(application: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a PATCH makes of an application: complex values are merged, lists and `optionalClaims` replaced.

    Null, at any depth, brings back the default of a complex value.
    """
    result = {name: changed_value(application.get(name), value, DEFAULTS.get(name)) for name, value in changes.items()}
    if "optionalClaims" in changes:
        result["optionalClaims"] = complete_claims(changes["optionalClaims"])
    return result


def changed_value(before: Any, change: Any, default: Any) -> Any:
    """One value after a PATCH."""
    if change is None and isinstance(default, Mapping | list):
        return copy.deepcopy(default)
    if not isinstance(before, dict) or not isinstance(change, dict):
        return change
    inner = default if isinstance(default, Mapping) else {}
    return {
        **before,
        **{name: changed_value(before.get(name), value, inner.get(name)) for name, value in change.items()},
    }


def complete_claims(claims: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The optional claims with a list for every kind of token."""
    return None if claims is None else {name: claims.get(name) or [] for name in CLAIM_LISTS}
