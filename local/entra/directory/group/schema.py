"""The properties of a group, and what may be asked of them.

Sources: see `protocol/schema.py`.
"""

from local.entra.directory.user.schema import IDENTIFIED
from local.entra.protocol.schema import ANY, EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
from local.entra.protocol.words import words

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
    computed=IDENTIFIED,
    dates=frozenset({"createdDateTime", "expirationDateTime", "renewedDateTime"}),
    booleans=frozenset({"isAssignableToRole", "mailEnabled", "onPremisesSyncEnabled", "securityEnabled"}),
    single_only=frozenset(
        words(
            "allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients isArchived "
            "isFavorite isSubscribedByMail unseenConversationsCount unseenCount unseenMessagesCount"
        )
    ),
)
