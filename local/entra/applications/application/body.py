"""What can be written of an app registration.

Source: its resource page in the Graph documentation, which marks what is read-only; `terraform-provider-azuread`, whose
acceptance tests write most of the rest.
"""

from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.words import words

APPLICATION_BODY = BodyRules(
    type_name="application",
    resource="Application",
    writable=frozenset(
        words(
            "addIns api appRoles defaultRedirectUri description displayName groupMembershipClaims identifierUris info "
            "isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials notes oauth2RequirePostResponse "
            "optionalClaims parentalControlSettings publicClient requestSignatureVerification requiredResourceAccess "
            "samlMetadataUrl serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags "
            "tokenEncryptionKeyId uniqueName web"
        )
    ),
    create_only=frozenset({"passwordCredentials"}),
    read_only=frozenset(
        words(
            "appId applicationTemplateId certification createdByAppId createdDateTime deletedDateTime "
            "disabledByMicrosoftStatus publisherDomain verifiedPublisher"
        )
    ),
    parts_read_only=frozenset({"info.logoUrl"}),
    binds=frozenset({"owners"}),
)
