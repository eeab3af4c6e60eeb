"""The passwords and certificates of applications and service principals, as Graph keeps and shows them.

Sources: the pages application-post-applications, passwordcredential and keycredential of the Graph documentation.
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local.entra.clock import timestamp
from local.entra.protocol.collection import Entity
from local.entra.protocol.query import QueryOptions
from local.entra.state import TenantState

PASSWORD_LIFE = timedelta(days=730)
KEYS = "keyCredentials"


def new_password(state: TenantState, document: Mapping[str, Any]) -> Entity:
    """A password with its secret, which only the answer to its creation shows."""
    secret = secrets.token_urlsafe(30)
    now = state.clock.now()
    return {
        "customKeyIdentifier": document.get("customKeyIdentifier"),
        "displayName": document.get("displayName"),
        "endDateTime": document.get("endDateTime") or timestamp(now + PASSWORD_LIFE),
        "hint": secret[:3],
        "keyId": state.ids(),
        "secretText": secret,
        "startDateTime": document.get("startDateTime") or timestamp(now),
    }


def without_secret(password: Mapping[str, Any]) -> Entity:
    """A password as every later answer shows it."""
    return {**password, "secretText": None}


def complete_keys(state: TenantState, values: dict[str, Any]) -> dict[str, Any]:
    """The values with an id and a thumbprint for each certificate that has none."""
    if not isinstance(values.get(KEYS), list):
        return values
    keys = [
        {"customKeyIdentifier": base64.b64encode(secrets.token_bytes(20)).decode(), "displayName": None, **key}
        for key in values[KEYS]
    ]
    return {**values, KEYS: [{**key, "keyId": key.get("keyId") or state.ids()} for key in keys]}


def without_keys(row: Entity, options: QueryOptions) -> Entity:
    """The object without the certificates' `key`, which is only shown where `$select` names `keyCredentials`."""
    if not row.get(KEYS) or KEYS in options.values.get("$select", ""):
        return row
    return {**row, KEYS: [{**key, "key": None} for key in row[KEYS]]}
