"""The README names every setting with its default, and what the files of a resource are called."""

import re
from pathlib import Path

from local.entra.control.settings import Settings

ENTRA = Path(__file__).parents[3] / "local/entra"
README = ENTRA / "README.md"
ROOMS = ("applications", "authentication", "conditional_access", "directory")


def test_every_setting_is_in_the_readme() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", README.read_text(), re.MULTILINE))
    shown = {name: rows.get(name, "(no row)").strip('`"') for name in Settings().as_json()}
    assert shown == {name: text_of(value) for name, value in Settings().as_json().items()}


def test_a_resource_of_more_than_one_module_has_files_of_the_same_names() -> None:
    folders = [path.parent for room in ROOMS for path in (ENTRA / room).glob("*/__init__.py")]
    assert folders
    for folder in folders:
        names = {path.stem for path in folder.glob("*.py")}
        assert "routes" in names, folder
        assert not [name for name in names if name.startswith(f"{folder.name}_")], folder
    shared = set(
        re.findall(r"`(\w+)`", README.read_text().partition("has the same job in each: ")[2].partition("\n\n")[0])
    )
    for name in shared:
        assert len(list(ENTRA.glob(f"*/*/{name}.py"))) > 1, f"only one resource has {name}"


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else str(value)
