"""Fixtures: the templates, parsed once; the roles with their settings, and the one app that takes the place of all."""

from dataclasses import dataclass
from typing import Any

import pytest

from .functions import Function, read_functions
from .templates import Template, read_templates

SYMBOLS = {"front": "front", "people": "people", "passesApp": "passes", "tenantApp": "tenant"}
OF_PASSES = "PassAccess"  # what a role may do besides where there are passes


@dataclass(frozen=True)
class Role:
    """A function app.

    Args:
        name: front, people, passes or tenant.
        settings: Its app settings, as expressions.
        functions: Those that it runs.
        access: The parameters of its rights to the shared storage account.
    """

    name: str
    settings: dict[str, Any]
    functions: frozenset[str]
    access: dict[str, Any]


@pytest.fixture(scope="session")
def templates() -> dict[str, Template]:
    return read_templates()


@pytest.fixture(scope="session")
def main(templates: dict[str, Template]) -> Template:
    return templates["main.bicep"]


@pytest.fixture(scope="session")
def functions() -> dict[str, Function]:
    return read_functions()


@pytest.fixture(scope="session")
def roles(templates: dict[str, Template], functions: dict[str, Function]) -> dict[str, Role]:
    """The apps of a deployment, each with an identity of its own."""
    return {name: role_of(symbol, name, templates, functions) for symbol, name in SYMBOLS.items()}


@pytest.fixture(scope="session")
def single(templates: dict[str, Template], functions: dict[str, Function]) -> Role:
    """The app that runs everything, for trying out, with passes off: what a condition takes away is taken away here."""
    return role_of("single", "single", templates, functions)


def role_of(symbol: str, name: str, templates: dict[str, Template], functions: dict[str, Function]) -> Role:
    """One app of the template."""
    main, app = templates["main.bicep"], templates["app/function-app.bicep"]
    params, access = main.modules("app/function-app.bicep")[symbol], main.modules("app/data-access.bicep")
    (written,) = [item for item in app.resources("Microsoft.Web/sites/config") if item["name"] == "appsettings"]
    platform, own_address, given = written["properties"]["function"]["parameters"].values()
    assert (own_address, given) == ("ownAddress", "appSettings")
    told = app.entries(own_address) if params.get("tellsLandingUrl") else {}
    settings = {**app.entries(platform), **told, **main.entries(params["appSettings"])}
    runs = frozenset(item for item in functions if f"AzureWebJobs.{item}.Disabled" not in settings)
    rights = with_rights(access[f"{name}Access"], access.get(f"{name}{OF_PASSES}", {}))
    return Role(name=name, settings=settings, functions=runs, access=rights)


def with_rights(access: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The rights of two uses of the module for one identity, which must be the same."""
    assert not more or access["principalId"] == more["principalId"]
    lists = {name: [*access.get(name, []), *value] for name, value in more.items() if isinstance(value, list)}
    return {**access, **lists}
