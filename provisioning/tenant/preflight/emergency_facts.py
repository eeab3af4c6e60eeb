"""What is read about emergency accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from provisioning.graph.accounts import IDS_PER_FILTER
from provisioning.graph.batch_items import BatchRequest
from provisioning.graph.odata import literal
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.answers import BatchAnswers, ask_together
from provisioning.tenant.preflight.coverage import Directory
from provisioning.tenant.preflight.exposure_facts import EmergencyAccount
from provisioning.tenant.preflight.identify import identify

EMERGENCY_FIELDS = "id,accountEnabled,userType,externalUserState,onPremisesSyncEnabled"


def emergency_parts(context: OperationContext) -> list[Sequence[str]]:
    """Return the emergency accounts' ids in parts, as many in each as a filter takes."""
    ids = context.desired.break_glass_user_ids
    return [ids[start : start + IDS_PER_FILTER] for start in range(0, len(ids), IDS_PER_FILTER)]


async def emergency_accounts(context: OperationContext, answers: BatchAnswers) -> list[EmergencyAccount]:
    """Return each account of the setting. Where only basic properties may be read, it is seen to exist, and no more."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, ids in enumerate(emergency_parts(context)):
        items = await answers.values(f"emergency{name}", "the state of the emergency accounts")
        if items is None:
            basic = await ask_together(context, [BatchRequest("basic", "GET", accounts_path(ids, fields="id"))])
            items = await basic.values("basic", "the emergency accounts")
            if items is None:
                answers.unreadable += basic.unreadable
                return [EmergencyAccount(user_id.casefold()) for user_id in context.desired.break_glass_user_ids]
        found |= {str(item["id"]).casefold(): item for item in items}
    ids = [user_id.casefold() for user_id in wanted_accounts(context)]
    accounts = [emergency_account(user_id, found.get(user_id)) for user_id in ids]
    return [await with_kind(context, account) if account.exists is False else account for account in accounts]


def wanted_accounts(context: OperationContext) -> tuple[str, ...]:
    """Return the setting's accounts, each once."""
    return tuple({user_id.casefold(): user_id for user_id in context.desired.break_glass_user_ids}.values())


def emergency_account(object_id: str, item: Mapping[str, Any] | None) -> EmergencyAccount:
    """Parse one account, as Graph shows it."""
    if item is None:
        return EmergencyAccount(object_id, exists=False)
    if "accountEnabled" not in item:
        return EmergencyAccount(object_id, exists=True)
    return EmergencyAccount(
        object_id,
        exists=True,
        enabled=item.get("accountEnabled") is True,
        guest=item.get("userType") == "Guest" or item.get("externalUserState") is not None,
        synchronized=item.get("onPremisesSyncEnabled") is True,
    )


def with_role(account: EmergencyAccount, directory: Directory) -> EmergencyAccount:
    """Add to an account whether it holds a directory role."""
    if directory.roles is None:
        return account
    holds = any(account.object_id in holders for holders in directory.roles.values())
    return replace(account, has_role=True if holds else False if directory.roles_complete else None)


def accounts_path(ids: Sequence[str], *, fields: str) -> str:
    """Return the address of the accounts with these ids."""
    condition = quote(f"id in ({', '.join(map(literal, ids))})")
    return f"/users?$filter={condition}&$select={fields}"


async def with_kind(context: OperationContext, account: EmergencyAccount) -> EmergencyAccount:
    """Return what an id is that is no account's."""
    found = await identify(context, account.object_id)
    return replace(account, instead=found.what, instead_kind=found.kind)
