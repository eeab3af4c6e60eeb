"""The certificates of applications and service principals, as Graph keeps and shows them.

Source: the page keycredential of the Graph documentation.
"""

import base64
import secrets
from typing import Any

from local.entra.protocol.collection import Entity
from local.entra.protocol.query import QueryOptions
from local.entra.state import TenantState

KEYS = "keyCredentials"


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
