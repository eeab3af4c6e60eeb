"""What is ours and what is not: the mark we know our objects by, and what strangers did under our name or to them."""

from collections.abc import Iterable
from typing import Any

from kiota_abstractions.request_information import RequestInformation

from provisioning.graph.client import collect
from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext

NOT_OURS = "not_ours"


def has_our_key(context: OperationContext, item: dict[str, Any] | None) -> bool:
    """Return whether it carries our mark: the alternate key, which cannot be changed once it is set."""
    return item is not None and item.get("uniqueName") == context.desired.unique_name


def not_ours(what: str, object_id: str, *, known: str | None, members: Iterable[str]) -> Finding:
    """Return the finding that an object has our key, but that others put its members in and so control it."""
    kept = f"not the one that this product created ({known})" if known else "not known to this product"
    return Finding(
        NOT_OURS,
        "blocking",
        f"The {what} {object_id} has this deployment's uniqueName, is {kept}, and has members that this product did "
        "not add.",
        "Find out who created it. Delete it in Entra, or remove its members if it is yours; then plan again.",
        (object_id, *members),
    )


def name_conflict(what: str, display_name: str, object_ids: Iterable[str]) -> Finding:
    """Return the finding that something has our name and is not ours: its owner would control it, so it stays."""
    ids = tuple(sorted(object_ids))
    return Finding(
        "foreign_object",
        "blocking",
        f"The tenant already has a {what} called '{display_name}' that this product did not create: {', '.join(ids)}.",
        "Rename or delete it, or set DISPLAY_NAME to another name.",
        ids,
    )


async def find_name_conflicts(
    context: OperationContext, request: RequestInformation, *, what: str
) -> tuple[Finding, ...]:
    """Return a finding where objects that we did not make have our display name.

    Args:
        context: Of the operation.
        request: Lists those of that name with their `uniqueName`. A list may know ours before a read by its key does.
        what: What they are called.
    """
    found = await collect(context.graph.pages(request))
    ids = [item["id"] for item in found if not has_our_key(context, item)]
    return (name_conflict(what, context.desired.display_name, ids),) if ids else ()


def unexpected_owners(what: str, object_id: str, owners: Iterable[str], *, expected: Iterable[str]) -> list[Finding]:
    """Return a finding for owners nobody announced: each controls the object as much as we do."""
    strangers = tuple(sorted({owner.casefold() for owner in owners} - {owner.casefold() for owner in expected}))
    if not strangers:
        return []
    return [
        Finding(
            "unexpected_owner",
            "blocking",
            f"The {what} {object_id} has unexpected owners: {', '.join(strangers)}.",
            "Remove them in Entra, or add their object IDs to EXPECTED_OWNER_IDS.",
            strangers,
        )
    ]


def unexpected_credentials(application_id: str, ids: Iterable[str], *, what: str) -> list[Finding]:
    """Return a finding for credentials that are not ours: the person who added one can act as the landing page."""
    strange = tuple(ids)
    if not strange:
        return []
    return [
        Finding(
            "unexpected_credential",
            "blocking",
            f"The application {application_id} has unexpected {what}: {', '.join(strange)}.",
            "Delete them in Entra, under Certificates & secrets.",
            strange,
        )
    ]
