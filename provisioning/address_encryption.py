"""Work addresses on queues and in the ledger: sealed, so that only who has the key can read them.

Many HR systems know no employee id that Entra knows too, and the front, which sees the address, may not ask Graph. So
the address travels to the people role, and waits there for its account, as a Fernet token (github.com/fernet/spec).
"""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from provisioning.errors import ConfigurationError
from provisioning.settings import AddressSettings, load, secrets_in

KEYS_SETTING = "HR_ADDRESS_KEYS"
MAKE_ONE = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
BY_ADDRESS = "@"  # how an id begins that was made of an address


class AddressCipher:
    """The keys of a deployment.

    Args:
        keys: Fernet keys; the first one seals, all of them open, so that a key can be replaced.

    Raises:
        ValueError: One is no Fernet key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.fernet = MultiFernet([Fernet(key) for key in keys])
        self.first = keys[0].encode()

    def close(self, address: str) -> str:
        """Seal an address."""
        return self.fernet.encrypt(address.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The address, or None if it was sealed with a key that is gone."""
        try:
            return self.fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None

    def id_of(self, address: str) -> str:
        """Stands for the employee id where a delivery has only an address; tells nobody which."""
        digest = hmac.new(self.first, address.casefold().encode(), hashlib.sha256).hexdigest()
        return f"{BY_ADDRESS}{digest[:32]}"


def load_address_cipher() -> AddressCipher | None:
    """The keys of the setting HR_ADDRESS_KEYS, or None where addresses are not to be used.

    Raises:
        Misconfigured: They are no keys.
    """
    secret = load(AddressSettings).keys
    if secret is None:
        return None
    keys = secrets_in(KEYS_SETTING, secret.get_secret_value())
    try:
        return AddressCipher(keys)
    except ValueError:
        remedy = f"Make one with: {MAKE_ONE}; two, with a comma, while one is being replaced."
        raise ConfigurationError(KEYS_SETTING, fault="is no Fernet key", remedy=remedy) from None
