"""What can be written of a service principal.

Sources: see `protocol/bodies.py`. `displayName` is the application's (azuread issue 1224).
"""

from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.words import words

SERVICE_PRINCIPAL_BODY = BodyRules(
    type_name="servicePrincipal",
    resource="ServicePrincipal",
    writable=frozenset(
        words(
            "accountEnabled alternativeNames appRoleAssignmentRequired description keyCredentials loginUrl notes "
            "notificationEmailAddresses preferredSingleSignOnMode preferredTokenSigningKeyThumbprint "
            "samlSingleSignOnSettings tags tokenEncryptionKeyId"
        )
    ),
    create_only=frozenset({"appId"}),
    read_only=frozenset(
        words(
            "appDescription appDisplayName appOwnerOrganizationId appRoles applicationTemplateId createdByAppId "
            "deletedDateTime disabledByMicrosoftStatus displayName homepage info logoutUrl oauth2PermissionScopes "
            "replyUrls resourceSpecificApplicationPermissions servicePrincipalNames servicePrincipalType "
            "signInAudience verifiedPublisher"
        )
    ),
    binds=frozenset({"owners"}),
)
