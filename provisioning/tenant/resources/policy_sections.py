"""Sections of a policy: compared, made ready to be sent, and whether a change asks more of people."""

from typing import Any

import orjson

from provisioning.graph.odata import same_ids
from provisioning.model.plan import Change


def alike(left: Any, right: Any) -> bool:
    """Return whether two sections say the same: ids in any order and case, what is empty left out.

    (Microsoft365DSC#7118.)
    """
    left, right = strip(left), strip(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[name], right[name]) for name in left)
    if isinstance(left, dict) or isinstance(right, dict):
        return not left and not right
    if isinstance(left, list) and isinstance(right, list):
        return same_ids(map(str, left), map(str, right))
    return bool(left == right) or not (left or right)


def strip(value: Any) -> Any:
    """Return a value without nulls, empty lists and annotations, for comparison."""
    if isinstance(value, dict):
        return {
            name: strip(item) for name, item in value.items() if item is not None and item != [] and "@" not in name
        }
    return value


def sendable(value: Any) -> Any:
    """Return what Graph gave in a form that it takes: no stubs of sections that nobody set, no annotations but types.

    `externalTenants` is of an abstract type: without its `@odata.type` Graph loses or refuses its members
    (terraform-provider-azuread#1555).
    """
    if isinstance(value, dict):
        return {
            name: sendable(item)
            for name, item in value.items()
            if item is not None and item != [] and ("@" not in name or name == "@odata.type")
        }
    return value


def asks_more(change: Change) -> bool:
    """Return whether a change of a policy may ask more people, or for more. A new exclusion does not."""
    if change.field == "displayName":
        return False
    if change.field != "conditions.users":
        return True
    before, after = strip(change.before or {}), strip(change.after or {})
    names = before.keys() | after.keys()
    for name in names:
        old, new = entries(before.get(name)), entries(after.get(name))
        if name.startswith("include") and not new <= old:
            return True
        if name.startswith("exclude") and not old <= new:
            return True
    return False


def entries(value: Any) -> frozenset[str]:
    """Return what a list or an object of people names, for comparison."""
    if isinstance(value, list):
        return frozenset(str(item).casefold() for item in value)
    return frozenset() if value is None else frozenset({orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()})
