"""Where the parts of a stack are, the secrets to use them, and the environment of its host."""

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local import identities, processes, storage
from local.processes import StartError
from provisioning.hr_settings import secret_setting

SWEEP_SCHEDULE = "0 */15 * * * *"
WATCH_SCHEDULE = "0 20 5 * * *"
BOARD_SCHEDULE = "0 5/15 * * * *"
MESSAGES_SCHEDULE = "0 */5 * * * *"
PASSES_CLEANUP_SCHEDULE = "0 40 4 * * *"
# Names of a developer's shell that would change what the host does: another subscription's identity, or a proxy
# in front of 127.0.0.1.
DROPPED_PREFIXES = ("AZURE_", "AzureWebJobs", "IDENTITY_", "MSI_", "WEBSITE_", "LOCAL_", "HR_")


@dataclass(frozen=True)
class Ports:
    """Every port of a stack."""

    site: int
    admin: int
    tenant: int
    storage: storage.StoragePorts
    functions: int

    @classmethod
    def choose(cls, first: int | None) -> "Ports":
        """Seven ports: `first` and those after it, or free ones. StartError when one of the former is taken."""
        numbers = list(range(first, first + 7)) if first else processes.free_ports(7)
        taken = [number for number in numbers if not processes.is_free(number)]
        if taken:
            raise StartError(f"Port {taken[0]} is in use. Stop what runs there, or choose others with --port.")
        site, admin, tenant, blob, queue, table, functions = numbers
        return cls(site, admin, tenant, storage.StoragePorts(blob, queue, table), functions)


@dataclass(frozen=True)
class StackInfo:
    """Where a running stack is, and the secrets to use it."""

    site: str
    admin: str
    tenant: str
    storage: str
    function_key: str
    master_key: str
    webhook_secrets: Mapping[str, str]
    identity_header: str
    tenant_id: str = identities.TENANT_ID
    admin_token: str = ""

    @property
    def admin_headers(self) -> dict[str, str]:
        """What a request to the administration API carries."""
        return {"authorization": f"Bearer {self.admin_token}"}

    def as_json(self) -> dict[str, Any]:
        """The ready line of `python -m local up --json`."""
        return {
            "site": self.site,
            "admin": self.admin,
            "tenant": self.tenant,
            "storage": self.storage,
            "tenantId": self.tenant_id,
            "functionKey": self.function_key,
            "adminToken": self.admin_token,
            "masterKey": self.master_key,
            "webhookSecrets": dict(self.webhook_secrets),
            "identityHeader": self.identity_header,
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "StackInfo":
        """The stack that printed this ready line."""
        return cls(
            site=line["site"],
            admin=line["admin"],
            tenant=line["tenant"],
            storage=line["storage"],
            tenant_id=line["tenantId"],
            function_key=line["functionKey"],
            admin_token=line["adminToken"],
            master_key=line["masterKey"],
            webhook_secrets=line["webhookSecrets"],
            identity_header=line["identityHeader"],
        )

    def app_settings(self) -> dict[str, str]:
        """The app settings of the host process. In Azure they come from infra/."""
        return {
            "TENANT_ID": self.tenant_id,
            "GRAPH_ENDPOINT": self.tenant,
            "IDENTITY_ENDPOINT": f"{self.tenant}/msi/token",
            "IDENTITY_HEADER": self.identity_header,
            "PEOPLE_CLIENT_ID": identities.PEOPLE.client_id,
            "TENANT_CLIENT_ID": identities.TENANT.client_id,
            "PASSES": "true",
            "PASSES_CLIENT_ID": identities.PASSES.client_id,
            "PEOPLE_PRINCIPAL_ID": identities.PEOPLE.principal_id,
            "AzureWebJobsStorage": self.storage,
            "LANDING_URL": self.site,
            "BREAK_GLASS_USER_IDS": identities.BREAK_GLASS_USER_ID,
            # The demo's newcomer without a method registers with a password alone, which a guard would stop.
            "ACKNOWLEDGE_UNPROTECTED_REGISTRATION": "true",
            **{secret_setting(name): secret for name, secret in self.webhook_secrets.items()},
            "SWEEP_SCHEDULE": SWEEP_SCHEDULE,
            "WATCH_SCHEDULE": WATCH_SCHEDULE,
            "BOARD": "true",
            "BOARD_ACTIONS": "true",
            "BOARD_SCHEDULE": BOARD_SCHEDULE,
            "MESSAGES_SCHEDULE": MESSAGES_SCHEDULE,
            "PASSES_CLEANUP_SCHEDULE": PASSES_CLEANUP_SCHEDULE,
            "SWEEP_MAX_PERCENT": "100",  # nearly everybody in a tenant made for a demo is new
            "WEBSITE_AUTH_ENABLED": "True",
        }


def new_info(ports: Ports, *, tenant_url: str | None) -> StackInfo:
    return StackInfo(
        site=f"http://127.0.0.1:{ports.site}",
        admin=f"http://127.0.0.1:{ports.admin}",
        tenant=tenant_url or f"http://127.0.0.1:{ports.tenant}",
        storage=ports.storage.connection_string,
        function_key=secrets.token_urlsafe(24),
        master_key=secrets.token_urlsafe(24),
        webhook_secrets=new_webhook_secrets(),
        identity_header=secrets.token_hex(16),
    )


def new_webhook_secrets() -> dict[str, str]:
    """A secret for every HR system that the product knows, in the form in which each proves itself."""
    from provisioning.webhooks.sources.registry import all_names, find_source

    found = {}
    for name in all_names():
        source, secret = find_source(name), secrets.token_bytes(24)
        if source is not None and source.auth == "standard-webhooks":
            found[name] = f"whsec_{base64.b64encode(secret).decode()}"
        else:
            found[name] = f"hr:{secret.hex()}" if source is not None and source.auth == "basic" else secret.hex()
    return found


def shell_lines(info: StackInfo) -> str:
    """What `.local/env` holds: addresses, keys and the app settings, to be read by a shell or by --env-file."""
    own = {
        "SITE": info.site,
        "ADMIN": info.admin,
        "TENANT": info.tenant,
        "ADMIN_TOKEN": info.admin_token,
        "MASTER_KEY": info.master_key,
    }
    values = {**own, **info.app_settings()}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def host_environment(
    info: StackInfo, *, settings: Mapping[str, str | None], administration: bool = True
) -> dict[str, str]:
    """The environment of a host process: ours, the app settings with `settings` over them, and the host's secrets.

    Args:
        info: The stack.
        settings: Over the app settings; None takes one away.
        administration: Whether the administration port is behind a sign-in to Entra, as the product's is.
    """
    values: dict[str, str | None] = {**info.app_settings(), **settings}
    return {
        **inherited(),
        **{name: value for name, value in values.items() if value is not None},
        "LOCAL_FUNCTION_KEY": info.function_key,
        "LOCAL_MASTER_KEY": info.master_key,
        "LOCAL_AUTHORITY": info.tenant,
        "LOCAL_TENANT_ID": info.tenant_id,
        "LOCAL_ADMIN_CLIENT_ID": identities.ADMIN_CLIENT_ID if administration else "",
    }


def inherited() -> dict[str, str]:
    """The environment a child gets from ours: without what would point it at something real."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED_PREFIXES)}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "PYTHONUNBUFFERED": "1"}
