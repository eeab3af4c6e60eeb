"""The Bicep templates as pycep reads them, and how to look things up in what it returns.

pycep hangs on some input (long multi-line strings), so it runs in a process of its own with a time limit. Its tree does
not tell an identifier from a text; here a text that is the name of a variable is that variable.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
PARSE_SECONDS = 30.0  # for all files; 8 of them take about one


@dataclass(frozen=True)
class Template:
    """A Bicep file.

    Args:
        name: Its path below infra/.
        text: What stands in it.
        tree: What pycep makes of it.
    """

    name: str
    text: str
    tree: dict[str, Any]

    @property
    def code(self) -> str:
        """The text without lines that are only a comment."""
        return "\n".join(line for line in self.text.splitlines() if not line.lstrip().startswith("//"))

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the resources of a type that this file makes."""
        found = self.tree.get("resources", {}).values()
        return [body(item) for item in found if item["type"] == kind and not item["existing"]]

    def modules(self, path: str) -> dict[str, dict[str, Any]]:
        """The parameters of each use of a module, by symbol."""
        found = self.tree.get("modules", {}).items()
        return {symbol: body(item)["params"] for symbol, item in found if item["detail"]["path"] == path}

    def entries(self, value: Any) -> dict[str, Any]:
        """The members of an object expression: a literal, a variable, a union, or both sides of a condition."""
        if isinstance(value, str):
            variables = self.tree.get("variables", {})
            return self.entries(variables[value]["value"]) if value in variables else {}
        if "function" in value:
            arguments = value["function"]["parameters"].values()
            return {name: item for argument in arguments for name, item in self.entries(argument).items()}
        if "operator" in value:
            sides = value["operator"]["operands"]
            return {**self.entries(sides["true_value"]), **self.entries(sides["false_value"])}
        return {name.strip("'"): item for name, item in value.items()}


def body(item: dict[str, Any]) -> dict[str, Any]:
    """What is inside a resource or module, without its loop or condition."""
    inner: dict[str, Any] = item["config"]
    while isinstance(inner.get("config"), dict):
        inner = inner["config"]
    return inner


def read_templates() -> dict[str, Template]:
    """Every template below infra/, by name.

    Raises:
        AssertionError: One cannot be parsed, or not in time.
    """
    paths = sorted(INFRA.rglob("*.bicep"))
    trees = parse(paths)
    return {
        name: Template(name=name, text=path.read_text(encoding="utf-8"), tree=trees[str(path)])
        for path in paths
        for name in [path.relative_to(INFRA).as_posix()]
    }


def parse(paths: Iterable[Path], *, seconds: float = PARSE_SECONDS) -> dict[str, dict[str, Any]]:
    """The trees by path, from another process.

    Raises:
        AssertionError: A file cannot be parsed, or not in time; the message names it.
    """
    names = [str(path) for path in paths]
    command = [sys.executable, __file__, *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        output, fault = done.stdout, done.stderr.strip()
    except subprocess.TimeoutExpired as error:
        output, fault = (error.stdout or b"").decode(), f"pycep did not finish in {seconds:.0f} seconds."
    trees: dict[str, dict[str, Any]] = {}
    for line in output.splitlines():
        trees.update(json.loads(line))
    missing = [name for name in names if name not in trees]
    assert not missing, f"{missing[0]} cannot be parsed. {fault}"
    return trees


def main() -> None:
    """Parse the files named on the command line, one line of JSON each."""
    from pycep import BicepParser

    parser = BicepParser()
    for name in sys.argv[1:]:
        print(json.dumps({name: parser.parse(file_path=Path(name))}), flush=True)


if __name__ == "__main__":
    main()
