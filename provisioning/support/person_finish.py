"""Whether one person can finish, from a phone at home: what `why` asks beside the policies, in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisioning.errors import ProductError
from provisioning.graph.accounts import FIELDS
from provisioning.graph.batch import collection, run_batch
from provisioning.graph.batch_items import BatchRequest, BatchResponse
from provisioning.graph.client import Graph
from provisioning.graph.directory_roles import says_no_pim_license
from provisioning.log import EventLog
from provisioning.model.finish import Finish
from provisioning.model.ledger import Person
from provisioning.model.tenant_objects import TenantObjects
from provisioning.tenant.forecast.can_finish import can_finish
from provisioning.tenant.forecast.candidates import of_person
from provisioning.tenant.forecast.forecast import about_account, subject_of, tenant_wide
from provisioning.tenant.forecast.kinds import Counting
from provisioning.tenant.forecast.people import groups_path, read_account_facts
from provisioning.tenant.forecast.person_facts import Place, Verdicts
from provisioning.tenant.forecast.rows import ForecastOptions
from provisioning.tenant.preflight.coverage import Directory
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.methods_policy import methods_switched_off, pass_policy, read_methods_policy
from provisioning.tenant.preflight.role_holders import ELIGIBLE, ROLES
from provisioning.tenant.preflight.role_holders import QUESTIONS as ROLE_QUESTIONS
from provisioning.tenant.preflight.what_if import WhatIf

log = EventLog(__name__)

ACCOUNT, GROUPS, METHODS, DEFAULTS = "account", "groups", "methods", "defaults"
ANY_ROLE = "any"


@dataclass(frozen=True)
class Answers:
    """What one round trip brought; None for what could not be read.

    Args:
        account: The user.
        groups: Ids of the groups that they are in, through any nesting, in lower case.
        holders: Ids of who holds a role or may activate one, groups included, in lower case.
        methods: The authentication methods policy.
        defaults: Security defaults.
    """

    account: Mapping[str, Any] | None = None
    groups: frozenset[str] | None = None
    holders: frozenset[str] | None = None
    methods: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] | None = None


async def ask_can_finish(
    graph: Graph,
    person: Person,
    *,
    objects: TenantObjects,
    at_application: WhatIf | None,
    at_registration: WhatIf | None,
) -> Finish | None:
    """Return whether a person can finish once they are invited; None where their account was not found.

    Args:
        graph: As the tenant identity.
        person: Their row of the ledger, with the methods as they were last looked at.
        objects: The ids of our objects.
        at_application, at_registration: What What-If answered; None where it did not.
    """
    try:
        found = await ask_all_about(graph, person.object_id)
    except ProductError as error:
        log.warning("finish_not_asked", object=person.object_id, reason=type(error).__name__)
        found = Answers()
    if found.account is None:
        return None
    account = read_account_facts(found.account)
    read = tenant_facts(found, objects, account.object_id)
    groups = found.groups or frozenset()
    counting = Counting(tuple(at_registration or at_application or ()), directory=read.directory)
    member = read.directory.group_id in groups
    subject = subject_of(account, member=member)
    options = ForecastOptions()
    # A method that nobody has looked at counts as none here: the answer says in its own words when that was looked at.
    candidate = replace(of_person(person), methods=frozenset(person.methods))
    facts = tenant_wide(read, candidate, options)
    facts = about_account(facts, read, account, groups=found.groups, joined=counting.joined)
    kind = counting.kind_of(subject, groups=groups, user_type=account.user_type)

    def verdicts(answer: WhatIf | None) -> Verdicts | None:
        return None if answer is None else counting.verdicts(answer, subject, kind, invited=not member)

    return can_finish(replace(facts, phone=Place(verdicts(at_application), verdicts(at_registration))))


async def ask_all_about(graph: Graph, object_id: str) -> Answers:
    """Ask everything at once.

    Raises:
        GraphError: Graph refuses another page.
        TransientError: Graph or the network is unwell.
    """
    items = [
        BatchRequest(ACCOUNT, "GET", f"/users/{object_id}?$select={','.join(FIELDS)}"),
        BatchRequest(GROUPS, "GET", groups_path(object_id)),
        BatchRequest(METHODS, "GET", "/policies/authenticationMethodsPolicy"),
        BatchRequest(DEFAULTS, "GET", "/policies/identitySecurityDefaultsEnforcementPolicy"),
        *ROLE_QUESTIONS,
    ]
    answers = await run_batch(graph, items)
    groups = await items_shown(graph, answers[GROUPS])
    roles, eligible = await items_shown(graph, answers[ROLES]), await items_shown(graph, answers[ELIGIBLE])
    if eligible is None and says_no_pim_license(answers[ELIGIBLE].error):
        eligible = []
    holders = None if roles is None else [*roles, *(eligible or ())]
    return Answers(
        account=answers[ACCOUNT].body if answers[ACCOUNT].ok else None,
        groups=None if groups is None else frozenset(str(item["id"]).casefold() for item in groups),
        holders=None if holders is None else frozenset(str(item["principalId"]).casefold() for item in holders),
        methods=answers[METHODS].body if answers[METHODS].ok else None,
        defaults=answers[DEFAULTS].body if answers[DEFAULTS].ok else None,
    )


async def items_shown(graph: Graph, answer: BatchResponse) -> Sequence[Mapping[str, Any]] | None:
    """Return the items of a collection; None where it is hidden."""
    return await collection(graph, answer) if answer.ok else None


def tenant_facts(found: Answers, objects: TenantObjects, object_id: str) -> TenantFacts:
    """Put together what is so of the tenant, as far as it is about one person."""
    roles = None
    if found.holders is not None and found.groups is not None:
        holds = not found.holders.isdisjoint({object_id, *found.groups})
        roles = {ANY_ROLE: frozenset({object_id} if holds else ())}
    own = objects.group_id.casefold() if objects.group_id is not None else None
    return TenantFacts(
        directory=Directory(group_id=own, roles=roles),
        passes=None if found.methods is None else pass_policy(found.methods),
        methods=None if found.methods is None else read_methods_policy(found.methods),
        methods_off=() if found.methods is None else methods_switched_off(found.methods),
        security_defaults=None if found.defaults is None else found.defaults.get("isEnabled") is True,
    )
