"""The templates themselves: they parse, keep the house rules, and say what must not be said otherwise."""

import re
from pathlib import Path
from typing import Any

import pytest

from provisioning.store.storage import QUEUES, TABLES

from .conftest import Role
from .functions import Function
from .templates import Template, parse

# What keeps every parser, and a build without a registry, happy.
HOUSE_RULES = {
    "an extension needs a registry": r"(?m)^\s*extension\b",
    "a registry module is fetched when it is compiled": r"'(br|ts)[:/]",
    "pycep hangs on multi-line strings": r"'''",
    "pycep does not know resourceInput": r"\bresource(Input|Output)<",
    "checkov does not know lambdas": r"=>",
}
# azure-skills, consumption-to-flex.md: settings that Flex Consumption refuses or ignores.
NOT_ON_FLEX = (
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "FUNCTIONS_EXTENSION_VERSION",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
    "WEBSITE_VNET_ROUTE_ALL",
    "functionAppScaleLimit",
    "minimumElasticInstanceCount",
)

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
QUEUE_DATA_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"


def only(items: list[dict[str, Any]]) -> dict[str, Any]:
    """The one item, without its envelope."""
    (item,) = items
    properties: dict[str, Any] = item["properties"]
    return properties


@pytest.fixture(scope="session")
def site(templates: dict[str, Template]) -> dict[str, Any]:
    return only(templates["app/function-app.bicep"].resources("Microsoft.Web/sites"))


@pytest.fixture(scope="session")
def sign_in(templates: dict[str, Template]) -> dict[str, Any]:
    return only(templates["app/easy-auth.bicep"].resources("Microsoft.Web/sites/config"))


def test_a_template_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.bicep"
    broken.write_text("param name string = {")
    with pytest.raises(AssertionError, match=r"broken\.bicep cannot be parsed"):
        parse([broken])


@pytest.mark.parametrize("reason", HOUSE_RULES)
def test_house_rules(templates: dict[str, Template], reason: str) -> None:
    found = [name for name, template in templates.items() if re.search(HOUSE_RULES[reason], template.code)]
    assert not found, reason


def test_every_module_is_a_file_here_and_gets_parameters_it_has(templates: dict[str, Template]) -> None:
    for template in templates.values():
        folder = Path(template.name).parent
        for symbol, module in template.tree.get("modules", {}).items():
            path = (folder / module["detail"]["path"]).as_posix()
            declared = templates[path].tree.get("parameters", {})
            required = {name for name, parameter in declared.items() if parameter["default"] is None}
            (given,) = [
                params for found, params in template.modules(module["detail"]["path"]).items() if found == symbol
            ]
            assert required <= set(given) <= set(declared), f"{template.name}: {symbol}"


def test_no_storage_account_has_keys_or_public_blobs(templates: dict[str, Template]) -> None:
    accounts = [
        item for template in templates.values() for item in template.resources("Microsoft.Storage/storageAccounts")
    ]
    account = only(accounts)
    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["supportsHttpsTrafficOnly"] is True
    assert account["minimumTlsVersion"] == "TLS1_2"


def test_the_shared_account_holds_what_the_code_uses(main: Template) -> None:
    data = main.modules("app/storage.bicep")["data"]
    assert set(data["queues"]) == {name for queue in QUEUES for name in (queue, f"{queue}-poison")}
    assert set(data["tables"]) == set(TABLES)
    assert "blobOwnerPrincipalId" not in data


@pytest.mark.pitfall("H5")
def test_each_app_has_its_own_account_and_identity(main: Template) -> None:
    """Azure/azure-functions-host#1608: with one account and one host id between two apps, a timer runs in neither."""
    apps = main.modules("app/function-app.bicep").values()
    for name in ("hostStorageName", "identityId", "identityClientId", "identityPrincipalId", "serviceName"):
        assert len({str(params[name]) for params in apps}) == len(apps) == 5, name


def test_a_role_works_on_the_queues_that_trigger_it_and_no_others(
    roles: dict[str, Role], functions: dict[str, Function]
) -> None:
    for role in roles.values():
        triggers = [functions[name] for name in role.functions if functions[name].trigger == "queue_trigger"]
        queues = {function.texts[1] for function in triggers}
        expected = {name for queue in queues for name in (queue, f"{queue}-poison")}
        assert set(role.access.get("worksOn", ())) == expected, role.name


@pytest.mark.pitfall("G6")
def test_a_failed_message_may_be_put_back(templates: dict[str, Template], roles: dict[str, Role]) -> None:
    """MicrosoftDocs/azure-docs#120932: 403 when a message is released, since the documented roles cannot update one."""
    access = templates["app/data-access.bicep"]
    (worker,) = [item for item in access.resources(ASSIGNMENT) if "workQueue" in str(item["scope"])]
    assert worker["properties"]["roleDefinitionId"] == "queueDataContributor"
    assert QUEUE_DATA_CONTRIBUTOR in str(access.tree["variables"]["queueDataContributor"])
    working = {name for role in roles.values() for name in role.access.get("worksOn", ())}
    assert working == {name for queue in QUEUES for name in (queue, f"{queue}-poison")}


def test_front_may_send_read_and_add_only(roles: dict[str, Role]) -> None:
    access = {name: value for name, value in roles["front"].access.items() if isinstance(value, list)}
    assert access == {
        "sendsTo": ["hires", "seen", "passes"],
        "reads": ["board", "people", "passclaims", "passes"],
        "addsTo": ["inbox"],
    }


def test_nobody_but_passes_can_say_that_a_claim_was_not_used(roles: dict[str, Role], main: Template) -> None:
    """Front writes neither table; people makes claims and uses none up; passes makes none."""
    writers = {
        table: [role.name for role in roles.values() if table in role.access.get("writes", ())]
        for table in ("passclaims", "passes")
    }
    assert writers == {"passclaims": ["people"], "passes": ["passes"]}
    assert roles["passes"].access["reads"] == ["people", "passclaims"]


def test_there_is_no_fourth_app_and_no_right_for_one_unless_it_is_wanted(main: Template) -> None:
    """Off by default: then nothing can make a pass, and front can ask for none."""
    assert main.tree["parameters"]["passes"]["default"] is False
    own = {name for name in main.tree["modules"] if "pass" in name.lower()} - {"singlePassAccess"}
    assert own == {
        "passesMonitoring",
        "passesIdentity",
        "frontPassAccess",
        "peoplePassAccess",
        "passesAccess",
        "passesApp",
        "passesQueries",
    }
    assert {str(main.tree["modules"][name]["config"]["condition"]) for name in own} == {"passesApart"}
    apart = main.tree["variables"]["passesApart"]["value"]["operator"]
    assert (apart["type"], apart["operands"]["operand_1"]) == ("and", "passes")


def test_the_app_that_makes_passes_answers_no_request(roles: dict[str, Role], functions: dict[str, Function]) -> None:
    triggers = {name: functions[name].trigger for name in roles["passes"].functions}
    assert triggers == {"passes": "queue_trigger", "passes_cleanup": "timer_trigger"}


def test_tenant_reads_the_ledger_and_writes_only_its_own_tables(roles: dict[str, Role]) -> None:
    """It tells why a person is not done; an attacker who takes it over must not be able to change who is invited."""
    access = roles["tenant"].access
    assert access["reads"] == ["outbox", "people"]
    assert access["writes"] == ["operations", "state"]


def test_tenant_may_look_at_every_queue_it_does_not_work_on(roles: dict[str, Role]) -> None:
    """GET /api/health counts what waits and what the host gave up on."""
    access = roles["tenant"].access
    every = {name for queue in QUEUES for name in (queue, f"{queue}-poison")}
    assert set(access["looksAt"]) == every - set(access["worksOn"])
    assert not [role.name for role in roles.values() if role.name != "tenant" and "looksAt" in role.access]


def test_the_app_is_python_on_flex_consumption(templates: dict[str, Template], site: dict[str, Any]) -> None:
    (plan,) = templates["app/function-app.bicep"].resources("Microsoft.Web/serverfarms")
    assert plan["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    assert site["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}
    assert site["functionAppConfig"]["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"


def test_the_app_takes_https_only_and_no_passwords(templates: dict[str, Template], site: dict[str, Any]) -> None:
    assert site["httpsOnly"] is True
    assert templates["app/function-app.bicep"].entries(site["siteConfig"])["minTlsVersion"] == "1.2"
    kind = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
    policies = templates["app/function-app.bicep"].resources(kind)
    assert {policy["name"]: policy["properties"] for policy in policies} == {
        "scm": {"allow": False},
        "ftp": {"allow": False},
    }


@pytest.mark.pitfall("F2", "F5")
def test_no_setting_that_flex_consumption_refuses(templates: dict[str, Template], roles: dict[str, Role]) -> None:
    """microsoft/azure-pipelines-tasks#22254: a 400 for functionAppScaleLimit at each deployment.

    Azure/azure-functions-host#10714 (2025) asked for FUNCTIONS_EXTENSION_VERSION all the same; the documentation calls
    it unsupported here, and Azure/terraform-azurerm-avm-res-web-site#365 (2026) takes it out. The runtime is said in
    functionAppConfig, which test_the_app_is_python_on_flex_consumption checks.
    """
    for role in roles.values():
        assert not set(NOT_ON_FLEX) & set(role.settings), role.name
        assert "AzureWebJobsStorage" not in role.settings, "a connection string holds a key"
    for template in templates.values():
        assert not [name for name in NOT_ON_FLEX if name in template.code], template.name


def test_nobody_but_the_platform_says_that_easy_auth_is_on(
    templates: dict[str, Template], roles: dict[str, Role]
) -> None:
    assert not [role.name for role in roles.values() if "WEBSITE_AUTH_ENABLED" in role.settings]
    assert not [template.name for template in templates.values() if "WEBSITE_AUTH_ENABLED" in template.code]


def test_easy_auth_stands_before_front_alone_once_there_is_an_app_registration(main: Template) -> None:
    uses = main.modules("app/easy-auth.bicep")
    assert list(uses) == ["easyAuth"]
    assert uses["easyAuth"]["siteName"] == "publicSiteName"
    chosen = main.tree["variables"]["publicSiteName"]["value"]["operator"]["operands"]
    assert (chosen["condition"], "front" in str(chosen["false_value"])) == ("singleApp", True)
    assert "authClientId" in str(main.tree["modules"]["easyAuth"]["config"]["condition"])


@pytest.mark.pitfall("I4")
def test_everybody_signs_in_except_for_the_public_page_and_the_webhooks_in_use(
    main: Template, templates: dict[str, Template], sign_in: dict[str, Any], functions: dict[str, Function]
) -> None:
    """MicrosoftDocs/azure-docs#81449: a file's excludedPaths were ignored, so the template says them itself."""
    (written,) = templates["app/easy-auth.bicep"].resources("Microsoft.Web/sites/config")
    assert written["name"] == "authsettingsV2"
    assert "configFilePath" not in sign_in["platform"]
    rules = sign_in["globalValidation"]
    (route,) = functions["hires_webhook"].texts
    variables = templates["app/easy-auth.bicep"].tree["variables"]
    excluded = str(rules["excludedPaths"])
    assert "concat" in excluded
    assert {name for name in variables if name in excluded} == {"publicPaths", "webhookPaths"}
    assert variables["publicPaths"]["value"] == ["/" + functions["start"].texts[0]]
    paths = variables["webhookPaths"]["value"]
    assert paths["loop_type"]["detail"] == {"item_name": "name", "array_name": "hrSources"}
    assert paths["config"] == "/" + route.replace("{source}", "${name}")
    (given,) = main.modules("app/easy-auth.bicep").values()
    assert given["hrSources"] == "hrSourceNames"
    assert rules["requireAuthentication"] is True
    assert rules["unauthenticatedClientAction"] == "RedirectToLoginPage"


@pytest.mark.pitfall("I10")
def test_sign_in_asks_for_an_id_token_and_has_no_secret_that_expires(sign_in: dict[str, Any]) -> None:
    """Azure/static-web-apps#595: endless sign-ins once the client secret is wrong or has expired."""
    provider = sign_in["identityProviders"]["azureActiveDirectory"]
    assert provider["login"]["loginParameters"] == ["scope=openid profile email"]
    assert set(provider["registration"]) == {"openIdIssuer", "clientId", "clientSecretSettingName"}
    assert "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID" in str(provider["registration"]["clientSecretSettingName"])
    assert provider["registration"]["openIdIssuer"].endswith("${tenantId}/v2.0")
    assert sign_in["login"]["tokenStore"] == {"enabled": False}
