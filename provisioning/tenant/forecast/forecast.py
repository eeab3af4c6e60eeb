"""A forecast: for each of some people whether they can finish, from what is read once, without any write.

Tenant-wide facts are read once, people in batches, and What-If is asked once for each kind of person (`kinds`).
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from provisioning.model.finish import Finish
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.asking import Asker
from provisioning.tenant.forecast.can_finish import can_finish
from provisioning.tenant.forecast.kinds import Counting
from provisioning.tenant.forecast.people import AccountFacts, Candidate, read_accounts, read_groups_of
from provisioning.tenant.forecast.person_facts import PersonFacts
from provisioning.tenant.forecast.rows import Forecast, ForecastOptions, ForecastRow
from provisioning.tenant.preflight.coverage import Certainty, Directory, Subject, certainty
from provisioning.tenant.preflight.facts import TenantFacts

MethodReader = Callable[[Sequence[str]], Awaitable[Mapping[str, frozenset[str]]]]


async def make_forecast(
    context: OperationContext,
    read: TenantFacts,
    candidates: Sequence[Candidate],
    *,
    read_methods: MethodReader | None = None,
    options: ForecastOptions,
) -> Forecast:
    """Judge each of these people.

    Args:
        context: Who asks; its pace is kept.
        read: What is so of the whole tenant.
        candidates: Who. Several may be without an account.
        read_methods: Asks Graph what people have registered where the ledger does not know; None not to ask.
        options: How.

    Raises:
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    ids = list(dict.fromkeys(item.object_id for item in candidates if item.object_id is not None))
    accounts = await read_accounts(context.graph, ids)
    counting = await counting_policies(context, read, options)
    there = [object_id for object_id in ids if object_id in accounts]
    groups = await groups_of_people(context, read, there, named=counting.groups | method_groups(read))
    candidates = await with_methods(candidates, accounts, read_methods)
    asker = Asker(context, counting, options.most_kinds, options.managed)
    judged: dict[Hashable, Finish] = {}  # thousands of people share a few sets of facts
    rows = []
    for candidate in candidates:
        account = accounts.get(candidate.object_id or "")
        facts = tenant_wide(read, candidate, options)
        if account is not None:
            mine = groups[account.object_id]
            facts = about_account(facts, read, account, groups=mine, joined=counting.joined if options.invited else ())
            if worth_asking(facts) and mine is not None:
                facts = await with_places(facts, asker, account, groups=mine, read=read, options=options)
        key = facts.key
        finish = judged.get(key) or judged.setdefault(key, can_finish(facts))
        employee_id = candidate.employee_id or (account.employee_id if account else None)
        licensed = account.licensed if account else None
        rows.append(ForecastRow(replace(candidate, employee_id=employee_id), finish, facts.methods, licensed))
    kinds = len({kind for kind, _ in asker.answers})
    campaign = read.methods.campaign if read.methods is not None else None
    return Forecast(tuple(rows), kinds, asker.unjudged, asker.refused, campaign)


async def counting_policies(context: OperationContext, read: TenantFacts, options: ForecastOptions) -> Counting:
    """Return the policies that count."""
    coming = frozenset(context.objects.policy_ids) if options.coming else frozenset()
    return Counting(tuple(await context.policies()), coming, read.directory)


def method_groups(read: TenantFacts) -> frozenset[str]:
    """Return the groups that decide who may register what, and who may have a pass."""
    methods = read.methods.groups if read.methods is not None else frozenset()
    return methods | (read.passes.groups if read.passes is not None else frozenset())


async def groups_of_people(
    context: OperationContext, read: TenantFacts, object_ids: Sequence[str], *, named: frozenset[str]
) -> Mapping[str, frozenset[str] | None]:
    """Return each person's groups among those that decide; who is in the enrollment group was read already."""
    known = read.directory.groups
    found = await read_groups_of(context, object_ids, named - known.keys())
    return {
        object_id: None
        if groups is None
        else groups | {group_id for group_id, people in known.items() if object_id in people}
        for object_id, groups in found.items()
    }


async def with_methods(
    candidates: Sequence[Candidate], accounts: Mapping[str, AccountFacts], read_methods: MethodReader | None
) -> list[Candidate]:
    """Ask what enabled people have registered, where the ledger knows no method of theirs."""
    asked = [
        item.object_id for item in candidates if item.object_id in accounts and item.object_id and not item.methods
    ]
    found = await read_methods(asked) if read_methods is not None and asked else {}
    return [replace(item, methods=found.get(item.object_id or "", item.methods)) for item in candidates]


def tenant_wide(read: TenantFacts, candidate: Candidate, options: ForecastOptions) -> PersonFacts:
    """Return what does not depend on the account."""
    off = frozenset(read.methods_off)
    return PersonFacts(
        accounts=candidate.accounts if candidate.object_id is None else 0,
        methods=candidate.methods - off if candidate.methods is not None else None,
        open_methods=None if read.methods is None else {},
        pass_enabled=read.passes is None or read.passes.enabled,
        pass_once=read.passes is not None and read.passes.once,
        security_defaults=read.security_defaults is True,
        new_laptop=options.new_laptop,
    )


def about_account(
    facts: PersonFacts,
    read: TenantFacts,
    account: AccountFacts,
    *,
    groups: frozenset[str] | None,
    joined: Sequence[str] | frozenset[str],
) -> PersonFacts:
    """Add what the account and its groups say."""

    def is_in(group_id: str) -> Certainty:
        if group_id in joined or group_id == account.object_id:
            return Certainty.YES
        return Certainty.UNKNOWN if groups is None else certainty(group_id in groups)

    return replace(
        facts,
        accounts=1,
        enabled=account.enabled,
        external=account.external,
        administrator=is_administrator(read.directory, account.object_id),
        open_methods=None if read.methods is None else read.methods.open_to(is_in),
        passes=Certainty.UNKNOWN if read.passes is None else read.passes.is_for(is_in),
    )


def is_administrator(directory: Directory, object_id: str) -> bool | None:
    """Tell whether a person holds a role or may activate one; None where roles were not read, or not all of them.

    Who may activate one is not shown where the tenant has no license for that, and then nobody may.
    """
    holders = directory.administrators
    if holders is None:
        return None
    if object_id in holders:
        return True
    return False if directory.roles_complete else None


def worth_asking(facts: PersonFacts) -> bool:
    """Tell whether what the policies ask for can matter at all."""
    return facts.enabled is not False and facts.external is not True and facts.administrator is not True


async def with_places(
    facts: PersonFacts,
    asker: Asker,
    account: AccountFacts,
    *,
    groups: frozenset[str],
    read: TenantFacts,
    options: ForecastOptions,
) -> PersonFacts:
    """Add what the policies ask for."""
    member = read.directory.group_id in groups
    person = subject_of(account, member=member)
    kind = asker.counting.kind_of(person, groups=groups, user_type=account.user_type)
    phone, managed = await asker.places(person, kind, invited=options.invited and not member)
    return replace(facts, phone=phone, managed=managed)


def subject_of(account: AccountFacts, *, member: bool) -> Subject:
    """Return the account as a policy sees it; to a policy an internal guest is a guest, too."""
    guest = account.user_type == "Guest" or account.external
    return Subject(account.object_id, in_group=member, external=guest)
