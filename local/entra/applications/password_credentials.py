"""Passwords of applications and service principals: a secret that signs in and is shown once.

Source: the page passwordcredential of the Graph documentation.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from local.entra.clock import timestamp
from local.entra.protocol.collection import Entity
from local.entra.protocol.errors import invalid_value
from local.entra.state import TenantState

RESOURCE = "PasswordCredential"
LIFETIME = timedelta(days=730)
HINT_LETTERS = 3


def new_password(state: TenantState, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A password credential with a new secret; it lasts two years unless the caller says otherwise."""
    now = state.clock.now()
    start, end = (
        moment(asked.get("startDateTime"), default=now),
        moment(asked.get("endDateTime"), default=now + LIFETIME),
    )
    if end <= start:
        raise invalid_value("endDateTime", RESOURCE)
    key_id, text = state.ids(), secret_text(state)
    state.secrets[key_id] = text
    return {
        "customKeyIdentifier": None,
        "displayName": asked.get("displayName"),
        "endDateTime": timestamp(end),
        "hint": text[:HINT_LETTERS],
        "keyId": key_id,
        "secretText": text,
        "startDateTime": timestamp(start),
    }


def secret_text(state: TenantState) -> str:
    """Forty letters, repeatable where ids are."""
    return (state.ids() + state.ids()).replace("-", "")[:36] + "~Aa1"


def moment(value: Any, *, default: datetime) -> datetime:
    if value is None:
        return default
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise invalid_value("endDateTime", RESOURCE) from error
    return found if found.tzinfo else found.replace(tzinfo=default.tzinfo)


def without_secret(password: Mapping[str, Any]) -> Entity:
    """A password as every answer but the first shows it."""
    return {**password, "secretText": None}


def secrets_of(state: TenantState, holders: list[Entity]) -> dict[str, bool]:
    """The secrets that applications and service principals have, and whether each can be used now."""
    now = state.clock.now()
    return {
        state.secrets[item["keyId"]]: moment(item["endDateTime"], default=now) > now
        for holder in holders
        for item in holder.get("passwordCredentials") or ()
        if item["keyId"] in state.secrets
    }
