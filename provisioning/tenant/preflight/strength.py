"""The authentication strength that was set: by name or id, exactly one, and whether a new hire can pass it."""

from typing import Any

from provisioning.model.plan import Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.policy_reading import lists_a_pass


def find_strength(run: OperationContext, facts: TenantFacts) -> tuple[Finding, ...]:
    """Resolve the setting and keep the id in the run. A name is not unique in Entra, so two of one name stop us."""
    wanted = run.desired.strength
    if wanted is None:
        return ()
    known = list(facts.strengths or ())
    matching = [item for item in known if wanted.casefold() == str(item["id"]).casefold()]
    matching = matching or [item for item in known if wanted.casefold() == str(item["displayName"]).casefold()]
    if len(matching) != 1:
        return (unknown_strength(wanted, matching, known),)
    run.strength_id = str(matching[0]["id"])
    return () if lists_a_pass(matching[0]) else (refuses_a_pass(matching[0]),)


def unknown_strength(wanted: str, matching: list[dict[str, Any]], known: list[dict[str, Any]]) -> Finding:
    """Return the finding that there is none of that name, or several."""
    how_many = f"{len(matching)} authentication strengths" if matching else "no authentication strength"
    there = "; ".join(sorted(f"{item['displayName']} ({item['id']})" for item in known)) or "none"
    return Finding(
        "strength_unknown",
        "blocking",
        f"The tenant has {how_many} called '{wanted}'.",
        f"Set AUTHENTICATION_STRENGTH to the name or ID of one that exists: {there}.",
        tuple(sorted(str(item["id"]) for item in matching)),
    )


def refuses_a_pass(strength: dict[str, Any]) -> Finding:
    """Return the finding that a person who has only a pass is turned away at our tile."""
    return Finding(
        "strength_refuses_tap",
        "warning",
        f"The authentication strength '{strength['displayName']}' does not accept a Temporary Access Pass, so a new "
        "hire who has nothing else cannot satisfy the policy.",
        "Name a strength that accepts one (the built-in 'Multifactor authentication' does), or leave "
        "AUTHENTICATION_STRENGTH empty.",
        (str(strength["id"]),),
    )
