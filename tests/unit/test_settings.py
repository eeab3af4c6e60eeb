"""A missing or wrong setting is named, with the reason and the remedy."""

import re

import pytest

from local.roles import ROLES
from provisioning.errors import ConfigurationError
from provisioning.hr_settings import hr_secrets
from provisioning.people_settings import PeopleSettings
from provisioning.settings import AppSettings, GraphSettings, StorageSettings, TenantSettings, check_settings, load
from provisioning.tenant.settings import TenantObjectSettings

OBJECTS = {
    "TENANT_CLIENT_ID": "9d3c1e7a-8b25-4f6e-a0d4-7e5f2b8c4a01",
    "PEOPLE_PRINCIPAL_ID": "5a8b7f0e-61c4-4d0b-8f7a-2c9d3e1b6a02",
    "LANDING_URL": "https://enroll.example.com/",
    "BREAK_GLASS_USER_IDS": "b1a5e0c2-0d3f-4a67-9c81-e4f7a2d6b301, c7d2f4a8-5e19-4b30-8a6d-1f9b3c5e7d02",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*OBJECTS, "TENANT_ID", "AzureWebJobsStorage", "GRAPH_ENDPOINT", "PEOPLE_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigurationError, match=r"The setting TENANT_ID is missing\. Set TENANT_ID to the ID of the Entra tenant"
    ) as caught:
        load(TenantSettings)
    assert caught.value.setting == "TENANT_ID"


def test_a_wrong_setting_is_named_without_its_value(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TENANT_ID", "s3cret-looking")
    with pytest.raises(
        ConfigurationError, match=r"^The setting TENANT_ID is not a GUID\. Set TENANT_ID to the ID of"
    ) as caught:
        load(TenantSettings)
    assert "s3cret" not in str(caught.value)


WRONG = {
    "LANDING_URL": ("http://enroll.example.com", "is not usable: it must start with https://"),
    "BREAK_GLASS_USER_IDS": (f"{OBJECTS['PEOPLE_PRINCIPAL_ID']},bob", "is not usable: entry 2 is not a GUID"),
    "PEOPLE_PRINCIPAL_ID": ("bob", "is not a GUID"),
    "ASSIGNMENT_REQUIRED": ("perhaps", "is neither true nor false"),
    "POLICY_USERS": ("everyone", "is not one of 'group', 'all'"),
    "REGISTRATION_POLICY": ("on", "is not one of 'off', 'mfa', 'mfa_or_trusted_location'"),
    "DISPLAY_NAME": ("x" * 81, "is longer than 80 characters"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_our_words_and_the_remedy_is_the_settings_own(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    value, fault = WRONG[name]
    for key, text in {**OBJECTS, name: value}.items():
        environment.setenv(key, text)
    (field,) = [item for item in TenantObjectSettings.model_fields.values() if item.validation_alias == name]
    with pytest.raises(ConfigurationError) as caught:
        load(TenantObjectSettings)
    assert str(caught.value) == f"The setting {name} {fault}. Set {name} to {field.description}."


def test_everything_that_is_missing_or_wrong_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LANDING_URL", "ftp://x")
    with pytest.raises(ConfigurationError) as caught:
        check_settings(TenantSettings, StorageSettings, TenantObjectSettings)
    words = str(caught.value)
    for name in ("TENANT_ID", "AzureWebJobsStorage", "TENANT_CLIENT_ID", "PEOPLE_PRINCIPAL_ID", "BREAK_GLASS_USER_IDS"):
        assert f"The setting {name} is missing." in words
        assert words.count(f"Set {name}") == 1
    assert "The setting LANDING_URL is not usable: it must start with https://." in words


def test_every_setting_says_what_to_set_it_to() -> None:
    fields = [field for read in ROLES.values() for kind in read for field in kind.model_fields.values()]
    assert [field.validation_alias for field in fields if not field.description] == []
    assert [field.validation_alias for field in fields if (field.description or "").endswith(".")] == []


@pytest.mark.parametrize("kind", sorted({kind for read in ROLES.values() for kind in read}, key=str))
def test_no_word_of_pydantic_reaches_a_person(environment: pytest.MonkeyPatch, kind: type[AppSettings]) -> None:
    """Whatever a setting is set to, the fault is in our words and holds nothing of the value."""
    for field in kind.model_fields.values():
        environment.setenv(str(field.validation_alias), "s3cret" * 20)
    words = ""
    try:
        load(kind)
    except ConfigurationError as error:
        words = str(error)
    assert not re.search("s3cret|Input|Value error|should|validation", words)


def test_object_settings(environment: pytest.MonkeyPatch) -> None:
    for key, text in OBJECTS.items():
        environment.setenv(key, text)
    settings = load(TenantObjectSettings)
    assert len(settings.break_glass_user_ids) == 2
    assert settings.landing_url == "https://enroll.example.com"


def test_no_break_glass_account_is_a_fault(environment: pytest.MonkeyPatch) -> None:
    for key, text in {**OBJECTS, "BREAK_GLASS_USER_IDS": ","}.items():
        environment.setenv(key, text)
    with pytest.raises(ConfigurationError, match="BREAK_GLASS_USER_IDS"):
        load(TenantObjectSettings)


def test_storage_needs_one_way_in(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage"):
        load(StorageSettings)
    environment.setenv("AzureWebJobsStorage__queueServiceUri", "https://x.queue.core.windows.net")
    environment.setenv("AzureWebJobsStorage__tableServiceUri", "https://x.table.core.windows.net")
    assert load(StorageSettings).connection_string is None


def test_defaults_and_ranges(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PEOPLE_CLIENT_ID", "id")
    environment.setenv("BREAK_GLASS_USER_IDS", OBJECTS["BREAK_GLASS_USER_IDS"])
    assert load(PeopleSettings).enroll_days_before_start == 14
    environment.setenv("ENROLL_DAYS_BEFORE_START", "-1")
    with pytest.raises(ConfigurationError, match="ENROLL_DAYS_BEFORE_START"):
        load(PeopleSettings)
    environment.setenv("GRAPH_ENDPOINT", "https://graph.microsoft.us/")
    assert load(GraphSettings).endpoint == "https://graph.microsoft.us"


@pytest.mark.parametrize(
    "written", ["0123456789abcdef\n", "0123456789abcdef\r\n", " 0123456789abcdef", "\n0123456789abcdef,\n"]
)
def test_a_secret_from_a_file_is_read_without_its_line_end(environment: pytest.MonkeyPatch, written: str) -> None:
    """`az keyvault secret set --file` keeps the newline that every editor writes."""
    environment.setenv("HR_SECRET_ACME", written)
    assert hr_secrets("acme") == ["0123456789abcdef"]
