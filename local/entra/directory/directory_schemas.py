"""The kinds of directory object: users, groups, applications and service principals.

Sources: see `schema.py`.
"""

import struct
import uuid
from collections.abc import Mapping
from typing import Any

from local.entra.protocol.schema import EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words


def security_identifier(row: Mapping[str, Any]) -> str:
    """The SID of a cloud object: its id as four little-endian numbers (public scripts convert one to the other)."""
    return "S-1-12-1-" + "-".join(str(part) for part in struct.unpack("<4I", uuid.UUID(row["id"]).bytes_le))


IDENTIFIED = {"securityIdentifier": security_identifier}

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
            "identities imAddresses interests isManagementRestricted isResourceAccount jobTitle "
            "lastPasswordChangeDateTime mail "
            "mailNickname mailboxSettings mobilePhone mySite officeLocation onPremisesDistinguishedName "
            "onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
            "onPremisesLastSyncDateTime onPremisesSamAccountName onPremisesSecurityIdentifier "
            "onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies pastProjects "
            "postalCode preferredLanguage preferredName proxyAddresses responsibilities schools "
            "securityIdentifier showInAddressList signInActivity signInSessionsValidFromDateTime skills state "
            "streetAddress surname usageLocation userPrincipalName userType"
        )
    ),
    default=words(
        "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage "
        "surname userPrincipalName id"
    ),
    filters={
        "accountEnabled": Filterable(EQUALITY),
        "companyName": Filterable(NOTHING),
        "createdDateTime": Filterable(frozenset({"eq", "ge", "le"})),
        "department": Filterable(PLAIN_TEXT),
        "displayName": Filterable(PLAIN_TEXT),
        "employeeHireDate": Filterable(NOTHING),
        "employeeId": Filterable(PLAIN_TEXT),
        "employeeType": Filterable(NOTHING),
        "givenName": Filterable(PLAIN_TEXT),
        "id": Filterable(EQUALITY),
        "jobTitle": Filterable(PLAIN_TEXT),
        "mail": Filterable(PLAIN_TEXT),
        "mailNickname": Filterable(PLAIN_TEXT),
        "officeLocation": Filterable(NOTHING),
        "surname": Filterable(PLAIN_TEXT),
        "userPrincipalName": Filterable(PLAIN_TEXT),
        "userType": Filterable(EQUALITY),
    },
    blank={
        name: ()
        for name in words(
            "assignedLicenses assignedPlans businessPhones identities imAddresses otherMails proxyAddresses"
        )
    },
    dates=frozenset({"createdDateTime", "employeeHireDate", "employeeLeaveDateTime"}),
    booleans=frozenset({"accountEnabled", "onPremisesSyncEnabled"}),
    computed=IDENTIFIED,
    single_only=frozenset(
        words(
            "aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName "
            "responsibilities schools skills"
        )
    ),
)

GROUP = Schema(
    name="microsoft.graph.group",
    resource="Group",
    entity_set="groups",
    properties=frozenset(
        words(
            "classification createdDateTime deletedDateTime description displayName expirationDateTime "
            "groupTypes id isAssignableToRole isManagementRestricted mail mailEnabled mailNickname membershipRule "
            "membershipRuleProcessingState onPremisesLastSyncDateTime onPremisesSyncEnabled "
            "preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions "
            "resourceProvisioningOptions securityEnabled securityIdentifier theme uniqueName visibility"
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
        "securityEnabled": Filterable(EQUALITY),
        "uniqueName": Filterable(PLAIN_TEXT),
    },
    blank={name: () for name in words("groupTypes proxyAddresses resourceBehaviorOptions resourceProvisioningOptions")},
    dates=frozenset({"createdDateTime"}),
    booleans=frozenset({"mailEnabled", "securityEnabled"}),
    computed=IDENTIFIED,
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
        "identifierUris": Filterable(frozenset({"any"})),
        "tags": Filterable(frozenset({"any"})),
        "uniqueName": Filterable(PLAIN_TEXT),
    },
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
        "servicePrincipalType": Filterable(PLAIN_TEXT),
        "tags": Filterable(frozenset({"any"})),
    },
    blank={
        name: ()
        for name in words(
            "addIns alternativeNames appRoles keyCredentials notificationEmailAddresses "
            "oauth2PermissionScopes passwordCredentials replyUrls resourceSpecificApplicationPermissions "
            "servicePrincipalNames tags"
        )
    },
    booleans=frozenset({"accountEnabled"}),
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
    filters={},
)
