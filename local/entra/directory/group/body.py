"""What can be written of a group.

Sources: see `protocol/bodies.py`.
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
