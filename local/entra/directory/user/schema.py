"""The properties of a person, and what may be asked of them.

Sources: see `protocol/schema.py`; the table `filter-directory-objects` of the Graph documentation.
"""

import struct
import uuid
from collections.abc import Mapping
from typing import Any

from local.entra.protocol.schema import ANY, EQUALITY, NOTHING, PLAIN_TEXT, Filterable, Schema
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
            for name in words(
                "assignedLicenses assignedPlans businessPhones identities imAddresses otherMails proxyAddresses"
            )
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
    computed=IDENTIFIED,
    single_only=frozenset(
        words(
            "aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName "
            "responsibilities schools skills"
        )
    ),
)
