"""The enterprise app: what My Apps shows as a tile, and what the policy targets."""

from typing import Any

from msgraph.generated.models.service_principal import ServicePrincipal

from provisioning.errors import Refused
from provisioning.graph.errors import GraphError
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, step

NAME = "service principal"
# Listed among the enterprise apps; no HideApp, or there would be no tile (terraform-provider-azuread, applications.go).
TAG = "WindowsAzureActiveDirectoryIntegratedApp"
CONFLICT = 409


async def ensure(run: Apply) -> Step:
    """Make the service principal of our application unless it is there; put back what the tile needs."""
    principal, outcome = await find(run), "unchanged"
    if principal is None:
        principal, outcome = await create(run), "created"
    if principal["id"] != run.objects.service_principal_id:
        await run.made(service_principal_id=principal["id"])
    if outcome == "unchanged" and has_drifted(principal, run):
        tags = sorted({*(principal.get("tags") or []), TAG} - {"HideApp"})
        change = ServicePrincipal(account_enabled=True, tags=tags, login_url=run.desired.landing_url)
        builder = run.graph.build.service_principals.by_service_principal_id(principal["id"])
        await run.graph.send(builder.to_patch_request_information(change))
        return step(NAME, "updated", principal["id"], detail="The My Apps tile was put back.")
    return step(NAME, outcome, principal["id"])


async def find(run: Apply) -> dict[str, Any] | None:
    """Ours: at most one exists for an application."""
    builder = run.graph.build.service_principals_with_app_id(app_id(run))
    try:
        found: dict[str, Any] = await run.graph.send(builder.to_get_request_information())
    except GraphError as error:
        if error.status != 404:
            raise
        if run.objects.service_principal_id is not None:
            raise run.gone(NAME, run.objects.service_principal_id) from error
        return None
    return found


async def create(run: Apply) -> dict[str, Any]:
    """Make it. Right after its application this fails in two misleading ways, which both mean "not yet"."""
    owner = f"{run.graph.root}/directoryObjects/{await own_id(run)}"
    body = ServicePrincipal(
        app_id=app_id(run),
        tags=[TAG],
        login_url=run.desired.landing_url,
        additional_data={"owners@odata.bind": [owner]},
    )
    try:
        info = run.graph.build.service_principals.to_post_request_information(body)
        made: dict[str, Any] = await run.graph.send(info, repeatable=False)
    except GraphError as error:
        if error.status == CONFLICT:  # made by a run whose answer was lost, and not readable everywhere yet
            raise run.gone(NAME, app_id(run)) from error
        raise run.unready(error, "application") from error
    return made


async def own_id(run: Apply) -> str:
    """The tenant identity itself: under Application.ReadWrite.OwnedBy it has to own what it repairs later."""
    builder = run.graph.build.service_principals_with_app_id(run.desired.tenant_client_id)
    return str((await run.graph.send(builder.to_get_request_information()))["id"])


def has_drifted(principal: dict[str, Any], run: Apply) -> bool:
    """Whether the tile would not show or would not open our page."""
    tags = principal.get("tags") or []
    return (
        principal.get("accountEnabled") is False
        or TAG not in tags
        or "HideApp" in tags
        or principal.get("loginUrl") != run.desired.landing_url
    )


def app_id(run: Apply) -> str:
    """The application's client id, which the step before found or made."""
    if run.objects.app_id is None:
        raise Refused("The application has not been made.", remedy="Apply again from the first step.")
    return run.objects.app_id
