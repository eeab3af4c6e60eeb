"""Before anything is made: all that is missing for a deployment, told at once."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from local.deploy.tools import Refused, ToolError, ask, graph, is_single

OLDEST_AZD = (1, 25, 3)  # Python hooks whose output is shown during `azd up`
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"  # entra-docs, permissions-reference
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PREMIUM_PLANS = frozenset({"AAD_PREMIUM", "AAD_PREMIUM_P2"})
# The template makes a custom role, which Role Based Access Control Administrator may not (role-based-access-control).
MAY_ASSIGN = frozenset({"User Access Administrator"})
SKIP = "SKIP_PREFLIGHT"
OF_THE_API = ("ADMIN_CLIENT_ID", "ADMIN_APPLICATION_IDS", "ADMIN_FUNCTION_KEYS", "ADMIN_ALLOWED_IPS")
GRAPH = "https://graph.microsoft.com"
Environment = Mapping[str, str]


class Level(StrEnum):
    """What a finding means for the deployment."""

    OK = "ok"
    WARNING = "warn"
    BLOCKING = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        level: What it means.
        check: What was looked at.
        text: What was found, as a sentence.
        remedy: What to do, as a sentence; empty where all is well.
    """

    level: Level
    check: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4} {self.check}: {self.text} {self.remedy}".rstrip()


def check_azd(environment: Environment) -> Iterator[Finding]:
    """Check the version of azd; azure.yaml demands the same."""
    version = str(ask("azd", "version", "--output", "json")["azd"]["version"])
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    wanted = ".".join(map(str, OLDEST_AZD))
    if numbers < OLDEST_AZD:
        yield Finding(Level.BLOCKING, "azd", f"This is {version}; {wanted} or newer is needed.", "Install a newer azd.")
    else:
        yield Finding(Level.OK, "azd", f"{version}.")


def check_sign_in(environment: Environment) -> Iterator[Finding]:
    """Check that the Azure CLI is signed in to the subscription that azd deploys to."""
    account = ask("az", "account", "show", "--output", "json")
    wanted = environment.get("AZURE_SUBSCRIPTION_ID", "")
    if wanted and account["id"].casefold() != wanted.casefold():
        text = f"az uses the subscription {account['id']}, but azd uses {wanted}."
        yield Finding(Level.BLOCKING, "sign-in", text, f"Run: az account set --subscription {wanted}")
    else:
        text = f"az works as {account['user']['type']} in the tenant {account['tenantId']}."
        yield Finding(Level.OK, "sign-in", text)


def check_region(environment: Environment) -> Iterator[Finding]:
    """Check that the region offers Flex Consumption."""
    chosen = plain(environment.get("AZURE_LOCATION", ""))
    offered = {plain(item["name"]) for item in ask("az", "functionapp", "list-flexconsumption-locations")}
    if not chosen:
        yield Finding(Level.WARNING, "region", "No region is chosen yet.", "Run: azd env set AZURE_LOCATION <region>")
    elif chosen not in offered:
        text = f"{chosen} does not offer Flex Consumption."
        yield Finding(Level.BLOCKING, "region", text, f"Choose one of: {', '.join(sorted(offered))}.")
    else:
        yield Finding(Level.OK, "region", f"{chosen} offers Flex Consumption.")


def plain(region: str) -> str:
    """Return a region's name as azd writes it: "West Europe" is westeurope."""
    return region.replace(" ", "").lower()


def check_apps(environment: Environment) -> Iterator[Finding]:
    """Tell what one app for everything means, and refuse to go from one to several in one environment or back.

    What was made before stays: azd's deployments are incremental (azure-resource-manager, deployment-modes).
    """
    check, single, made = "apps", is_single(environment), environment.get("SEPARATE_APPS", "")
    if single and made == "true":
        remedy = "Try out in another environment: azd env new <name>. Or keep this one: azd env set SINGLE_APP false"
        yield Finding(Level.BLOCKING, check, "This environment has an app for each role.", remedy)
    elif not single and made == "false":
        text = (
            "This environment was created with one app, whose identity would keep all its rights alongside the other "
            "apps."
        )
        yield Finding(
            Level.BLOCKING, check, text, "Create another (azd env new <name>), and take this one down: azd down"
        )
    elif single:
        text = (
            "SINGLE_APP: one app with one identity runs everything. Anyone who takes over the page holds every right."
        )
        yield Finding(
            Level.WARNING, check, text, "Use this only for trying out: in a test tenant, and with azd down afterward."
        )
        for name in OF_THE_API:
            if environment.get(name, "").lower() not in ("", "false"):
                text = f"{name} has no effect: the one app has no administration API."
                yield Finding(Level.WARNING, check, text, "Use the command line instead.")


def check_azure_roles(environment: Environment) -> Iterator[Finding]:
    """Check that the signed-in account may make resources and assign roles."""
    account = ask("az", "account", "show", "--output", "json")
    subscription = environment.get("AZURE_SUBSCRIPTION_ID") or account["id"]
    listed = ask(
        "az", "role", "assignment", "list", "--assignee", account["user"]["name"], "--include-inherited",
        "--include-groups", "--scope", f"/subscriptions/{subscription}", "--output", "json",
    )  # fmt: skip
    held = {str(item["roleDefinitionName"]) for item in listed}
    if "Owner" in held or ("Contributor" in held and held & MAY_ASSIGN):
        yield Finding(Level.OK, "Azure roles", f"{', '.join(sorted(held))} on the subscription.")
    else:
        text = f"You hold {', '.join(sorted(held)) or 'no role'} on the subscription {subscription}."
        remedy = "Get Owner, or Contributor together with User Access Administrator."
        yield Finding(Level.BLOCKING, "Azure roles", text, remedy)


def check_entra_roles(environment: Environment) -> Iterator[Finding]:
    """Check whether the signed-in account may grant Graph permissions; another admin may do it later."""
    path = "me/transitiveMemberOf/microsoft.graph.directoryRole?$select=displayName,roleTemplateId"
    held = {item["roleTemplateId"]: item["displayName"] for item in graph(path, root=graph_root(environment))["value"]}
    if held.keys() & {PRIVILEGED_ROLE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR}:
        yield Finding(Level.OK, "Entra roles", f"{', '.join(sorted(held.values()))}.")
    else:
        text = "You do not hold Privileged Role Administrator, the role that may grant Graph permissions."
        remedy = (
            "Activate the role if you are eligible for it. Otherwise, continue: bootstrap prints a script for an admin "
            "who holds it."
        )
        yield Finding(Level.WARNING, "Entra roles", text, remedy)


def check_license(environment: Environment) -> Iterator[Finding]:
    """Check for Entra ID P1, without which there is no Conditional Access."""
    plans = {
        plan["servicePlanName"]
        for sku in graph("subscribedSkus?$select=capabilityStatus,servicePlans", root=graph_root(environment))["value"]
        if sku["capabilityStatus"] in ("Enabled", "Warning")
        for plan in sku["servicePlans"]
    }
    if plans & PREMIUM_PLANS:
        yield Finding(Level.OK, "license", "The tenant has Entra ID P1.")
    else:
        remedy = "Buy Entra ID P1 or start a trial: Conditional Access needs it."
        yield Finding(Level.BLOCKING, "license", "The tenant has no Entra ID P1.", remedy)


def check_emergency_accounts(environment: Environment) -> Iterator[Finding]:
    """Check that the emergency access accounts are named, exist and are enabled."""
    ids = [part.strip() for part in environment.get("BREAK_GLASS_USER_IDS", "").split(",") if part.strip()]
    check = "emergency accounts"
    if not ids:
        remedy = 'Run: azd env set BREAK_GLASS_USER_IDS "<object ID>,<object ID>"'
        yield Finding(Level.BLOCKING, check, "No emergency account is named.", remedy)
    if len(ids) == 1:
        yield Finding(
            Level.WARNING,
            check,
            "Only one emergency account is named.",
            "Name at least two, so that losing one does not lock you out.",
        )
    for object_id in ids:
        yield check_account(object_id, environment)


def check_account(object_id: str, environment: Environment) -> Finding:
    """Check one emergency access account."""
    check, path = "emergency accounts", f"users/{quote(object_id)}?$select=id,accountEnabled"
    try:
        found: Any = graph(path, root=graph_root(environment))
    except Refused as error:
        if not error.not_found:
            raise
        remedy = "Name accounts in this tenant by object ID."
        return Finding(Level.BLOCKING, check, f"There is no account {object_id}.", remedy)
    if not found.get("accountEnabled"):
        return Finding(Level.BLOCKING, check, f"{object_id} is disabled.", "Enable it, or name another.")
    return Finding(Level.OK, check, f"{object_id} exists and is enabled.")


def graph_root(environment: Environment) -> str:
    """Return the address of Microsoft Graph in the tenant's cloud."""
    return environment.get("GRAPH_ENDPOINT", "").rstrip("/") or GRAPH


CHECKS: Mapping[str, Callable[[Environment], Iterator[Finding]]] = {
    "azd": check_azd,
    "sign-in": check_sign_in,
    "region": check_region,
    "apps": check_apps,
    "Azure roles": check_azure_roles,
    "Entra roles": check_entra_roles,
    "license": check_license,
    "emergency accounts": check_emergency_accounts,
}


def all_findings(environment: Environment) -> Iterator[Finding]:
    """Run every check; one that cannot be made is said, and stops nobody: azd needs no Azure CLI."""
    for name, check in CHECKS.items():
        try:
            yield from check(environment)
        except ToolError as error:
            remedy = "Install az, run az login, or check this yourself." if "az " in f"{error} " else ""
            yield Finding(Level.WARNING, name, f"Not checked: {error}", remedy)


def main(environment: Environment = os.environ) -> int:
    """Print what every check found; returns 1 where the deployment would fail or be of no use."""
    if environment.get(SKIP, "").lower() == "true":
        sys.stdout.write(f"preflight: skipped, because {SKIP} is true.\n")
        return 0
    blocking = 0
    for finding in all_findings(environment):
        sys.stdout.write(f"{finding}\n")
        sys.stdout.flush()
        blocking += finding.level is Level.BLOCKING
    if blocking:
        sys.stdout.write(f"preflight: {blocking} to put right first. To go on all the same: azd env set {SKIP} true\n")
    return 1 if blocking else 0
