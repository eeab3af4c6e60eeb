"""A missing or wrong setting is named, with the reason and the remedy."""

import pytest

from provisioning.errors import ConfigurationError
from provisioning.settings import (
    GraphSettings,
    PeopleSettings,
    StorageSettings,
    TenantObjectSettings,
    TenantSettings,
    load,
)

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
        ConfigurationError, match=r"The setting TENANT_ID is missing\. Add it: it tells which tenant"
    ) as caught:
        load(TenantSettings)
    assert caught.value.setting == "TENANT_ID"


def test_a_wrong_setting_is_named_without_its_value(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TENANT_ID", "s3cret-looking")
    with pytest.raises(ConfigurationError, match="The setting TENANT_ID is not usable") as caught:
        load(TenantSettings)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("LANDING_URL", "http://enroll.example.com"), ("BREAK_GLASS_USER_IDS", "bob")]
)
def test_wrong_object_settings(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    for key, text in {**OBJECTS, name: value}.items():
        environment.setenv(key, text)
    with pytest.raises(ConfigurationError, match=name):
        load(TenantObjectSettings)


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
    assert load(PeopleSettings).enroll_days_before_start == 14
    environment.setenv("ENROLL_DAYS_BEFORE_START", "-1")
    with pytest.raises(ConfigurationError, match="ENROLL_DAYS_BEFORE_START"):
        load(PeopleSettings)
    environment.setenv("GRAPH_ENDPOINT", "https://graph.microsoft.us/")
    assert load(GraphSettings).endpoint == "https://graph.microsoft.us"
