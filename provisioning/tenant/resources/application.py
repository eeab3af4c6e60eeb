"""The app registration: a confidential web app that signs people in with OpenID Connect and asks for nothing else.

Conditional Access judges a confidential client by itself only when it asks for an ID token, and cannot target a public
client at all (entra-docs, concept-conditional-access-cloud-apps).
"""

from dataclasses import replace
from functools import partial
from typing import Any

from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder

from provisioning.graph.odata import literal, query
from provisioning.model.operation import Step
from provisioning.model.plan import Change, Finding
from provisioning.tenant.context import OperationContext
from provisioning.tenant.resources.app_roles import AppRolesField, merged_roles
from provisioning.tenant.resources.fields import Field
from provisioning.tenant.resources.lookup import find_object
from provisioning.tenant.resources.managed import ManagedResource
from provisioning.tenant.resources.observed import Observed
from provisioning.tenant.resources.owners import OWNERS, owner_change, owners_of, write_owners
from provisioning.tenant.resources.ownership import (
    find_name_conflicts,
    has_our_key,
    unexpected_credentials,
    unexpected_owners,
)

ApplicationsQuery = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters

DESCRIPTION = "Set up multi-factor authentication before your first day."
SINGLE_TENANT = "AzureADMyOrg"
TOKEN_VERSION = 2  # tokens of the v2.0 endpoint, whose issuer Easy Auth is set to; null means 1 (apiApplication)

RETURNS = "Sign-ins may return to the landing page and nowhere else."
ROLES_REASON = "People who hold a role may see the board, or hand over passes."
TOKENS = "Conditional Access judges the app by itself only when it asks for an ID token."


class ApplicationResource(ManagedResource):
    """The app registration."""

    name = "application"
    reason = "The landing page signs people in through it, and the policy guards it."
    id_fields = ("application_id", "app_id")
    stands_alone = True
    dependent_ids = ("assignment_id",)
    required = "the application"

    def fields(self, context: OperationContext) -> tuple[Field, ...]:
        """Return names, audience, addresses and tokens. ID tokens are on: Graph's default is off."""
        desired = context.desired
        return (
            Field("displayName", desired.display_name, "People read it."),
            Field("description", DESCRIPTION, "It tells admins what the application is for."),
            Field("uniqueName", desired.unique_name, fixed=True),
            Field("signInAudience", SINGLE_TENANT, "Only this tenant's people sign in."),
            Field("isFallbackPublicClient", False, "Conditional Access cannot target a public client.", unset=False),
            Field("identifierUris", [], "Only the landing page requests tokens for it."),
            Field("api.requestedAccessTokenVersion", TOKEN_VERSION, "The landing page takes tokens of this version."),
            Field("web.homePageUrl", desired.landing_url, "The tile opens it."),
            Field("web.redirectUris", [desired.redirect_uri], RETURNS),
            Field("web.logoutUrl", None, "The landing page does not need to hear about sign-outs elsewhere."),
            Field("web.implicitGrantSettings.enableIdTokenIssuance", True, TOKENS, unset=False),
            Field(
                "web.implicitGrantSettings.enableAccessTokenIssuance",
                False,
                "No access token may appear in a browser's address bar.",
                unset=False,
            ),
            Field("spa.redirectUris", [], RETURNS),
            Field("publicClient.redirectUris", [], RETURNS),
            AppRolesField("appRoles", [], ROLES_REASON, merge=partial(merged_roles, offered=desired.app_roles)),
        )

    def collection(self, context: OperationContext) -> Any:
        """Return the SDK's builder for applications."""
        return context.graph.build.applications

    def item(self, context: OperationContext, object_id: str) -> Any:
        """Return the SDK's builder for one application."""
        return context.graph.build.applications.by_application_id(object_id)

    async def read(self, context: OperationContext) -> Observed:
        """Read it by id, else by uniqueName; a new one only where nobody has our name."""
        known, desired = context.objects.application_id, context.desired
        by_id = self.item(context, known).to_get_request_information() if known else None
        by_key = context.graph.build.applications_with_unique_name(desired.unique_name).to_get_request_information()
        found = await find_object(context, self.name, known=known, by_id=by_id, by_key=by_key)
        if found.item is None:
            return replace(found, findings=() if found.deleted else await applications_of_our_name(context))
        application = context.observed.application = found.item
        owners = await owners_of(context, self.item(context, application["id"]), what=self.name)
        own = await context.own_principal_id()
        # Graph makes a person who applies the owner of what they made; they are no stranger to their own work.
        expected = {own, *desired.expected_owner_ids, *([context.caller_id] if context.caller_id else [])}
        strangers = unexpected_owners(self.name, application["id"], owners, expected=expected)
        return replace(
            found,
            owners=owners,
            findings=(*strangers, *strange_credentials(application)),
            ids={"application_id": application["id"], "app_id": application["appId"]},
        )

    def diff(self, context: OperationContext, observed: Observed) -> tuple[Change, ...]:
        """Return its properties, and the missing owner: the tenant identity must own it, no matter who made it."""
        own = context.observed.own_principal_id or str(context.claims.get("oid"))
        owner = owner_change(
            observed.owners, add=own, reason="The tenant identity may change only applications that it owns."
        )
        return (*super().diff(context, observed), *owner)

    async def create(self, context: OperationContext) -> Step:
        """Make it. POST with uniqueName: an upsert would leave it ownerless (msgraph-bicep-types#134)."""
        step = await super().create(context)
        if context.roles is None:  # Graph made the person the owner, and nobody else
            own = await context.own_principal_id()
            caller = [context.caller_id] if context.caller_id else []
            for change in owner_change(caller, add=own, reason=self.reason):
                await write_owners(context, self.item(context, str(step.object_id)), change)
        return replace(step, detail=f"Client id: {context.objects.app_id}.")

    def ids_of(self, item: Any) -> dict[str, Any]:
        """Return its ids. What belonged to an application before this one went with it."""
        return {
            "application_id": item["id"],
            "app_id": item["appId"],
            "service_principal_id": None,
            "assignment_id": None,
            "logo_digest": None,
        }

    async def update(self, context: OperationContext, observed: Observed, changes: tuple[Change, ...]) -> None:
        """Put back what differs, the owner by itself."""
        await super().update(context, observed, tuple(change for change in changes if change.field != OWNERS))
        for change in changes:
            if change.field == OWNERS:
                await write_owners(context, self.item(context, str(observed.object_id)), change)

    def is_ours(self, context: OperationContext, observed: Observed) -> bool:
        """Return whether it has our key."""
        return has_our_key(context, observed.item)


async def applications_of_our_name(context: OperationContext) -> tuple[Finding, ...]:
    """Name apps of our name: anybody may register one, and one with its owner's secret must not become our page."""
    name = context.desired.display_name
    parameters = ApplicationsQuery(filter=f"displayName eq {literal(name)}", select=["id", "displayName", "uniqueName"])
    request = context.graph.build.applications.to_get_request_information(query(parameters))
    return await find_name_conflicts(context, request, what="app registration")


def strange_credentials(application: dict[str, Any]) -> list[Finding]:
    """Name secrets and certificates: this product makes none, and the person who added one can act as the page."""
    ids = [
        str(item.get("keyId"))
        for name in ("passwordCredentials", "keyCredentials")
        for item in application.get(name) or []
    ]
    return unexpected_credentials(application["id"], ids, what="secrets or certificates")
