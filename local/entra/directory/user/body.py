"""What can be written of a person.

Sources: see `protocol/bodies.py`.
"""

from local.entra.protocol.bodies import BodyRules
from local.entra.protocol.words import words

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
