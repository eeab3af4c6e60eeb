"""Checks what the templates set against Azure's own published resource types (Azure/bicep-types-az).

`data/azure-types.json` holds, for each type and version used here, every property by its path: `a.b`, `a[].b` for the
members of a list, `a.{}` for a member of any name, `<name=x>.a` where a value chooses the shape. Beside each stand its
type, or the values it takes ("open" among them: Azure may know more), and flags: r required, o read-only, d made by
the deployment itself.

`data/further-types.json` has the same form and was written by hand: roleDefinitions and savedSearches after types.md of
that repository, sites/certificates after Microsoft.Web/certificates, Microsoft.Network after the documentation of the
properties that are used. It finds a misspelled name, and does not know what else Azure would take.

What is only known at deployment (a function's result, another resource's property) is taken to be right.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .templates import Template

DATA = Path(__file__).parent / "data" / "azure-types.json"
FURTHER = DATA.with_name("further-types.json")
# Of the language, not of the resource.
OF_BICEP = {"scope", "parent", "depends_on", "dependsOn"}
RETURNS = {
    "string": "string",
    "guid": "string",
    "subscriptionResourceId": "string",
    "resourceId": "string",
    "uniqueString": "string",
    "toLower": "string",
    "toUpper": "string",
    "replace": "string",
    "join": "string",
    "format": "string",
    "trim": "string",
    "loadTextContent": "string",
    "empty": "bool",
    "contains": "bool",
    "length": "int",
    "int": "int",
    "split": "array",
}
LOOP = re.compile(r"\bfor \(?(\w+)(?:, (\w+)\))? in\b")

Types = Mapping[str, Mapping[str, Any]]


@cache
def azure_types() -> Types:
    """Azure's types by name and version."""
    content: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    further: dict[str, Any] = json.loads(FURTHER.read_text(encoding="utf-8"))
    assert not content.keys() & further.keys()
    return content | further


@dataclass
class Report:
    """What a check found.

    Args:
        faults: What is wrong, one line each.
        checked: How many properties were looked at.
    """

    faults: list[str] = field(default_factory=list)
    checked: int = 0


@dataclass(frozen=True)
class Checker:
    """Checks the resources of one template."""

    template: Template
    types: Types
    report: Report
    allowed: Mapping[str, str] = field(default_factory=dict)

    def resources(self) -> None:
        """Check every resource that the template makes."""
        for symbol, item in self.template.tree.get("resources", {}).items():
            kind = f"{item['type']}@{item['api_version']}"
            where = f"{self.template.name}: {symbol}"
            if kind not in self.types:
                self.report.faults.append(f"{where}: {kind} is not among Azure's types in {DATA.name}.")
            elif not item["existing"]:
                properties = self.types[kind]
                for value in alternatives(item["config"]):
                    self.members(value, "", properties, where)

    def members(self, value: Mapping[str, Any], path: str, types: Mapping[str, Any], where: str) -> None:
        """Check the members of an object.

        Args:
            value: The object expression.
            path: Where it stands among the types, with its dot; empty for the resource itself.
            types: Of the resource.
            where: For the reader.
        """
        roots = shapes(value, path, types)
        given = {name.strip("'"): item for name, item in value.items()}
        for name, item in given.items():
            if not path and name in OF_BICEP:
                continue
            found = next((root + name for root in roots if root + name in types), None)
            found = found or next((root + "{}" for root in roots if root + "{}" in types), None)
            if found is None:
                self.fault(f"{where}.{name}", "is no property that Azure knows")
            else:
                self.one(item, found, types, f"{where}.{name}")
        for missing in required(roots, types) - set(given):
            self.report.faults.append(f"{where}.{missing} is required and not set.")

    def one(self, item: Any, path: str, types: Mapping[str, Any], where: str) -> None:
        """Check a property's value in every form it may take."""
        kind, flags = types[path]
        self.report.checked += 1
        if "o" in flags:
            self.fault(where, "is read-only")
        for value in self.values(item):
            self.typed(value, kind, path, types, where)

    def typed(self, value: Any, kind: Any, path: str, types: Mapping[str, Any], where: str) -> None:
        """Check one value; what is only known at deployment passes."""
        expected = "string" if isinstance(kind, list) else kind
        found = self.type_of(value)
        if expected == "any" or found is None:
            return
        if found != expected:
            self.fault(where, f"is {found}, and Azure wants {expected}")
        elif isinstance(kind, list) and isinstance(value, str) and not self.is_allowed(value, kind):
            self.fault(where, f"is {value!r}, and Azure knows {', '.join(item for item in kind if item != 'open')}")
        elif isinstance(value, dict) and any(name.startswith((f"{path}.", f"{path}<")) for name in types):
            self.members(value, f"{path}.", types, where)
        elif isinstance(value, list):
            self.elements(value, path, types, where)

    def elements(self, values: list[Any], path: str, types: Mapping[str, Any], where: str) -> None:
        """Check the members of a list that are objects."""
        if not any(name.startswith((f"{path}[].", f"{path}[]<")) for name in types):
            return
        for number, item in enumerate(values):
            for value in self.values(item):
                if isinstance(value, dict) and self.type_of(value) == "object":
                    self.members(value, f"{path}[].", types, f"{where}[{number}]")

    def values(self, item: Any) -> Iterator[Any]:
        """Every value that an expression may come to, as far as it stands here."""
        variables = self.template.tree.get("variables", {})
        if isinstance(item, str) and item in variables:
            yield from self.values(variables[item]["value"])
        elif isinstance(item, dict) and "loop_type" in item:
            yield [item["config"]]
        elif (call := expression(item, "function")) and call["type"] in ("union", "concat"):
            for argument in call["parameters"].values():
                yield from self.values(argument)
        elif (sides := conditional(item)) is not None:
            for side in sides:
                yield from self.values(side)
        else:
            yield item

    def type_of(self, value: Any) -> str | None:
        """The type of a value; None where only a deployment knows."""
        if isinstance(value, dict):
            call = expression(value, "function")
            return RETURNS.get(call["type"]) if call else None if expression(value, "operator") else "object"
        if isinstance(value, str):
            return self.type_of_text(value)
        return {bool: "bool", int: "int", list: "array"}.get(type(value))

    def type_of_text(self, value: str) -> str | None:
        """The type of what may be a text or a name: pycep does not tell one from the other."""
        parameters = self.template.tree.get("parameters", {})
        if value in parameters:
            return str(parameters[value]["type"])
        return None if value in self.loop_names() else "string"

    def loop_names(self) -> set[str]:
        """The names that loops give to their items."""
        return {name for pair in LOOP.findall(self.template.code) for name in pair if name}

    def is_allowed(self, value: str, kind: list[str]) -> bool:
        """Whether a value is one that Azure names; a parameter has to say which ones it takes."""
        parameters = self.template.tree.get("parameters", {})
        if value in parameters:
            decorators = {item["type"]: item.get("argument") for item in parameters[value]["decorators"]}
            return set(decorators.get("allowed", ["?"])) <= set(kind)
        return value in kind or "${" in value

    def fault(self, where: str, text: str) -> None:
        """Note what is wrong, unless it is known and explained."""
        if re.sub(r"^[^:]+: ", "", where) not in self.allowed:
            self.report.faults.append(f"{where} {text}.")


def alternatives(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The body of a resource, out of its loop and condition."""
    inner = config
    while isinstance(inner.get("config"), dict):
        inner = inner["config"]
    yield inner


def expression(item: Any, kind: str) -> dict[str, Any] | None:
    """The operator or function of an expression. An object may have a member of that name, beside others."""
    inner = item.get(kind) if isinstance(item, dict) and len(item) == 1 else None
    return inner if isinstance(inner, dict) and "type" in inner else None


def conditional(item: Any) -> tuple[Any, Any] | None:
    """Both sides of `c ? a : b`; pycep reads `x == c ? a : b` as a comparison with such an expression."""
    operator = expression(item, "operator")
    if operator is None or "operands" not in operator:
        return None
    operands = operator["operands"]
    if operator["type"] == "conditional":
        return operands["true_value"], operands["false_value"]
    last = operands.get("operand_2")
    return conditional(last) if operator["type"] in ("equals", "not_equals", "greater_than", "and", "or") else None


def shapes(value: Mapping[str, Any], path: str, types: Mapping[str, Any]) -> list[str]:
    """The roots under which an object's members stand: its own, and the one that a value of it chooses."""
    roots = [path]
    opening = path.removesuffix(".")
    for match in {found.group(0) for name in types if (found := re.match(re.escape(opening) + r"<[^>]+>", name))}:
        chooser, _, wanted = match[len(opening) + 1 : -1].partition("=")
        given = {name.strip("'"): item for name, item in value.items()}
        if given.get(chooser) == wanted:
            roots.insert(0, f"{match}.")
    return roots


def required(roots: list[str], types: Mapping[str, Any]) -> set[str]:
    """The members that have to be set."""
    found: set[str] = set()
    for root in roots:
        for name, (_, flags) in types.items():
            rest = name.removeprefix(root)
            if name.startswith(root) and re.fullmatch(r"[\w.\-]+", rest) and "r" in flags and "o" not in flags:
                found.update({rest} if "." not in rest or rest == "odata.type" else ())
    return found


def check_templates(templates: Mapping[str, Template], *, allowed: Mapping[str, str] | None = None) -> Report:
    """Check every resource of every template.

    Args:
        templates: By name.
        allowed: What Azure's types do not know or have otherwise, as `symbol.property`, with the reason.
    """
    report = Report()
    for template in templates.values():
        Checker(template, azure_types(), report, allowed or {}).resources()
    return report
