"""The stand-in, served over TLS on port 443 under Microsoft's names."""

import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.entra.limits.app_roles import APP_ROLES
from local.identities import TENANT_ID
from tests.certificates import self_signed
from tests.clients.namespace import NAMES

CLIENT_ID, SECRET = "11111111-2222-4333-8444-555555555555", "s3cret"


@dataclass(frozen=True)
class ServedTenant:
    """Where the tenant is and who signs in to it.

    Args:
        folder: for what the clients remember; it goes when they are done.
    """

    certificate: Path
    folder: Path
    tenant_id: str = TENANT_ID
    client_id: str = CLIENT_ID
    secret: str = SECRET

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the control side."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(
            f"https://graph.microsoft.com/_local{path}", data=data, method=method, headers=headers
        )
        context = ssl.create_default_context(cafile=str(self.certificate))
        with urllib.request.urlopen(request, context=context) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@contextmanager
def serve(root: Path) -> Iterator[ServedTenant]:
    """A served tenant with a client that has every permission the stand-in knows."""
    with tempfile.TemporaryDirectory(prefix="clients-") as name:
        folder = Path(name)
        certificate, key = self_signed("stand-in", hosts=NAMES).write(folder)
        command = [sys.executable, "-m", "local", "tenant", "--port", "443", "--users", "20", "--seed", "1"]
        command += ["--tls-cert", str(certificate), "--tls-key", str(key), "--json", "--exit-with-parent"]
        with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError("The stand-in tenant did not start on port 443.")
            tenant = ServedTenant(certificate, folder)
            register(tenant)
            yield tenant
            process.terminate()


def register(tenant: ServedTenant) -> None:
    tenant.control("PATCH", "/settings", {"throttleConditionalAccess": 0, "licenseP2": True})
    registration = {"roles": sorted(APP_ROLES), "secrets": [tenant.secret], "scopes": []}
    tenant.control("PUT", f"/clients/{tenant.client_id}", registration)
