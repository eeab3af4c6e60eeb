"""How findings put people, numbers and ids into a sentence."""

from collections.abc import Iterable

from provisioning.tenant.preflight.coverage import Subject
from provisioning.tenant.preflight.exposure_facts import IN_GENERAL

SHOWN = 5  # ids in a sentence


def named_people(people: Iterable[Subject]) -> str:
    """Put people into words: how many are named, then those who stand for others."""
    named = [person for person in people if person.object_id is not None]
    parts = [how_many(len(named))] if named else []
    parts += [words for person, words in IN_GENERAL.items() if person in set(people)]
    return ", ".join(parts) or "nobody"


def how_many(count: int, noun: str = "person") -> str:
    """Put a number of people into words."""
    plural = "people" if noun == "person" else f"{noun}s"
    return f"1 {noun}" if count == 1 else f"{count} {plural}"


def some(ids: Iterable[str]) -> str:
    """Put ids into a sentence, not too many."""
    found = list(ids)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{', '.join(found[:SHOWN])}{more}"


def ids_of(people: Iterable[Subject]) -> tuple[str, ...]:
    """Return the ids of those who have one, not too many."""
    return tuple(person.object_id for person in people if person.object_id is not None)[: SHOWN * 4]
