"""Permissions of policies, licenses, sign-in methods, reports and directory roles.

Source: as `permissions.py`. What-If and /directoryRoles have no rows there: either permission to read policies is taken
as enough for the one, and what reads role assignments for the other.
"""

from collections.abc import Mapping

from local.entra.limits.object_permissions import ROLES_READ
from local.entra.limits.permission_rule import (
    DENIED_METHODS,
    DENIED_POLICY,
    DENIED_REPORTS,
    DIRECTORY_READ,
    Rule,
    one_of,
)

POLICY_READ = one_of("Policy.Read.All")
POLICY_WRITE = (frozenset({"Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"}),)
WHAT_IF = one_of("Policy.Read.ConditionalAccess", "Policy.Read.All")
METHODS_READ = one_of("UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All")
PASS_WRITE = one_of("UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All")
PASS_READ = (*PASS_WRITE, *one_of("UserAuthMethod-TAP.Read.All", "UserAuthenticationMethod.Read.All"))
METHODS_POLICY_WRITE = one_of("Policy.ReadWrite.AuthenticationMethod")
METHODS_POLICY_READ = (*METHODS_POLICY_WRITE, *one_of("Policy.Read.AuthenticationMethod"))
STRENGTHS_READ = (*METHODS_POLICY_READ, *one_of("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"))
SECURITY_DEFAULTS_READ = one_of("Policy.Read.All")
SECURITY_DEFAULTS_WRITE = (frozenset({"Policy.Read.All", "Policy.ReadWrite.SecurityDefaults"}),)
REPORT_READ = one_of("AuditLog.Read.All")
ORGANIZATION_READ = one_of("Organization.Read.All", "User.Read.All", *DIRECTORY_READ)
LICENSES_READ = one_of("LicenseAssignment.Read.All", "Organization.Read.All", *DIRECTORY_READ)
ELIGIBILITY_READ = one_of(
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
)
GROUP_ELIGIBILITY_READ = one_of("PrivilegedEligibilitySchedule.Read.AzureADGroup")
CONDITIONAL_ACCESS = "/identity/conditionalAccess"
METHODS_POLICY = "/policies/authenticationMethodsPolicy"
METHOD_CONFIGURATION = f"{METHODS_POLICY}/authenticationMethodConfigurations/{{configuration}}"
REPORT = "/reports/authenticationMethods/userRegistrationDetails"
ROLE_BY_TEMPLATE = "/directoryRoles(roleTemplateId='{roleTemplateId}')"

STRENGTHS_WRITE = one_of("Policy.ReadWrite.ConditionalAccess", "Policy.ReadWrite.AuthenticationMethod")
STRENGTH_RULES: Mapping[str, Rule] = {
    f"{method} {path}{suffix}": Rule(STRENGTHS_READ if method == "GET" else STRENGTHS_WRITE, family=DENIED_POLICY)
    for path in ("/policies/authenticationStrengthPolicies", f"{CONDITIONAL_ACCESS}/authenticationStrength/policies")
    for method, suffix in (
        ("GET", ""),
        ("POST", ""),
        ("GET", "/{strength}"),
        ("PATCH", "/{strength}"),
        ("DELETE", "/{strength}"),
        ("POST", "/{strength}/updateAllowedCombinations"),
    )
}

POLICY_RULES: Mapping[str, Rule] = {
    "GET /users/{user}/authentication/methods": Rule(METHODS_READ, family=DENIED_METHODS),
    "GET /users/{user}/authentication/temporaryAccessPassMethods": Rule(PASS_READ, family=DENIED_METHODS),
    "POST /users/{user}/authentication/temporaryAccessPassMethods": Rule(PASS_WRITE, family=DENIED_METHODS),
    "GET /users/{user}/authentication/temporaryAccessPassMethods/{method}": Rule(PASS_READ, family=DENIED_METHODS),
    "DELETE /users/{user}/authentication/temporaryAccessPassMethods/{method}": Rule(PASS_WRITE, family=DENIED_METHODS),
    "GET /identity/conditionalAccess/policies": Rule(POLICY_READ, family=DENIED_POLICY),
    "POST /identity/conditionalAccess/policies": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "GET /identity/conditionalAccess/policies/{policy}": Rule(POLICY_READ, family=DENIED_POLICY),
    "PATCH /identity/conditionalAccess/policies/{policy}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "DELETE /identity/conditionalAccess/policies/{policy}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    "GET /policies/identitySecurityDefaultsEnforcementPolicy": Rule(SECURITY_DEFAULTS_READ, family=DENIED_POLICY),
    "GET /subscribedSkus": Rule(LICENSES_READ),
    "GET /organization": Rule(ORGANIZATION_READ),
    f"POST {CONDITIONAL_ACCESS}/evaluate": Rule(WHAT_IF, family=DENIED_POLICY),
    f"GET {CONDITIONAL_ACCESS}/namedLocations": Rule(POLICY_READ, family=DENIED_POLICY),
    f"POST {CONDITIONAL_ACCESS}/namedLocations": Rule(POLICY_WRITE, family=DENIED_POLICY),
    f"GET {CONDITIONAL_ACCESS}/namedLocations/{{location}}": Rule(POLICY_READ, family=DENIED_POLICY),
    f"PATCH {CONDITIONAL_ACCESS}/namedLocations/{{location}}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    f"DELETE {CONDITIONAL_ACCESS}/namedLocations/{{location}}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    f"GET {CONDITIONAL_ACCESS}/deletedItems/policies": Rule(POLICY_READ, family=DENIED_POLICY),
    f"GET {CONDITIONAL_ACCESS}/deletedItems/policies/{{policy}}": Rule(POLICY_READ, family=DENIED_POLICY),
    f"DELETE {CONDITIONAL_ACCESS}/deletedItems/policies/{{policy}}": Rule(POLICY_WRITE, family=DENIED_POLICY),
    f"POST {CONDITIONAL_ACCESS}/deletedItems/policies/{{policy}}/restore": Rule(POLICY_WRITE, family=DENIED_POLICY),
    **STRENGTH_RULES,
    "PATCH /policies/identitySecurityDefaultsEnforcementPolicy": Rule(SECURITY_DEFAULTS_WRITE, family=DENIED_POLICY),
    f"GET {METHODS_POLICY}": Rule((*METHODS_POLICY_READ, *POLICY_READ), family=DENIED_METHODS),
    f"PATCH {METHODS_POLICY}": Rule(METHODS_POLICY_WRITE, family=DENIED_METHODS),
    f"GET {METHOD_CONFIGURATION}": Rule(METHODS_POLICY_READ, family=DENIED_METHODS),
    f"PATCH {METHOD_CONFIGURATION}": Rule(METHODS_POLICY_WRITE, family=DENIED_METHODS),
    f"GET {REPORT}": Rule(REPORT_READ, family=DENIED_REPORTS),
    f"GET {REPORT}/{{details}}": Rule(REPORT_READ, family=DENIED_REPORTS),
    "GET /users/{user}/authentication/methods/{method}": Rule(METHODS_READ, family=DENIED_METHODS),
    "GET /roleManagement/directory/roleEligibilityScheduleInstances": Rule(ELIGIBILITY_READ),
    "GET /roleManagement/directory/roleEligibilityScheduleInstances/{instance}": Rule(ELIGIBILITY_READ),
    "GET /identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": Rule(GROUP_ELIGIBILITY_READ),
    "GET /directoryRoles": Rule(ROLES_READ),
    "GET /directoryRoles/{role}": Rule(ROLES_READ),
    "GET /directoryRoles/{role}/members": Rule(ROLES_READ),
    f"GET {ROLE_BY_TEMPLATE}": Rule(ROLES_READ),
    f"GET {ROLE_BY_TEMPLATE}/members": Rule(ROLES_READ),
    "GET /subscribedSkus/{sku}": Rule(LICENSES_READ),
    "GET /organization/{organization}": Rule(ORGANIZATION_READ),
}
