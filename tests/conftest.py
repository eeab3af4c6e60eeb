"""Fixtures that every kind of test may use."""

import gc
from typing import Any

import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

gc.disable()  # until all is collected: what that makes stays

pytest_plugins = ["tests.running_stack", "tests.shared_azurite"]

# The same examples in every run, however busy the machine is; `--hypothesis-profile=explore` looks for new ones.
unhurried: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("repeatable", derandomize=True, **unhurried)
hypothesis.settings.register_profile("explore", print_blob=True, **unhurried)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """Take what was imported out of the garbage collector's sight: it looked through all of it again and again."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    """Made once: it is the slowest part of a stand-in tenant."""
    return rsa.generate_private_key(65537, 2048)
