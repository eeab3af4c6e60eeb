"""The language of a page: what the person chose, else what their browser asks for; and the page's own sentences."""

from pathlib import Path

from provisioning.languages import ENGLISH, Catalogs, FormOfAddress, Language, find_language, speak

LOCALES = Path(__file__).parent / "locales"
PAGE = Catalogs(LOCALES, "landing")
LONGEST_HEADER = 1000  # characters; a browser's Accept-Language has fewer than a hundred


def load_language(tag: str, *, address: FormOfAddress | None = None) -> Language:
    """Load a language of the page.

    Args:
        tag: One of LANGUAGES.
        address: How to speak to the person, where the language has both; None for what is usual in it.
    """
    return speak(tag, PAGE, address=address)


def accepted_languages(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4)."""
    weighted: list[tuple[float, int, str]] = []
    for place, item in enumerate(header[:LONGEST_HEADER].split(",")):
        tag, _, parameter = item.partition(";")
        weight = read_weight(parameter)
        if tag.strip() and weight > 0:
            weighted.append((-weight, place, tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]


def read_weight(parameter: str) -> float:
    """Return the weight that `q=0.8` gives; a language without one is wanted most, one that cannot be read least."""
    name, _, value = parameter.partition("=")
    if name.strip().casefold() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def choose_language(*, asked: str | None, remembered: str | None, header: str, default: str) -> str:
    """Choose the language of an answer.

    Args:
        asked: The one the person just chose.
        remembered: The one the person chose before.
        header: Accept-Language, as the browser sent it.
        default: What is left for a person whose browser asks for none that the page speaks.
    """
    for wanted in (asked, remembered, *accepted_languages(header), default):
        if wanted and (found := find_language(wanted)) is not None:
            return found
    return ENGLISH
