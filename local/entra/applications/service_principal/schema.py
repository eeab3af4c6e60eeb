"""The properties of a service principal, and what may be asked of them.

Sources: see `protocol/schema.py`.
"""

from local.entra.protocol.schema import ANY, EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

SERVICE_PRINCIPAL_DEFAULT = words(
    "id accountEnabled addIns alternativeNames appDescription appDisplayName appId "
    "appOwnerOrganizationId appRoleAssignmentRequired appRoles applicationTemplateId deletedDateTime "
    "description disabledByMicrosoftStatus displayName homepage info keyCredentials loginUrl "
    "logoutUrl notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials "
    "preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls "
    "resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames "
    "servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher"
)

SERVICE_PRINCIPAL = Schema(
    name="microsoft.graph.servicePrincipal",
    resource="ServicePrincipal",
    entity_set="servicePrincipals",
    properties=frozenset(SERVICE_PRINCIPAL_DEFAULT),
    default=SERVICE_PRINCIPAL_DEFAULT,
    filters={
        "accountEnabled": Filterable(EQUALITY),
        "appId": Filterable(EQUALITY),
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "appOwnerOrganizationId": Filterable(EQUALITY),
        "servicePrincipalType": Filterable(PLAIN_TEXT),
        "signInAudience": Filterable(NOTHING),
        **{
            name: Filterable(NOTHING)
            for name in words(
                "appDisplayName appRoleAssignmentRequired applicationTemplateId description homepage "
                "notes preferredSingleSignOnMode"
            )
        },
        **{
            name: Filterable(ANY)
            for name in words(
                "alternativeNames appRoles keyCredentials oauth2PermissionScopes passwordCredentials replyUrls "
                "servicePrincipalNames tags"
            )
        },
    },
    guids=frozenset({"appOwnerOrganizationId", "appRoles/id", "oauth2PermissionScopes/id"}),
    blank={
        name: ()
        for name in words(
            "addIns alternativeNames appRoles keyCredentials notificationEmailAddresses "
            "oauth2PermissionScopes passwordCredentials replyUrls resourceSpecificApplicationPermissions "
            "servicePrincipalNames tags"
        )
    },
    booleans=frozenset({"accountEnabled", "appRoleAssignmentRequired"}),
)
