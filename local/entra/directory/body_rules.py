"""What can be written of each kind of directory object.

Source: the resource pages of the Graph documentation, which mark what is read-only; `terraform-provider-azuread`, whose
acceptance tests write most of the rest. `displayName` of a service principal is its application's (azuread issue 1224).
"""

from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.words import words

GROUP_BODY = BodyRules(
    type_name="group",
    resource="Group",
    writable=frozenset(
        words(
            "classification description displayName groupTypes isAssignableToRole mailEnabled mailNickname "
            "membershipRule membershipRuleProcessingState preferredDataLocation preferredLanguage securityEnabled "
            "theme uniqueName visibility"
        )
    ),
    create_only=frozenset({"resourceBehaviorOptions", "resourceProvisioningOptions"}),
    read_only=frozenset(
        words(
            "assignedLicenses createdDateTime deletedDateTime expirationDateTime hasMembersWithLicenseErrors "
            "isArchived isManagementRestricted licenseProcessingState mail onPremisesDomainName "
            "onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName "
            "onPremisesSecurityIdentifier onPremisesSyncEnabled organizationId proxyAddresses renewedDateTime "
            "securityIdentifier serviceProvisioningErrors"
        )
    ),
    binds=frozenset({"members", "owners"}),
)

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

USER_BODY = BodyRules(
    type_name="user",
    resource="User",
    writable=frozenset(
        words(
            "accountEnabled ageGroup businessPhones city companyName consentProvidedForMinor country department "
            "displayName employeeHireDate employeeId employeeOrgData employeeType faxNumber givenName identities "
            "jobTitle mail mailNickname mobilePhone officeLocation onPremisesExtensionAttributes "
            "onPremisesImmutableId otherMails passwordPolicies passwordProfile postalCode preferredLanguage "
            "showInAddressList state streetAddress surname usageLocation userPrincipalName userType"
        )
    ),
    read_only=frozenset(
        words(
            "assignedLicenses assignedPlans authorizationInfo createdDateTime creationType deletedDateTime "
            "externalUserState externalUserStateChangeDateTime imAddresses isManagementRestricted "
            "isResourceAccount lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates "
            "onPremisesDistinguishedName onPremisesDomainName onPremisesLastSyncDateTime "
            "onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier "
            "onPremisesSyncEnabled onPremisesUserPrincipalName provisionedPlans proxyAddresses securityIdentifier "
            "serviceProvisioningErrors signInActivity signInSessionsValidFromDateTime"
        )
    ),
)

FEDERATED_CREDENTIAL_BODY = BodyRules(
    type_name="federatedIdentityCredential",
    resource="FederatedIdentityCredential",
    writable=frozenset(words("audiences description issuer name subject")),
)

APP_ROLE_ASSIGNMENT_BODY = BodyRules(
    type_name="appRoleAssignment",
    resource="AppRoleAssignment",
    writable=frozenset(words("appRoleId principalId resourceId")),
    read_only=frozenset(
        words("createdDateTime deletedDateTime principalDisplayName principalType resourceDisplayName")
    ),
)
