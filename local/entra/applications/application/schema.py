"""The properties of an app registration, and what may be asked of them.

Sources: see `protocol/schema.py`.
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
