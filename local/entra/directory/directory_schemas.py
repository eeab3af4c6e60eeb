"""The kinds of directory object: users, groups, applications and service principals.

Sources: see `schema.py`.
"""

from collections.abc import Mapping

from local.entra.protocol.schema import ANY, EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

USER = Schema(
    name="microsoft.graph.user",
    resource="User",
    entity_set="users",
    properties=frozenset(
        words(
            "aboutMe accountEnabled ageGroup assignedLicenses assignedPlans birthday businessPhones city "
            "companyName consentProvidedForMinor country createdDateTime creationType deletedDateTime "
            "department displayName employeeHireDate employeeId employeeLeaveDateTime employeeOrgData "
            "employeeType externalUserState externalUserStateChangeDateTime faxNumber givenName hireDate id "
            "identities imAddresses interests isResourceAccount jobTitle lastPasswordChangeDateTime mail "
            "mailNickname mailboxSettings mobilePhone mySite officeLocation onPremisesDistinguishedName "
            "onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
            "onPremisesLastSyncDateTime onPremisesSamAccountName onPremisesSecurityIdentifier "
            "onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile "
            "pastProjects postalCode preferredLanguage preferredName proxyAddresses responsibilities schools "
            "securityIdentifier showInAddressList signInActivity signInSessionsValidFromDateTime skills state "
            "streetAddress surname usageLocation userPrincipalName userType"
        )
    ),
    default=words(
        "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage "
        "surname userPrincipalName id"
    ),
    filters={
        "createdDateTime": Filterable(frozenset({"eq", "ge", "le"})),
        **{
            name: Filterable(EQUALITY)
            for name in words(
                "accountEnabled ageGroup consentProvidedForMinor creationType id isResourceAccount "
                "onPremisesSecurityIdentifier onPremisesSyncEnabled userType"
            )
        },
        **{
            name: Filterable(PLAIN_TEXT)
            for name in words(
                "city country department displayName employeeId givenName jobTitle mail mailNickname "
                "onPremisesUserPrincipalName state surname usageLocation userPrincipalName"
            )
        },
        **{
            name: Filterable(NOTHING)
            for name in words(
                "companyName employeeHireDate employeeType mobilePhone officeLocation onPremisesImmutableId "
                "onPremisesLastSyncDateTime onPremisesSamAccountName passwordPolicies postalCode preferredLanguage "
                "showInAddressList streetAddress"
            )
        },
        **{f"onPremisesExtensionAttributes/extensionAttribute{n}": Filterable(EQUALITY) for n in range(1, 16)},
        **{
            name: Filterable(ANY)
            for name in words("assignedLicenses assignedPlans businessPhones imAddresses otherMails proxyAddresses")
        },
    },
    guids=frozenset({"assignedLicenses/skuId", "assignedPlans/servicePlanId"}),
    blank={
        name: ()
        for name in words(
            "assignedLicenses assignedPlans businessPhones identities imAddresses otherMails proxyAddresses"
        )
    },
    dates=frozenset({"createdDateTime", "employeeHireDate", "employeeLeaveDateTime", "onPremisesLastSyncDateTime"}),
    booleans=frozenset({"accountEnabled", "isResourceAccount", "onPremisesSyncEnabled", "showInAddressList"}),
    single_only=frozenset(
        words(
            "aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName "
            "responsibilities schools skills"
        )
    ),
    writable=frozenset(
        words(
            "accountEnabled ageGroup businessPhones city companyName consentProvidedForMinor country department "
            "displayName employeeHireDate employeeId employeeOrgData employeeType faxNumber givenName identities "
            "jobTitle mail mailNickname mobilePhone officeLocation onPremisesExtensionAttributes "
            "onPremisesImmutableId otherMails passwordPolicies "
            "postalCode preferredLanguage showInAddressList state streetAddress surname usageLocation "
            "userPrincipalName userType"
        )
    ),
)

GROUP = Schema(
    name="microsoft.graph.group",
    resource="Group",
    entity_set="groups",
    properties=frozenset(
        words(
            "accessType allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification "
            "createdDateTime deletedDateTime description displayName expirationDateTime groupTypes "
            "hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients id infoCatalogs isArchived "
            "isAssignableToRole isFavorite isManagementRestricted isSubscribedByMail licenseProcessingState mail "
            "mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName "
            "onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName "
            "onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage "
            "proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled "
            "securityIdentifier serviceProvisioningErrors theme uniqueName unseenConversationsCount unseenCount "
            "unseenMessagesCount visibility"
        )
    ),
    default=words(
        "id deletedDateTime classification createdDateTime description displayName expirationDateTime "
        "groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule "
        "membershipRuleProcessingState onPremisesLastSyncDateTime onPremisesSyncEnabled "
        "preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions "
        "resourceProvisioningOptions securityEnabled securityIdentifier theme uniqueName visibility"
    ),
    filters={
        "createdDateTime": Filterable(frozenset({"eq", "ge", "le"})),
        "displayName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "mail": Filterable(PLAIN_TEXT),
        "mailEnabled": Filterable(EQUALITY),
        "mailNickname": Filterable(PLAIN_TEXT),
        "onPremisesSyncEnabled": Filterable(EQUALITY),
        "securityEnabled": Filterable(EQUALITY),
        "uniqueName": Filterable(PLAIN_TEXT),
        **{
            name: Filterable(NOTHING)
            for name in words(
                "classification description expirationDateTime isAssignableToRole membershipRule "
                "membershipRuleProcessingState preferredLanguage renewedDateTime theme visibility"
            )
        },
        **{
            name: Filterable(ANY)
            for name in words(
                "assignedLicenses groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions"
            )
        },
    },
    guids=frozenset({"assignedLicenses/skuId"}),
    blank={
        **{
            name: ()
            for name in words(
                "assignedLabels assignedLicenses groupTypes infoCatalogs onPremisesProvisioningErrors proxyAddresses "
                "resourceBehaviorOptions resourceProvisioningOptions serviceProvisioningErrors"
            )
        },
        **{
            name: False
            for name in words(
                "allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients "
                "isSubscribedByMail"
            )
        },
        "unseenCount": 0,
    },
    dates=frozenset({"createdDateTime", "expirationDateTime", "renewedDateTime"}),
    booleans=frozenset({"isAssignableToRole", "mailEnabled", "onPremisesSyncEnabled", "securityEnabled"}),
    single_only=frozenset(
        words(
            "allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients isArchived "
            "isFavorite isSubscribedByMail unseenConversationsCount unseenCount unseenMessagesCount"
        )
    ),
    writable=frozenset(
        words(
            "description displayName groupTypes isAssignableToRole mailEnabled mailNickname membershipRule "
            "membershipRuleProcessingState preferredDataLocation preferredLanguage resourceBehaviorOptions "
            "resourceProvisioningOptions securityEnabled theme uniqueName visibility"
        )
    ),
)

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
    writable=frozenset(
        words(
            "api appRoles defaultRedirectUri description displayName groupMembershipClaims identifierUris "
            "info isDeviceOnlyAuthSupported isFallbackPublicClient keyCredentials notes "
            "oauth2RequirePostResponse optionalClaims parentalControlSettings publicClient "
            "requiredResourceAccess serviceManagementReference servicePrincipalLockConfiguration "
            "signInAudience spa tags uniqueName web"
        )
    ),
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
    writable=frozenset(
        words(
            "accountEnabled alternativeNames appRoleAssignmentRequired description displayName keyCredentials loginUrl "
            "notes notificationEmailAddresses preferredSingleSignOnMode preferredTokenSigningKeyThumbprint "
            "samlSingleSignOnSettings tags"
        )
    ),
)

DIRECTORY_SCHEMAS: Mapping[str, Schema] = {
    "user": USER,
    "group": GROUP,
    "application": APPLICATION,
    "servicePrincipal": SERVICE_PRINCIPAL,
}

DIRECTORY_OBJECT = Schema(
    name="microsoft.graph.directoryObject",
    resource="DirectoryObject",
    entity_set="directoryObjects",
    properties=frozenset().union(*(schema.properties for schema in DIRECTORY_SCHEMAS.values())),
    default=("id",),
    filters={
        name: Filterable(EQUALITY if name == "id" else NOTHING)
        for schema in DIRECTORY_SCHEMAS.values()
        for name in schema.filters
    },
    dates=frozenset().union(*(schema.dates for schema in DIRECTORY_SCHEMAS.values())),
    booleans=frozenset().union(*(schema.booleans for schema in DIRECTORY_SCHEMAS.values())),
)
