"""Sealed work addresses: front closes, people opens, and neither key can stand in the other's place."""

import pytest

from provisioning.address_encryption import (
    AddressOpener,
    AddressSealer,
    load_address_opener,
    load_address_sealer,
    new_key_pair,
)
from provisioning.errors import ConfigurationError
from provisioning.hr_settings import field_aliases, header_name, hr_secrets, id_attribute

ADDRESS = "mia.berg@example.com"


def test_only_the_private_key_opens() -> None:
    public, private = new_key_pair()
    sealed = AddressSealer(public).seal(ADDRESS)
    assert AddressOpener([private]).open(sealed) == ADDRESS
    assert AddressOpener([new_key_pair()[1]]).open(sealed) is None
    with pytest.raises(ValueError, match="not a key of this kind"):
        AddressOpener([public])
    with pytest.raises(ValueError, match="not a key of this kind"):
        AddressSealer(private)


def test_a_key_can_be_replaced_while_addresses_wait() -> None:
    (old_public, old), (new_public, new) = new_key_pair(), new_key_pair()
    opener = AddressOpener([new, old])
    for public in (old_public, new_public):
        assert opener.open(AddressSealer(public).seal(ADDRESS)) == ADDRESS
    assert AddressOpener([old]).references(ADDRESS)[0] in opener.references(ADDRESS.upper())


def test_the_longest_address_fits_into_a_message_and_two_boxes_differ() -> None:
    sealer = AddressSealer(new_key_pair()[0])
    longest = "x" * 242 + "@example.com"
    assert len(sealer.seal(longest)) < 1024
    assert sealer.seal(ADDRESS) != sealer.seal(ADDRESS)


@pytest.mark.parametrize("text", ["", "x", "!!!", "A" * 43, "A" * 100, "\u00e9" * 50])
def test_what_is_no_box_is_not_opened(text: str) -> None:
    assert AddressOpener([new_key_pair()[1]]).open(text) is None


def test_a_key_in_the_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    public, private = new_key_pair()
    monkeypatch.setenv("HR_ADDRESS_PUBLIC_KEY", private)
    monkeypatch.setenv("HR_ADDRESS_PRIVATE_KEYS", public)
    with pytest.raises(ConfigurationError, match="HR_ADDRESS_PUBLIC_KEY holds a private key"):
        load_address_sealer()
    with pytest.raises(
        ConfigurationError, match=r"HR_ADDRESS_PRIVATE_KEYS holds something that is not.*sources keys"
    ) as caught:
        load_address_opener()
    assert public not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "@Microsoft.KeyVault(VaultName=kv-example;SecretName=hr-bamboohr)",
        "@microsoft.keyvault(VaultName=kv-example;SecretName=hr-bamboohr)",
        "@Microsoft.AppConfiguration(Endpoint=https://example.com;Key=hr)",
        "a-long-new-secret,@Microsoft.KeyVault(VaultName=kv-example;SecretName=hr-bamboohr)",
        "a-long-new-secret , @MICROSOFT.KEYVAULT(x)",
        "'@Microsoft.KeyVault(x)'",
    ],
)
def test_a_reference_that_was_not_resolved_is_no_secret(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The platform hands on what it cannot resolve, and anybody who knows the template can guess that text."""
    monkeypatch.setenv("HR_SECRET_BAMBOOHR", value)
    monkeypatch.setenv("HR_ADDRESS_PRIVATE_KEYS", value)
    with pytest.raises(ConfigurationError, match="was not resolved"):
        hr_secrets("bamboohr")
    with pytest.raises(ConfigurationError, match="was not resolved"):
        load_address_opener()


@pytest.mark.parametrize("value", ["x", "short,a-long-new-secret", "whsec_YQ=="])
def test_a_secret_that_can_be_guessed_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HR_SECRET_BAMBOOHR", value)
    with pytest.raises(ConfigurationError, match="too short") as caught:
        hr_secrets("bamboohr")
    assert value not in str(caught.value)


def test_settings_of_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (header_name("ukg", "X-Hook-Key"), id_attribute("ukg"), field_aliases("ukg")) == ("x-hook-key", None, {})
    monkeypatch.setenv("HR_HEADER_UKG", "X-Ours")
    monkeypatch.setenv("HR_ID_ATTRIBUTE_UKG", "extensionattribute7")
    monkeypatch.setenv("HR_FIELDS_UKG", "Personnel No = Employee #, First Day=Hire Date")
    assert (header_name("ukg", "X-Hook-Key"), id_attribute("ukg")) == ("x-ours", "extensionAttribute7")
    assert field_aliases("ukg") == {"personnelno": "employee", "firstday": "hiredate"}
    for name, value in (("HEADER", "a b"), ("ID_ATTRIBUTE", "extensionAttribute16"), ("FIELDS", "Personnel No")):
        monkeypatch.setenv(f"HR_{name}_UKG", value)
    for read in (lambda: header_name("ukg", "x"), lambda: id_attribute("ukg"), lambda: field_aliases("ukg")):
        with pytest.raises(ConfigurationError, match="_UKG"):
            read()
