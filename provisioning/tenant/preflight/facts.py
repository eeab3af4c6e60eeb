"""Read from the tenant, once a run, what exposure and the prerequisites are judged by.

One `$batch` beside the list of policies; a second one where policies name groups, or groups hold roles. What Graph does
not let this identity see is kept as that, and never taken for "all well".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from provisioning.graph.accounts import IDS_PER_FILTER
from provisioning.graph.batch_items import BatchRequest
from provisioning.graph.odata import literal
from provisioning.graph.requests import EVENTUAL
from provisioning.tenant.context import OperationContext
from provisioning.tenant.preflight.answers import PAGE, BatchAnswers, Unreadable, ask_together, users_of
from provisioning.tenant.preflight.coverage import Directory, Subject
from provisioning.tenant.preflight.emergency_facts import (
    EMERGENCY_FIELDS,
    accounts_path,
    emergency_accounts,
    emergency_parts,
    wanted_accounts,
    with_role,
)
from provisioning.tenant.preflight.exposure_facts import EmergencyAccount
from provisioning.tenant.preflight.methods_policy import (
    MethodsPolicy,
    PassPolicy,
    methods_switched_off,
    pass_policy,
    read_methods_policy,
)
from provisioning.tenant.preflight.role_holders import QUESTIONS as ROLE_QUESTIONS
from provisioning.tenant.preflight.role_holders import role_holders

MEMBER_FIELDS = "id,userType,externalUserState,userPrincipalName"
# People of other organizations can be members: cross-tenant synchronization makes them so, as "Invitation".
OWN_PEOPLE = "accountEnabled eq true and userType eq 'Member' and creationType ne 'Invitation'"


@dataclass(frozen=True)
class TenantFacts:
    """What was read. Ids in lower case; None is what could not be read, and `unreadable` says why.

    Args:
        directory: The enrollment group's place, and who is in the other groups and holds the roles.
        members: The people in the enrollment group.
        emergency: The emergency accounts, in the order of the setting.
        passes: Who may be given a Temporary Access Pass.
        methods: Which methods are open to which people.
        methods_off: Kinds of second factor that nobody may use.
        group_restricted: Whether the group is in a restricted management administrative unit.
        member_accounts: How many enabled member accounts of its own people the tenant has; only asked where the policy
            is for all.
        subscriptions: The tenant's, as Graph gives them.
        security_defaults: Whether they are on.
        strengths: The authentication strengths; only asked where the settings name one.
        principals: The service principals among the ids that were asked for.
        people_roles: Ids of the application roles that the people identity holds, on whatever API.
        unreadable: What could not be read.
    """

    directory: Directory = field(default_factory=Directory)
    members: tuple[Subject, ...] | None = ()
    emergency: tuple[EmergencyAccount, ...] = ()
    passes: PassPolicy | None = None
    methods: MethodsPolicy | None = None
    methods_off: tuple[str, ...] = ()
    group_restricted: bool = False
    member_accounts: int | None = None
    subscriptions: tuple[Mapping[str, Any], ...] | None = None
    security_defaults: bool | None = None
    strengths: tuple[dict[str, Any], ...] | None = None
    principals: tuple[Mapping[str, Any], ...] | None = ()
    people_roles: frozenset[str] | None = frozenset()
    unreadable: tuple[Unreadable, ...] = ()


async def read_facts(context: OperationContext, *, principal_ids: Sequence[str] = ()) -> TenantFacts:
    """Read what does not depend on policies.

    Args:
        context: Its group is the one that is read; its settings name the emergency accounts.
        principal_ids: Ids that settings name, of which it is asked which are service principals'.

    Raises:
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    principals = principal_questions(principal_ids)
    answers = await ask_together(context, [*first_questions(context), *principals])
    group_id = context.objects.group_id
    members = await answers.values("members", "the members of the enrollment group") if group_id else []
    parents = await answers.values("parents", "the groups that the enrollment group is in") if group_id else []
    methods = answers.body("methods", "the authentication methods policy")
    defaults = answers.body("defaults", "security defaults")
    skus = await answers.values("skus", "the subscriptions")
    emergency = await emergency_accounts(context, answers)
    directory = await role_holders(context, answers, spared=wanted_accounts(context))
    held = await answers.values("people_roles", "the permissions of the people identity")
    counted = answers.body("everybody", "the number of member accounts") if "everybody" in answers.items else None
    strengths = await answers.values("strengths", "the strengths") if "strengths" in answers.items else None
    return TenantFacts(
        directory=replace(
            directory,
            group_id=our_group(context),
            parents=None if parents is None else frozenset(str(item["id"]).casefold() for item in parents),
            groups={} if members is None else {our_group(context): frozenset(str(m["id"]).casefold() for m in members)},
        ),
        members=None if members is None else tuple(map(read_member, members)),
        emergency=tuple(with_role(account, directory) for account in emergency),
        passes=None if methods is None else pass_policy(methods),
        methods=None if methods is None else read_methods_policy(methods),
        methods_off=() if methods is None else methods_switched_off(methods),
        group_restricted=is_restricted(answers),
        member_accounts=None if counted is None else int(counted["@odata.count"]),
        subscriptions=None if skus is None else tuple(skus),
        security_defaults=None if defaults is None else defaults.get("isEnabled") is True,
        strengths=None if strengths is None else tuple(strengths),
        principals=await configured_principals(answers, principals),
        people_roles=None if held is None else frozenset(str(item["appRoleId"]).casefold() for item in held),
        unreadable=tuple(answers.unreadable),
    )


def is_restricted(answers: BatchAnswers) -> bool:
    """Tell whether the enrollment group is there and is seen to be in a restricted management administrative unit."""
    answer = answers.found.get("restriction")
    return answer is not None and answer.ok and answer.body.get("isManagementRestricted") is True


async def configured_principals(
    answers: BatchAnswers, questions: Sequence[BatchRequest]
) -> tuple[Mapping[str, Any], ...] | None:
    """Return the service principals among the ids of settings; None where they are hidden."""
    found: list[Mapping[str, Any]] = []
    for question in questions:
        items = await answers.values(question.id, "the identities that settings name")
        if items is None:
            return None
        found += items
    return tuple(found)


def our_group(context: OperationContext) -> str:
    """Return how policies name the enrollment group; one that is not made yet has the name that a plan gives it."""
    return (context.objects.group_id or "(of the new group)").casefold()


def first_questions(context: OperationContext) -> list[BatchRequest]:
    """Return what is asked in one round trip."""
    asked = {
        "skus": "/subscribedSkus",
        "defaults": "/policies/identitySecurityDefaultsEnforcementPolicy",
        "methods": "/policies/authenticationMethodsPolicy",
        "people_roles": f"/servicePrincipals/{context.desired.people_principal_id}/appRoleAssignments",
    }
    for name, ids in enumerate(emergency_parts(context)):
        asked[f"emergency{name}"] = accounts_path(ids, fields=EMERGENCY_FIELDS)
    if context.objects.group_id is not None:
        asked["parents"] = f"/groups/{context.objects.group_id}/transitiveMemberOf?$select=id&$top={PAGE}"
        # Shown only where it is asked for (group resource type, isManagementRestricted).
        asked["restriction"] = f"/groups/{context.objects.group_id}?$select=id,isManagementRestricted"
    if context.desired.strength is not None:
        asked["strengths"] = "/policies/authenticationStrengthPolicies"
    questions = [*ROLE_QUESTIONS, *(BatchRequest(name, "GET", path) for name, path in asked.items())]
    if context.objects.group_id is not None:
        questions.append(users_of("members", context.objects.group_id, fields=MEMBER_FIELDS))
    if context.desired.everybody:
        path = f"/users?$filter={quote(OWN_PEOPLE)}&$select=id&$top=1&$count=true"
        questions.append(BatchRequest("everybody", "GET", path, headers=EVENTUAL))
    return questions


def principal_questions(ids: Sequence[str]) -> list[BatchRequest]:
    """Return the questions which of these ids are service principals', as many in each as a filter takes."""
    questions = []
    for start in range(0, len(ids), IDS_PER_FILTER):
        condition = quote(f"id in ({', '.join(map(literal, ids[start : start + IDS_PER_FILTER]))})")
        path = f"/servicePrincipals?$filter={condition}&$select=id,appId,servicePrincipalType"
        questions.append(BatchRequest(f"principals{start}", "GET", path))
    return questions


def read_member(item: Mapping[str, Any]) -> Subject:
    """Parse a member of the enrollment group. Where the kind of account is hidden, the sign of a guest decides."""
    return Subject(str(item["id"]).casefold(), in_group=True, external=is_external(item) or False)


def is_external(item: Mapping[str, Any]) -> bool | None:
    """Tell whether an account is a guest or was invited from another tenant; None where nothing shown tells."""
    if item.get("userType") is None and item.get("userPrincipalName") is None:
        return None
    invited = item.get("externalUserState") is not None or "#ext#" in str(item.get("userPrincipalName")).casefold()
    return item.get("userType") == "Guest" or invited
