"""Every resource and property of the templates, against Azure's own types; and what else a compiler would see."""

import re
from pathlib import Path
from typing import Any

import pytest

from .azure_types import azure_types, check_templates
from .templates import Template, parse

# What the types do not know although it works, as symbol.property, with the source.
KNOWN_BETTER = {
    "site.properties.siteScopedCertificatesEnabled": "announced 2026-09-18; hashicorp/terraform-provider-azurerm#31884",
}
SITE = """
resource site 'Microsoft.Web/sites@2025-03-01' = {{
  name: 'a'
  location: 'westeurope'
  properties: {{
    {line}
  }}
}}
"""
CONFIG = """
resource config 'Microsoft.Web/sites/config@2025-03-01' = {{
  name: '{name}'
  properties: {{
    {line}
  }}
}}
"""


def made_of(text: str, folder: Path) -> Template:
    """A template with this text."""
    path = folder / "planted.bicep"
    path.write_text(text)
    return Template(name="planted.bicep", text=text, tree=parse([path])[str(path)])


def test_azure_knows_every_property_and_every_value(templates: dict[str, Template]) -> None:
    report = check_templates(templates, allowed=KNOWN_BETTER)
    assert not report.faults, "\n".join(report.faults)
    assert report.checked > 150


def test_only_the_types_that_are_used_are_kept(templates: dict[str, Template]) -> None:
    used = {
        f"{item['type']}@{item['api_version']}"
        for template in templates.values()
        for item in template.tree.get("resources", {}).values()
    }
    assert set(azure_types()) == used


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SITE.format(line="httpOnly: true"), "site.properties.httpOnly is no property"),
        (SITE.format(line="httpsOnly: 'true'"), "httpsOnly is string, and Azure wants bool"),
        (SITE.format(line="defaultHostName: 'a'"), "defaultHostName is read-only"),
        (SITE.format(line="siteConfig: { minTlsVersion: 12 }"), "minTlsVersion is int, and Azure wants string"),
        (SITE.format(line="siteConfig: { ftpsState: 'Disable' }"), "ftpsState is 'Disable', and Azure knows"),
        (
            SITE.format(line="functionAppConfig: { scaleAndConcurrency: { triggers: { http: { perInstance: 1 } } } }"),
            "perInstance is no property",
        ),
        (
            SITE.format(line="functionAppConfig: { scaleAndConcurrency: { alwaysReady: [{ name: 'a', count: 1 }] } }"),
            "alwaysReady[0].count is no property",
        ),
        (CONFIG.format(name="authsettingsV2", line="globalValidation: { excludePaths: [] }"), "excludePaths is no"),
        (CONFIG.format(name="authsettingsV2", line="platform: { enabled: 'yes' }"), "enabled is string"),
        (CONFIG.format(name="appsettings", line="A: true"), "A is bool, and Azure wants string"),
        (SITE.replace("location: 'westeurope'", "").format(line="httpsOnly: true"), "site.location is required"),
        (SITE.replace("2025-03-01", "2035-03-01").format(line="httpsOnly: true"), "is not among Azure's types"),
        ("param on string\n" + SITE.format(line="httpsOnly: on"), "httpsOnly is string, and Azure wants bool"),
        ("var on = 'yes'\n" + SITE.format(line="httpsOnly: on"), "httpsOnly is string, and Azure wants bool"),
        (
            "param first bool\n" + SITE.format(line="siteConfig: first ? { minTlsVersion: '1.2' } : { minTls: '1.2' }"),
            "minTls is no property",
        ),
        (
            "param state string\n" + SITE.format(line="siteConfig: { ftpsState: state }"),
            "ftpsState is 'state', and Azure knows",
        ),
    ],
)
def test_a_planted_mistake_is_found(tmp_path: Path, text: str, fault: str) -> None:
    planted = made_of(text, tmp_path)
    report = check_templates({planted.name: planted})
    assert len(report.faults) == 1, report.faults
    assert fault in report.faults[0]


def test_every_output_that_is_read_exists(templates: dict[str, Template]) -> None:
    for template in templates.values():
        modules = template.tree.get("modules", {})
        for symbol, output in re.findall(r"\b(\w+)\.outputs\.(\w+)", template.code):
            path = (Path(template.name).parent / modules[symbol]["detail"]["path"]).as_posix()
            assert output in templates[path].tree["outputs"], f"{template.name}: {symbol}.outputs.{output}"


def test_nothing_is_declared_and_not_used(templates: dict[str, Template]) -> None:
    """A warning of the compiler, and warnings are errors (no-unused-params, no-unused-vars, no-unused-existing)."""
    for template in templates.values():
        existing = {name: item for name, item in template.tree.get("resources", {}).items() if item["existing"]}
        for names in (template.tree.get("parameters", {}), template.tree.get("variables", {}), existing):
            for name in names:
                assert len(re.findall(rf"\b{name}\b", template.code)) > 1, f"{template.name}: {name}"


def test_modules_get_values_of_the_types_they_declare(templates: dict[str, Template]) -> None:
    """A text where a module wants a number is an error of the compiler; only what stands there as it is can be seen."""
    words = {bool: "bool", int: "int", list: "array"}
    for template in templates.values():
        parameters = template.tree.get("parameters", {})
        for module in template.tree.get("modules", {}).values():
            path = module["detail"]["path"]
            declared = templates[(Path(template.name).parent / path).as_posix()].tree["parameters"]
            for given in template.modules(path).values():
                for name, value in given.items():
                    named = is_parameter(value, parameters) and f"'{value}'" not in template.code  # may be a text
                    found = parameters[value]["type"] if named else words.get(type(value))
                    assert found in (None, declared[name]["type"]), f"{template.name}: {name} of {path}"


def is_parameter(value: Any, parameters: dict[str, Any]) -> bool:
    """Whether an expression is a parameter's name."""
    return isinstance(value, str) and value in parameters
