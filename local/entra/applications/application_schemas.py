"""The kinds of object an application is: its registration and its service principal.

Sources: see `schema.py`.
"""

from local.entra.protocol.schema import ANY, EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

APPLICATION_DEFAULT = words(
    "id addIns api appId appRoles applicationTemplateId certification createdDateTime "
    "defaultRedirectUri deletedDateTime description disabledByMicrosoftStatus displayName "
    "groupMembershipClaims identifierUris info isDeviceOnlyAuthSupported isFallbackPublicClient "
    "keyCredentials notes optionalClaims parentalControlSettings passwordCredentials publicClient "
    "publisherDomain requestSignatureVerification requiredResourceAccess samlMetadataUrl "
    "serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags "
    "tokenEncryptionKeyId uniqueName verifiedPublisher web"
)

APPLICATION = Schema(
    name="microsoft.graph.application",
    resource="Application",
    entity_set="applications",
    properties=frozenset((*APPLICATION_DEFAULT, "oauth2RequirePostResponse")),
    default=APPLICATION_DEFAULT,
    filters={
        "appId": Filterable(EQUALITY),
        "createdDateTime": Filterable(frozenset({"eq", "ge", "le"})),
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "signInAudience": Filterable(EQUALITY),
        "uniqueName": Filterable(PLAIN_TEXT),
        **{name: Filterable(NOTHING) for name in words("applicationTemplateId description notes publisherDomain")},
        **{
            name: Filterable(ANY)
            for name in words(
                "appRoles identifierUris keyCredentials passwordCredentials publicClient/redirectUris "
                "requiredResourceAccess spa/redirectUris tags web/redirectUris"
            )
        },
    },
    guids=frozenset({"appRoles/id", "keyCredentials/keyId", "passwordCredentials/keyId"}),
    blank={
        **{
            name: ()
            for name in words(
                "addIns appRoles identifierUris keyCredentials passwordCredentials requiredResourceAccess tags"
            )
        },
        "spa": {"redirectUris": []},
        "publicClient": {"redirectUris": []},
    },
    dates=frozenset({"createdDateTime"}),
)

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
