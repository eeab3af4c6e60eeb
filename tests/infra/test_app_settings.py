"""App settings: those the code reads are those the templates write, role by role."""

import re
from typing import Any

import pytest

from landing.settings import PageSettings
from local.roles import ROLES
from provisioning.hr_settings import secret_setting
from provisioning.messages.settings import MessageSettings
from provisioning.people_settings import PeopleSettings
from provisioning.settings import AppSettings, GraphSettings, RetentionSettings
from provisioning.support.settings import HealthSettings
from provisioning.tenant.settings import TenantObjectSettings
from provisioning.webhooks.sources.registry import all_names

from .conftest import Role
from .functions import Function
from .templates import Template

# The platform sets the first; the second is for a laptop, since a connection string holds a key.
NOT_IN_AZURE = {"WEBSITE_AUTH_ENABLED", "AzureWebJobsStorage"}
READ_BY_THE_PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsDisableHomepage",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__credential",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
}
DISABLED = re.compile(r"AzureWebJobs\.(?P<function>[^.]+)\.Disabled")
SECRET_REFERENCE = re.compile(
    r'"(?P<setting>.+)":"@Microsoft\.KeyVault\(SecretUri=https://(?P<vault>.+?})(?P<suffix>.+?})/secrets/(?P<secret>.+)/\)"'
)


def names_of(*kinds: type[AppSettings]) -> set[str]:
    """The app settings that these classes read."""
    return {str(field.validation_alias) for kind in kinds for field in kind.model_fields.values()}


def placeholders(functions: dict[str, Function]) -> set[str]:
    """The app settings that the host puts in for %NAME%."""
    return {name for function in functions.values() for text in function.texts for name in re.findall("%(.+?)%", text)}


def kinds_of(kind: type[AppSettings]) -> set[type[AppSettings]]:
    """Every class of settings below one."""
    return {found for below in kind.__subclasses__() for found in {below, *kinds_of(below)}}


def test_every_class_of_settings_belongs_to_a_role() -> None:
    assert kinds_of(AppSettings) == {kind for read in ROLES.values() for kind in read}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_gets_what_it_reads_and_nothing_else(
    roles: dict[str, Role], functions: dict[str, Function], name: str
) -> None:
    written = {setting for setting in roles[name].settings if not DISABLED.fullmatch(setting)}
    read = names_of(*ROLES[name]) - NOT_IN_AZURE
    assert written - READ_BY_THE_PLATFORM - placeholders(functions) == read


def test_every_app_has_what_the_host_looks_up_while_it_indexes(
    roles: dict[str, Role], functions: dict[str, Function]
) -> None:
    assert placeholders(functions) == {
        "BOARD_SCHEDULE",
        "MESSAGES_SCHEDULE",
        "PASSES_CLEANUP_SCHEDULE",
        "SWEEP_SCHEDULE",
        "WATCH_SCHEDULE",
    }
    assert all(placeholders(functions) <= role.settings.keys() for role in roles.values())


def test_front_cannot_name_an_identity_that_reaches_graph(roles: dict[str, Role]) -> None:
    assert not {"PEOPLE_CLIENT_ID", "TENANT_CLIENT_ID", "GRAPH_ENDPOINT"} & set(roles["front"].settings)
    assert "frontIdentity" not in str(roles["people"].settings)
    assert "frontIdentity.outputs.clientId" not in str(roles["tenant"].settings), (
        "its object id is a credential's subject"
    )


def test_every_function_runs_in_exactly_one_role(roles: dict[str, Role], functions: dict[str, Function]) -> None:
    for name in functions:
        runs_in = [role.name for role in roles.values() if name in role.functions]
        assert len(runs_in) == 1, f"{name} runs in {runs_in or 'no role'}."


def test_only_functions_that_exist_are_disabled(roles: dict[str, Role], functions: dict[str, Function]) -> None:
    for role in roles.values():
        disabled = {match["function"] for name in role.settings if (match := DISABLED.fullmatch(name))}
        assert disabled == set(functions) - role.functions
        assert {value for name, value in role.settings.items() if DISABLED.fullmatch(name)} == {"true"}


def test_front_runs_no_route_of_the_administration(roles: dict[str, Role], functions: dict[str, Function]) -> None:
    for name in roles["front"].functions:
        assert functions[name].trigger == "route", name
        assert not functions[name].administrative, name


def test_what_faces_the_internet_beside_front_is_of_the_administration(
    roles: dict[str, Role], functions: dict[str, Function]
) -> None:
    for name in roles["people"].functions | roles["tenant"].functions:
        assert functions[name].trigger != "route" or functions[name].administrative, name


def test_secrets_are_references_under_the_name_the_code_reads(main: Template) -> None:
    """A loop makes them, of names only; what it says for each source is worked out here."""
    variables = main.tree["variables"]
    assert variables["hrSecretEntries"]["value"]["loop_type"]["detail"]["array_name"] == "hrSourceNames"
    entry = SECRET_REFERENCE.fullmatch(variables["hrSecretEntries"]["value"]["config"])
    assert entry is not None
    made_upper = "${toUpper(replace(name, '-', '_'))}"
    for name in all_names():
        upper = name.replace("-", "_").upper()
        assert entry["setting"].replace(made_upper, upper) == secret_setting(name)
        assert "${" not in entry["setting"].replace(made_upper, upper)
    assert entry["vault"] == "${vaultName}"
    assert entry["suffix"] == "${environment().suffixes.keyvaultDns}", "another one in a national cloud"
    assert entry["secret"] == "hr-${name}"
    vaults = main.modules("app/key-vault.bicep")
    assert vaults["keyVault"]["name"] == "vaultName"
    assert vaults["addressVault"]["name"] == "addressVaultName"


def test_front_alone_gets_hr_secrets_and_no_template_sees_one(main: Template, templates: dict[str, Template]) -> None:
    apps = main.modules("app/function-app.bicep")
    with_secrets = [name for name, params in apps.items() if "hrSecrets" in str(params["appSettings"])]
    assert with_secrets == ["front", "single"], "and the one app that takes everybody's place"
    assert not [name for name, item in main.tree["variables"].items() if "'hrSecrets'" in str(item["value"])]
    for template in templates.values():
        parameters = template.tree.get("parameters", {}).values()
        assert not [item for item in parameters if {"type": "secure"} in item["decorators"]], template.name
        assert not template.resources("Microsoft.KeyVault/vaults/secrets")


def test_defaults_are_the_same_in_both_places(main: Template) -> None:
    parameters: dict[str, Any] = {name: item["default"] for name, item in main.tree["parameters"].items()}
    people, objects = PeopleSettings.model_fields, TenantObjectSettings.model_fields
    assert parameters["enrollDaysBeforeStart"] == people["enroll_days_before_start"].default
    assert parameters["recentDays"] == people["recent_days"].default
    assert parameters["sweepMaxChanges"] == people["max_changes"].default
    assert parameters["sweepMaxPercent"] == people["max_percent"].default
    assert parameters["sweepSeconds"] == people["sweep_seconds"].default
    assert parameters["sweepStaleMinutes"] == HealthSettings.model_fields["sweep_stale_minutes"].default
    assert parameters["watchStaleHours"] == HealthSettings.model_fields["watch_stale_hours"].default
    assert parameters["registrationPolicyUsers"] == objects["registration_policy_users"].default
    assert parameters["displayName"] == objects["display_name"].default
    roots = main.tree["variables"]["graphRoots"]["value"]
    assert roots["AzureCloud"] == GraphSettings.model_fields["endpoint"].default
    assert set(roots) == {"AzureCloud", "AzureUSGovernment", "AzureChinaCloud"}
    assert parameters["retentionDays"] == RetentionSettings.model_fields["days"].default
    page = PageSettings.model_fields
    assert parameters["defaultLanguage"] == page["default_language"].default
    assert parameters["timeZone"] == page["time_zone"].default
    messages = MessageSettings.model_fields
    assert parameters["messagesPerMinute"] == messages["a_minute"].default
    assert parameters["messagesPerHour"] == messages["an_hour"].default
    assert parameters["messagesFrom"] == f"{messages['opens'].default:%H:%M}"
    assert parameters["messagesUntil"] == f"{messages['closes'].default:%H:%M}"
    assert parameters["reminderWorkingDays"] == messages["reminder_every"].default
    assert parameters["remindersAtMost"] == messages["most_reminders"].default
    assert parameters["helpdeskWorkingDays"] == messages["helpdesk_after"].default
    assert parameters["deadlineWorkingDays"] == messages["deadline_days"].default
    assert parameters["dueSoonWorkingDays"] == messages["due_soon_days"].default
    assert parameters["workingDays"] == ",".join(messages["working_days"].default)
    assert parameters["phoneSignInEnds"] == str(page["phone_ends"].default)
