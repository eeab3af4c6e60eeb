"""App settings that each HR source has by itself, under a name made of the source's: HR_SECRET_BAMBOOHR and its kin."""

import os
import re

from pydantic import Field, SecretStr

from provisioning.errors import ConfigurationError
from provisioning.settings import AppSettings

UNRESOLVED = "@microsoft."  # in any case: a reference to Key Vault or App Configuration that was handed on as it stands
LEAST_SECRET = 10  # characters; a shorter one can be guessed
STANDARD_WEBHOOKS_PREFIX = "whsec_"
HEADER = re.compile(r"[A-Za-z0-9-]{1,80}")
EMPLOYEE_ID = "employeeId"
ID_ATTRIBUTES = (EMPLOYEE_ID, *(f"extensionAttribute{number}" for number in range(1, 16)))


def source_setting(prefix: str, source: str) -> str:
    """Return the name of a source's own setting."""
    return f"{prefix}_{source.upper().replace('-', '_')}"


def secret_setting(source: str) -> str:
    """Return the name of the app setting that holds a source's secret."""
    return source_setting("HR_SECRET", source)


def secrets_in(setting: str, value: str) -> list[str]:
    """Return the secrets in a setting's value, separated by commas.

    Raises:
        ConfigurationError: One of them is a reference that the platform could not resolve and handed on as it stands
            (learn.microsoft.com/azure/app-service/app-service-key-vault-references): what stands in a template is no
            secret, even behind a comma.
    """
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if any(part.lstrip("'\" ").casefold().startswith(UNRESOLVED) for part in parts):
        remedy = "Check that the secret exists and that this app's identity may read it, then restart the app."
        raise ConfigurationError(setting, fault="is a reference to Key Vault that was not resolved", remedy=remedy)
    return parts


def hr_secrets(source: str, *, address: str | None = None) -> list[str]:
    """Return the secrets of an HR source. Two, separated by a comma, are valid at once while one is being replaced.

    Args:
        source: The source's name.
        address: The name in the address, where that is another: workday-terminated may have a secret of its own.

    Raises:
        ConfigurationError: There is none, or one is too short. Better no answer than one that lets any caller in.
    """
    setting = secret_setting(source)
    if address is not None and os.environ.get(secret_setting(address), "").strip():
        setting = secret_setting(address)
    secrets = secrets_in(setting, os.environ.get(setting, ""))
    if not secrets:
        remedy = f"To accept deliveries from {source}, set it to the secret that the HR system proves itself with."
        raise ConfigurationError(setting, fault="is missing", remedy=remedy)
    if any(len(secret.removeprefix(STANDARD_WEBHOOKS_PREFIX)) < LEAST_SECRET for secret in secrets):
        remedy = (
            f"Use at least {LEAST_SECRET} characters, preferably 32 random bytes; separate two secrets with a comma."
        )
        raise ConfigurationError(setting, fault="holds a secret that is too short", remedy=remedy)
    return secrets


def header_name(source: str, default: str) -> str:
    """Return the header in which a source sends its secret, in lower case; HR_HEADER_<SOURCE> may choose another.

    Raises:
        ConfigurationError: What is set is not the name of a header.
    """
    setting = source_setting("HR_HEADER", source)
    value = os.environ.get(setting, "").strip()
    if value and not HEADER.fullmatch(value):
        remedy = "Set it to only the name, such as X-Hook-Key, or remove it."
        raise ConfigurationError(setting, fault="is not the name of a header", remedy=remedy)
    return (value or default).lower()


def id_attribute(source: str) -> str | None:
    """Return the user property in which Entra keeps this source's own ids, or None where it keeps them nowhere.

    Raises:
        ConfigurationError: It is not a property that can be looked up.
    """
    setting = source_setting("HR_ID_ATTRIBUTE", source)
    value = os.environ.get(setting, "").strip()
    if not value:
        return None
    known = {name.casefold(): name for name in ID_ATTRIBUTES}
    if value.casefold() not in known:
        remedy = "Set it to employeeId or to one of extensionAttribute1 to extensionAttribute15, or remove it."
        raise ConfigurationError(setting, fault="is not a property by which people can be looked up", remedy=remedy)
    return known[value.casefold()]


def plain_name(text: str) -> str:
    """Return a field's name without case, spaces and punctuation: "Employee #", "employee_no." and kin compare so."""
    return "".join(character for character in text.casefold() if character.isalnum())


def field_aliases(source: str) -> dict[str, str]:
    """Return what a customer calls a field, and what the product does: HR_FIELDS_<SOURCE> = "Personnel No=Employee #".

    Raises:
        ConfigurationError: A part of the setting is not of the form THEIRS=OURS.
    """
    setting = source_setting("HR_FIELDS", source)
    parts = [part for part in os.environ.get(setting, "").split(",") if part.strip()]
    pairs = [part.split("=") for part in parts]
    if any(len(pair) != 2 or not all(plain_name(name) for name in pair) for pair in pairs):
        remedy = (
            "Write pairs separated by commas, each with the HR system's field name, =, and the name that the product "
            "knows."
        )
        raise ConfigurationError(setting, fault="cannot be read", remedy=remedy)
    return {plain_name(theirs): plain_name(ours) for theirs, ours in pairs}


class HrSettings(AppSettings):
    """Where the customer's own profiles of HR systems are. What each source has by itself is in hr_settings.py."""

    profiles_dir: str | None = Field(
        default=None,
        validation_alias="HR_PROFILES_DIR",
        description="the directory of your own HR profiles, inside the package",
    )


class AddressPublicKeySettings(AppSettings):
    """The key that announced work addresses are sealed to. Without it, people are found by id only."""

    public_key: str | None = Field(
        default=None,
        validation_alias="HR_ADDRESS_PUBLIC_KEY",
        description="the public key that announced work addresses are sealed with; without it, accounts are matched "
        "only by ID",
    )


class PrivateAddressSettings(AppSettings):
    """Whether newcomers are written to where they read mail before the first day."""

    to_private: bool = Field(
        default=False,
        validation_alias="MESSAGES_TO_PRIVATE_ADDRESS",
        description="true to write to newcomers at the private address that HR sent, until their first day is over; "
        "the address is stored only sealed, which needs HR_ADDRESS_PUBLIC_KEY and HR_ADDRESS_PRIVATE_KEYS",
    )


class AddressPrivateKeySettings(AppSettings):
    """The keys that open announced work addresses; only the people role has them."""

    private_keys: SecretStr | None = Field(
        default=None,
        validation_alias="HR_ADDRESS_PRIVATE_KEYS",
        description="the private keys that open announced work addresses; two, separated by a comma, while one is "
        "being replaced",
    )
