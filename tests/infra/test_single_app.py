"""One app with one identity, for trying out: it is complete, it stands alone, and it opens no administration API."""

from typing import Any

from local.package.product import FRONT, WORKER, requirements_of
from local.roles import ROLES
from provisioning.store.storage import QUEUES, TABLES

from .azd import given_parameters
from .conftest import SYMBOLS, Role
from .functions import Function
from .templates import Template

# What has no name of its own in such a deployment, since every app shares it.
SHARED = {"addressVault", "alerts", "availability", "data", "domain", "easyAuth", "endpoints", "keyVault", "network"}
SHARED |= {"operatorAccess", "workbook"}


def condition_of(module: dict[str, Any]) -> Any:
    """What a module is made under; None where it always is."""
    return module["config"].get("condition")


def words_in(condition: Any) -> str:
    """A condition without what pycep puts around it: `a`, `not a`, or both sides of an `and`."""
    if not isinstance(condition, dict):
        return str(condition)
    if "function" in condition:
        return str(condition["function"]["type"])
    (operator,) = condition.values()
    if operator["type"] == "not":
        return f"not {words_in(operator['operands']['bool_value'])}"
    return " and ".join(words_in(item) for item in operator["operands"].values())


def test_it_is_off_by_default_and_says_what_it_is_for(main: Template) -> None:
    parameter = main.tree["parameters"]["singleApp"]
    assert parameter["default"] is False
    (description,) = [item["argument"] for item in parameter["decorators"] if item["type"] == "description"]
    assert description.startswith("FOR TRYING OUT ONLY.")
    assert given_parameters()["singleApp"] == "${SINGLE_APP=false}"


def test_every_module_is_made_for_one_app_or_for_several_or_for_both(main: Template) -> None:
    """A module without a word about it would be made in both, as an app or an identity that nobody uses."""
    conditions = {name: words_in(condition_of(item)) for name, item in main.tree["modules"].items()}
    alone = {name for name, words in conditions.items() if words in ("singleApp", "singleApp and passes")}
    assert alone == {f"single{part}" for part in ("", "Access", "Identity", "Monitoring", "PassAccess", "Queries")}
    apart = {name for name, words in conditions.items() if "not singleApp" in words or words == "passesApart"}
    assert alone | apart | SHARED == set(conditions)
    assert not (alone | apart) & SHARED
    assert set(SYMBOLS) <= apart


def test_it_runs_every_function_but_those_of_the_administration(
    single: Role, functions: dict[str, Function], main: Template
) -> None:
    """Easy Auth has one configuration an app, and the page's would answer an administrator's token with a sign-in."""
    closed = {name for name, function in functions.items() if function.administrative}
    assert set(functions) - single.functions == closed | {"passes", "passes_cleanup"}
    given = main.modules("app/function-app.bicep")["single"]["appSettings"]["function"]["parameters"].values()
    (by_choice,) = [item["operator"]["operands"] for item in given if "passesFunctionsOff" in str(item)]
    assert (by_choice["condition"], by_choice["true_value"]) == ("passes", {}), "where there are passes, it makes them"
    assert words_in(condition_of(main.tree["modules"]["adminAuth"])).endswith("and not singleApp")


def test_it_gets_every_setting_of_every_role(single: Role, roles: dict[str, Role]) -> None:
    """Each reads its own; what two read under one name has one value for all readers."""
    every = {name for role in roles.values() for name in role.settings if not name.endswith(".Disabled")}
    assert {name for name in single.settings if not name.endswith(".Disabled")} == every
    assert {role: set(ROLES) for role in ROLES}.keys() == set(roles)
    for role in roles.values():
        # The address of the page is known to the other apps, while this one learns its own.
        same = {name for name in role.settings if not name.endswith(".Disabled")} - {"LANDING_URL"}
        own = {name: value for name, value in role.settings.items() if "outputs" not in str(value)}
        assert {name for name in same & own.keys() if single.settings[name] != own[name]} == set(), role.name


def test_it_holds_the_rights_of_all_roles_and_no_more(single: Role, roles: dict[str, Role]) -> None:
    works = {name for queue in QUEUES for name in (queue, f"{queue}-poison")}
    assert set(single.access["worksOn"]) == works, "who works on a queue may send and look, too"
    assert set(single.access["writes"]) == set(TABLES), "who writes a table may add and read, too"
    assert {name for name, value in single.access.items() if isinstance(value, list)} == {"worksOn", "writes"}
    assert {name for role in roles.values() for name in role.access.get("writes", ())} <= set(TABLES)


def test_without_passes_it_can_ask_for_none(main: Template) -> None:
    access = main.modules("app/data-access.bicep")
    kept = {*access["singleAccess"]["worksOn"], *access["singleAccess"]["writes"]}
    assert not kept & {"passes", "passes-poison", "passclaims"}
    assert words_in(condition_of(main.tree["modules"]["singlePassAccess"])) == "singleApp and passes"


def test_its_package_has_what_front_has(main: Template) -> None:
    """azd deploys the worker's, whose requirements are those of front and more; the product's files are the same."""
    assert main.modules("app/function-app.bicep")["single"]["serviceName"] == "single"
    assert WORKER.without < FRONT.without
    assert set(requirements_of(FRONT)) < set(requirements_of(WORKER))


def test_its_names_are_its_own_so_that_no_later_app_inherits_its_rights(main: Template) -> None:
    apps, identities = main.modules("app/function-app.bicep"), main.modules("app/identity.bicep")
    assert apps["single"]["name"] == "func-single-${resourceToken}"
    assert len({params["name"] for params in apps.values()}) == len(apps)
    assert len({params["name"] for params in identities.values()}) == len(identities)


def test_a_role_assignment_is_not_written_twice_where_workspaces_are_the_same(templates: dict[str, Template]) -> None:
    """Two resources of one name in one template are refused before anything is made."""
    variables = templates["app/alerts.bicep"].tree["variables"]
    assert variables["readNames"]["value"]["function"]["type"] == "union"
    assert "for (name, i) in readNames" in templates["app/alerts.bicep"].code
