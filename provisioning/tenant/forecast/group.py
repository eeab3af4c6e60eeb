"""The enrollment group on the day of enforcement: what the plan of an enable tells beside its head-count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from provisioning.graph.errors import GraphError
from provisioning.model.finish import Answer, count_answers
from provisioning.model.finish_reasons import EXPLANATIONS, Reason
from provisioning.model.plan import Finding, FinishCount, Plan
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.forecast import make_forecast
from provisioning.tenant.forecast.people import Candidate
from provisioning.tenant.forecast.rows import Forecast, ForecastOptions
from provisioning.tenant.preflight.answers import HIDDEN
from provisioning.tenant.preflight.facts import TenantFacts
from provisioning.tenant.preflight.wording import SHOWN, how_many

# Two questions each, one a second: a plan is waited for. The command `forecast` asks about all kinds.
MOST_KINDS = 10
# What exposure says of the same people, from policies alone.
REPLACED = frozenset({"people_turned_away", "people_need_a_pass"})
LOOK = "Review each person: python -m provisioning forecast --enforce --csv FILE."

Registered = Mapping[str, frozenset[str] | None]


async def with_forecast(
    plan: Plan, context: OperationContext, read: TenantFacts | None, *, registered: Registered | None
) -> Plan:
    """Add to the plan of an enable how many of the group finish by themselves, need a pass, or are turned away.

    Args:
        plan: As it is without.
        context: After the steps were planned.
        read: What the preflight read.
        registered: What the ledger knows that people have registered, by object id; None where nobody has looked.

    Raises:
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the network is unwell.
    """
    if plan.head_count is None or read is None or read.members is None or context.objects.app_id is None:
        return plan
    spared = {account.object_id for account in read.emergency}
    ids = [str(person.object_id) for person in read.members if person.object_id not in spared and not person.external]
    candidates = [Candidate(object_id, methods=(registered or {}).get(object_id)) for object_id in ids]
    options = ForecastOptions(coming=True, invited=False, managed=False, most_kinds=MOST_KINDS)
    try:
        found = await make_forecast(context, read, candidates, options=options)
    except GraphError as error:
        if error.status in HIDDEN:
            return plan
        raise
    findings = [finding for finding in plan.findings if finding.code not in REPLACED]
    heads = replace(plan.head_count, finish=finish_count(found))
    return replace(plan, findings=(*findings, *forecast_findings(found)), head_count=heads)


def finish_count(found: Forecast) -> FinishCount:
    """Count people by answer."""
    counts = count_answers(row.finish for row in found.rows)
    return FinishCount(counts[Answer.CAN], counts[Answer.WITH_A_PASS], counts[Answer.CANNOT], counts[Answer.UNKNOWN])


def forecast_findings(found: Forecast) -> Iterator[Finding]:
    """Tell who would be turned away and why, and of how many that is not known."""
    away = people_with(found, Answer.CANNOT)
    if away:
        counts = {reason: n for (answer, reason), n in found.counts().items() if answer is Answer.CANNOT}
        why = " ".join(
            f"{n}: {EXPLANATIONS[reason].text}" for reason, n in counts.items() if isinstance(reason, Reason)
        )
        yield Finding(
            "people_turned_away",
            "warning",
            f"{how_many(len(away))} in the enrollment group cannot finish once the policies are in force. {why}",
            LOOK,
            tuple(away[: SHOWN * 4]),
        )
    unknown = people_with(found, Answer.UNKNOWN)
    if unknown:
        yield Finding(
            "finish_unknown",
            "note",
            f"It is not known whether {how_many(len(unknown))} in the enrollment group can finish, because not "
            f"everything could be read: {', '.join(missing_facts(found))}.",
            LOOK,
            tuple(unknown[: SHOWN * 4]),
        )


def people_with(found: Forecast, answer: Answer) -> Sequence[str]:
    """Return the ids of the people with an answer."""
    return [str(row.candidate.object_id) for row in found.rows if row.finish.answer is answer]


def missing_facts(found: Forecast) -> list[str]:
    """Return what was not read, by name, each once."""
    return sorted({str(name) for row in found.rows for name in row.finish.missing})
