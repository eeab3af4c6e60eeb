"""The app registration: a confidential web app that signs people in with OpenID Connect and asks for nothing else.

Conditional Access judges a confidential client by itself only when it asks for an ID token, and cannot target a public
client at all (entra-docs, concept-conditional-access-cloud-apps).
"""

from dataclasses import replace
from typing import Any

from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.models.application import Application
from msgraph.generated.models.implicit_grant_settings import ImplicitGrantSettings
from msgraph.generated.models.web_application import WebApplication

from provisioning.graph.errors import GraphError
from provisioning.graph.odata import literal, query, same_ids
from provisioning.model.plan import Change, Finding, differing
from provisioning.store.operations import Step
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.base import Observed, Resource, owners_of, seek
from provisioning.tenant.resources.ownership import (
    find_name_conflicts,
    has_our_key,
    unexpected_credentials,
    unexpected_owners,
)

ApplicationsQuery = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters

DESCRIPTION = "Set up multi-factor authentication before your first day."
SINGLE_TENANT = "AzureADMyOrg"


class ApplicationResource(Resource):
    """The app registration."""

    name = "application"
    reason = "The landing page signs people in through it, and the policy guards it."
    id_fields = ("application_id", "app_id")

    async def look(self, run: OperationContext) -> Observed:
        """By id, else by uniqueName; a new one only where nobody has our name."""
        known = run.objects.application_id
        applications = run.graph.build.applications
        by_id = applications.by_application_id(known).to_get_request_information() if known else None
        by_key = run.graph.build.applications_with_unique_name(run.desired.unique_name).to_get_request_information()
        found = await seek(run, self.name, known=known, by_id=by_id, by_key=by_key)
        if found.item is None:
            return replace(found, findings=() if found.deleted else await applications_of_our_name(run))
        application = run.application = found.item
        owners_info = applications.by_application_id(application["id"]).owners.to_get_request_information()
        owners = await owners_of(run, owners_info, what=self.name)
        if run.objects.application_id != application["id"]:
            run.note(application_id=application["id"], app_id=application["appId"])
        expected = (await run.own_principal_id(), *run.desired.expected_owner_ids)
        strangers = unexpected_owners(self.name, application["id"], owners, expected=expected)
        return replace(found, owners=owners, findings=(*strangers, *strange_credentials(application)))

    def wanted(self, run: OperationContext) -> dict[str, Any]:
        """Its name, key and addresses."""
        return {
            "displayName": run.desired.display_name,
            "uniqueName": run.desired.unique_name,
            "signInAudience": SINGLE_TENANT,
            "web.homePageUrl": run.desired.landing_url,
            "web.redirectUris": [run.desired.redirect_uri],
            "web.implicitGrantSettings.enableIdTokenIssuance": True,
        }

    def drift(self, run: OperationContext, found: Observed) -> tuple[Change, ...]:
        """Names, audience, addresses, ID tokens, and whether it became a public client."""
        have = found.item or {}
        web = have.get("web") or {}
        grants = web.get("implicitGrantSettings") or {}
        desired, uris = run.desired, web.get("redirectUris") or []
        return (
            *differing("displayName", have.get("displayName"), desired.display_name, reason="People read it."),
            *differing("description", have.get("description"), DESCRIPTION, reason="It tells admins what this is."),
            *differing(
                "signInAudience", have.get("signInAudience"), SINGLE_TENANT, reason="Only this tenant's people sign in."
            ),
            *differing(
                "isFallbackPublicClient",
                have.get("isFallbackPublicClient") is True,
                False,
                reason="Conditional Access cannot target a public client.",
            ),
            *differing("web.homePageUrl", web.get("homePageUrl"), desired.landing_url, reason="The tile opens it."),
            *differing(
                "web.redirectUris",
                uris,
                uris if same_ids(uris, [desired.redirect_uri]) else [desired.redirect_uri],
                reason="Sign-ins may return to the landing page and nowhere else.",
            ),
            *differing(
                "web.implicitGrantSettings.enableIdTokenIssuance",
                grants.get("enableIdTokenIssuance") is True,
                True,
                reason="Conditional Access judges the app by itself only when it asks for an ID token.",
            ),
        )

    async def create(self, run: OperationContext) -> Step:
        """Make it. POST with uniqueName: an upsert would leave it ownerless (msgraph-bicep-types#134)."""
        body = registration(run)
        body.unique_name = run.desired.unique_name
        try:
            made = await run.graph.send(
                run.graph.build.applications.to_post_request_information(body), repeatable=False
            )
        except GraphError as error:
            raise run.unready(error, "the application") from error
        # What belonged to an application before this one went with it.
        await run.made(application_id=made["id"], app_id=made["appId"], service_principal_id=None, logo_digest=None)
        return Step(self.name, "created", made["id"], detail=f"Client id: {made['appId']}.")

    async def update(self, run: OperationContext, found: Observed, changes: tuple[Change, ...]) -> None:
        """Write what we manage; the rest of the registration is not sent."""
        del changes
        builder = run.graph.build.applications.by_application_id(str(found.object_id))
        await run.graph.send(builder.to_patch_request_information(registration(run)))

    async def delete(self, run: OperationContext, found: Observed) -> None:
        """Into the recycle bin; its service principal goes with it."""
        builder = run.graph.build.applications.by_application_id(str(found.object_id))
        await run.graph.send(builder.to_delete_request_information())

    def is_ours(self, run: OperationContext, found: Observed) -> bool:
        """By the key."""
        return has_our_key(run, found.item)


def registration(run: OperationContext) -> Application:
    """What we manage of it. ID tokens are on: Graph's default is off."""
    return Application(
        display_name=run.desired.display_name,
        description=DESCRIPTION,
        sign_in_audience=SINGLE_TENANT,
        is_fallback_public_client=False,
        web=WebApplication(
            home_page_url=run.desired.landing_url,
            redirect_uris=[run.desired.redirect_uri],
            implicit_grant_settings=ImplicitGrantSettings(enable_id_token_issuance=True),
        ),
    )


async def applications_of_our_name(run: OperationContext) -> tuple[Finding, ...]:
    """Anybody may register an app; one that has our name and its owner's secret must not become our page."""
    name = run.desired.display_name
    parameters = ApplicationsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName", "uniqueName"])
    request = run.graph.build.applications.to_get_request_information(query(parameters))
    return await find_name_conflicts(run, request, what="app registration")


def strange_credentials(application: dict[str, Any]) -> list[Finding]:
    """This product gives the application no secret and no certificate: whoever added one may act as the page."""
    ids = [
        str(item.get("keyId"))
        for name in ("passwordCredentials", "keyCredentials")
        for item in application.get(name) or []
    ]
    return unexpected_credentials(application["id"], ids, what="secrets or certificates")
