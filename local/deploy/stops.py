"""After azd's own steps: the stops between a deployment and an app that people may sign in to, each with its command.

What changes no more than the deployment is run: the bootstrap, which asks first, the client id, the smoke test. What
changes the tenant is left to a person: apply and enable.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.deploy.tools import ToolError, ask, graph, is_single

ROOT = Path(__file__).resolve().parents[2]
CALLBACK = "/.auth/login/aad/callback"
SMOKE_SECONDS = 300  # a role assignment or a new site takes minutes to reach every service
VALUES = ".azure/values.env"  # git ignores the folder
INSTALL = "make setup, or in your own environment: pip install -r requirements.txt"
Environment = Mapping[str, str]


def after_provision(environment: Environment = os.environ) -> int:
    """The first stop: the identities exist, and no app has asked for a token with their roles yet."""
    heading(1, "bootstrap", "grants each identity its Graph roles, before an app first asks for a token.")
    code = run_product(environment, "bootstrap")
    if code == 1:
        say(f"Later: azd env get-values > {VALUES}", f"Then: {product_command('bootstrap')}")
    return 0  # an admin who may not grant goes on; the script above is for one who may


def after_deploy(environment: Environment = os.environ) -> int:
    """The other stops; returns 1 where the smoke test fails."""
    heading(
        2,
        "apply",
        (
            "creates the group, the app registration, and the policy in report-only mode. It changes the tenant, so "
            "run it yourself."
        ),
    )
    say(f"The commands below read {VALUES}: azd env get-values > {VALUES}", *apply_commands(environment))
    heading(3, "sign-in", "sets the registration's client ID in Easy Auth.")
    say(*sign_in_lines(environment))
    heading(4, "smoke", "tests the deployment from outside.")
    failed = False
    if environment.get("AUTH_CLIENT_ID"):
        failed = run_product(environment, "smoke", "--wait", str(SMOKE_SECONDS)) == 1
    else:
        say(f"After stop 3: {product_command('smoke')}")
    heading(5, "a person", "what only you can do.")
    say(*left_to_a_person(environment))
    return 1 if failed else 0


def heading(number: int, name: str, purpose: str) -> None:
    """Announce a stop."""
    say("", f"== Stop {number} of 5, {name}: {purpose}")


def say(*lines: str) -> None:
    """Print lines now, before what a process prints."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def product_command(*arguments: str) -> str:
    """Return how a person runs a command of the product with the values of the azd environment."""
    return f"python -m provisioning {shlex.join(arguments)} --env-file {VALUES}"


def product_python() -> str | None:
    """Return a Python that has the product's packages: the developer's, else this one; None where neither has."""
    own = [ROOT / ".venv/bin/python", ROOT / ".venv/Scripts/python.exe"]
    for python in (*(str(path) for path in own if path.is_file()), sys.executable):
        probe = [python, "-c", "import msgraph, rich, pydantic_settings"]
        if subprocess.run(probe, capture_output=True, cwd=ROOT).returncode == 0:
            return python
    return None


def run_product(environment: Environment, *arguments: str) -> int:
    """Run a command of the product at this terminal; returns its exit code, or 1 where the product is not installed."""
    python = product_python()
    if python is None:
        say(f"The product's packages are not installed here. First: {INSTALL}")
        say(f"Then: {product_command(*arguments)}")
        return 1
    return subprocess.run([python, "-m", "provisioning", *arguments], cwd=ROOT, env=dict(environment)).returncode


def apply_commands(environment: Environment) -> Sequence[str]:
    """Return how a person applies: through the tenant app, where its API is there and has a registration, else here."""
    admin, url = environment.get("ADMIN_CLIENT_ID"), environment.get("TENANT_URL", "$TENANT_URL")
    if not admin or is_single(environment):
        return (
            product_command("apply", "--credential", "device-code", "--client-id", "<your app>"),
            "<your app> is the client ID of a registration that allows public client flows; the Azure CLI's app may "
            "not write policies.",
        )
    return (
        f'ADMIN_TOKEN=$(az account get-access-token --resource "api://{admin}" --query accessToken --output tsv)',
        f'curl -X POST "{url}/api/tenant" -H "Authorization: Bearer $ADMIN_TOKEN" -d \'{{"mode":"apply"}}\'',
        f'curl "{url}/api/operations/<operation of the answer>" -H "Authorization: Bearer $ADMIN_TOKEN"',
    )


def sign_in_lines(environment: Environment) -> Sequence[str]:
    """Put the client id of our registration into the azd environment, and return what is to be done next."""
    known = environment.get("AUTH_CLIENT_ID", "")
    landing = environment.get("LANDING_URL", "").rstrip("/")
    try:
        found = registration_for(landing, environment) if landing else None
        if found and found != known:
            ask("azd", "env", "set", "AUTH_CLIENT_ID", found)
            return (f"AUTH_CLIENT_ID is now {found}. Run: azd provision", "After that, azd deploy tests it.")
    except ToolError as error:
        return (
            f"Not looked up: {error}",
            "Run: azd env set AUTH_CLIENT_ID <client ID of the registration>, and then azd provision",
        )
    if known:
        return (f"AUTH_CLIENT_ID is {known}.",)
    return ("There is no registration with this address yet. Run apply first, and then azd deploy again.",)


def registration_for(landing: str, environment: Environment) -> str | None:
    """Return the client id of the one registration that signs people in to this address; None where there is none.

    Raises:
        ToolError: It cannot be asked, or there are several.
    """
    root = environment.get("GRAPH_ENDPOINT", "").rstrip("/") or "https://graph.microsoft.com"
    address = f"{landing}{CALLBACK}"
    path = f"applications?$filter=web/redirectUris/any(uri:uri eq '{address}')&$select=appId"
    found = [str(item["appId"]) for item in graph(path, root=root)["value"]]
    if len(found) > 1:
        raise ToolError(f"{len(found)} registrations have the address {address}: {', '.join(found)}.")
    return found[0] if found else None


def left_to_a_person(environment: Environment) -> Sequence[str]:
    """Return what no command of this can do, each with how."""
    lines = []
    vault = environment.get("KEY_VAULT_NAME", "<vault>")
    for name in (part.strip() for part in environment.get("HR_SOURCES", "").split(",") if part.strip()):
        command = f"az keyvault secret set --vault-name {vault} --name hr-{name} --file secret.txt --output none"
        lines.append(f"- store the secret of {name}, from a file without a newline at its end: {command}")
    landing = environment.get("LANDING_URL", "<LANDING_URL>")
    if is_single(environment):
        lines.append(
            "- use this only for trying out (SINGLE_APP): anyone who takes over the page can write policies. Before "
            "people depend on it, create another environment without SINGLE_APP, and take this one down: azd down"
        )
    return (
        *lines,
        f"- sign in once as a test account at {landing}/start; the smoke test says what you should see",
        f"- verify the policy, and then see what enable means for people: {product_command('verify')}",
        f"  {product_command('plan', '--of', 'enable')}",
        "- choose what guards the registration of methods before enable: azd env set REGISTRATION_POLICY mfa; a new "
        "hire without a method then needs a Temporary Access Pass",
        f"- check health 15 minutes later: {product_command('health')}",
    )
