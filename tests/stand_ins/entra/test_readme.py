"""The README names every setting with its default."""

import re
from pathlib import Path

from local.entra.control.settings import Settings

README = Path(__file__).parents[3] / "local/entra/README.md"


def test_every_setting_is_in_the_readme() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", README.read_text(), re.MULTILINE))
    shown = {name: rows.get(name, "(no row)").strip('`"') for name in Settings().as_json()}
    assert shown == {name: text_of(value) for name, value in Settings().as_json().items()}


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)
