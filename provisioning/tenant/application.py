"""The app registration: a confidential web app that signs people in with OpenID Connect and asks for nothing else.

Conditional Access judges a confidential client by itself only when it asks for an ID token, and cannot target a public
client at all (entra-docs, concept-conditional-access-cloud-apps).
"""

from typing import Any

from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.models.application import Application
from msgraph.generated.models.implicit_grant_settings import ImplicitGrantSettings
from msgraph.generated.models.web_application import WebApplication

from provisioning.graph.client import everything
from provisioning.graph.errors import GraphError
from provisioning.graph.query import literal, query, same_ids
from provisioning.store.operations import Step
from provisioning.tenant.desired import Apply, foreign, step

ApplicationsQuery = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters

NAME = "application"


async def ensure(run: Apply) -> Step:
    """Make the app registration unless it is there; put back its addresses if they drifted."""
    application, outcome = await find(run), "unchanged"
    if application is None:
        await refuse_namesakes(run)
        application, outcome = await create(run), "created"
    if application["id"] != run.objects.application_id:
        await run.made(application_id=application["id"], app_id=application["appId"])
    if outcome == "unchanged" and has_drifted(application, run):
        change = Application(web=web(run))
        builder = run.graph.build.applications.by_application_id(application["id"])
        await run.graph.send(builder.to_patch_request_information(change))
        return step(NAME, "updated", application["id"], detail="The redirect URI and home page were put back.")
    return step(NAME, outcome, application["id"], detail=f"Client id: {application['appId']}.")


async def find(run: Apply) -> dict[str, Any] | None:
    """Ours, by the id we kept or by the key an earlier run used; never by name."""
    known = run.objects.application_id
    if known is not None:
        info = run.graph.build.applications.by_application_id(known).to_get_request_information()
    else:
        info = run.graph.build.applications_with_unique_name(run.desired.unique_name).to_get_request_information()
    try:
        found: dict[str, Any] = await run.graph.send(info)
    except GraphError as error:
        if error.status != 404:
            raise
        if known is not None:
            raise run.gone(NAME, known) from error
        return None
    return found


async def create(run: Apply) -> dict[str, Any]:
    """Make it."""
    info = run.graph.build.applications.to_post_request_information(new_application(run))
    try:
        made: dict[str, Any] = await run.graph.send(info, repeatable=False)
    except GraphError as error:
        raise run.unready(error, NAME) from error
    return made


def new_application(run: Apply) -> Application:
    """The new registration. POST with uniqueName: an upsert would leave it ownerless (msgraph-bicep-types#134)."""
    return Application(
        display_name=run.desired.display_name,
        unique_name=run.desired.unique_name,
        sign_in_audience="AzureADMyOrg",
        description="Set up multi-factor authentication before your first day.",
        web=web(run),
    )


def web(run: Apply) -> WebApplication:
    """Addresses, and ID tokens on: Graph's default is off."""
    return WebApplication(
        home_page_url=run.desired.landing_url,
        redirect_uris=[run.desired.redirect_uri],
        implicit_grant_settings=ImplicitGrantSettings(enable_id_token_issuance=True),
    )


def has_drifted(application: dict[str, Any], run: Apply) -> bool:
    """Whether an address or the ID token switch is not as it should be."""
    have = application.get("web") or {}
    grants = have.get("implicitGrantSettings") or {}
    return not (
        same_ids(have.get("redirectUris"), [run.desired.redirect_uri])
        and have.get("homePageUrl") == run.desired.landing_url
        and grants.get("enableIdTokenIssuance") is True
    )


async def refuse_namesakes(run: Apply) -> None:
    """Anybody may register an app; one that has our name and its owner's secret must not become our page."""
    name = run.desired.display_name
    parameters = ApplicationsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName"])
    pages = run.graph.pages(run.graph.build.applications.to_get_request_information(query(parameters)))
    if namesakes := [item["id"] for item in await everything(pages)]:
        raise foreign("app registration", name, namesakes)
