"""What can be written of an app registration.

Sources: see `protocol/bodies.py`.
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
