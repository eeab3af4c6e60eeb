"""A look at the tenant that writes nothing there: is what protects people in force, and is anything changed by hand?

By a timer once a day, and after each operation; the result is kept where health reads it. Where there is a board, the
timer makes a forecast for it, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from provisioning.errors import NotReady, ProductError
from provisioning.graph.errors import PermissionDenied
from provisioning.log import EventLog
from provisioning.model.operation import Mode
from provisioning.model.plan import Finding
from provisioning.services import Services
from provisioning.store.poison import note_queues
from provisioning.store.tenant_look import Alarm, TenantLook, TenantLooks
from provisioning.tenant.campaign_watch import seen_campaign, with_campaign
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.kept import forecast_for_board
from provisioning.tenant.looking import looking_context
from provisioning.tenant.planner import AS_IT_SHOULD_BE, plan_steps
from provisioning.tenant.preflight.checks import Preflight, current_facts, preflight
from provisioning.tenant.preflight.exposure import exposure
from provisioning.tenant.preflight.exposure_findings import exposure_findings
from provisioning.tenant.preflight.judgment import ALARMS, Judgment
from provisioning.tenant.preflight.own_policy_findings import about_our_policies
from provisioning.tenant.preflight.what_if import confirm
from provisioning.tenant.resources.policies import policy_resources_of

log = EventLog(__name__)

SHOWN = 10  # alarms; a row of a table is small


async def on_watch(*, services: Services) -> None:
    """Look once, and keep what was seen or why nothing was.

    Raises:
        TransientError: The storage account cannot be reached.
        ConfigurationError: TENANT_ID or the storage account's settings are missing.
    """
    await note_queues(services.storage, ("tenant",))
    state = services.tenant_objects
    objects = await state.objects()
    if objects is None or objects.group_id is None:
        log.info("watch", set_up=False)
        return
    try:
        look = await look_closely(await looking_context(services, objects))
    except ProductError as error:
        log.warning("watch_failed", reason=type(error).__name__)
        look = TenantLook(services.now(), failure=str(error))
    look = await keep_look(look, state.looks)
    codes = [alarm.code for alarm in look.alarms]
    log.info("watch", set_up=True, alarms=codes, failed=look.failure is not None)
    await forecast_for_board(services)


async def keep_look(look: TenantLook, looks: TenantLooks) -> TenantLook:
    """Keep what was seen, with what is another than in the look before; returns it as it was kept."""
    before = await looks.last()
    look = with_campaign(look, before, seen=look.campaign)
    change = look.campaign_change
    if change is not None and change.at == look.at:
        state = look.campaign.state if look.campaign is not None else None
        log.warning("campaign_changed", before=change.before.state, state=state)
    await looks.save(look)
    return look


async def look_closely(context: OperationContext) -> TenantLook:
    """Look at exposure, ask What-If, and compare every object with what it should be.

    Raises:
        GraphError: Graph refuses to show something.
        TransientError: Graph or the network is unwell.
    """
    found = await preflight(context, Mode.APPLY, writes=False)
    if found.facts is None:
        return await look_at_exposure(context, found)
    try:
        planning = await plan_steps(context, Mode.APPLY)
    except PermissionDenied as error:  # exposure is seen all the same
        look = await look_at_exposure(context, found)
        return replace(look, alarms=(*look.alarms, not_compared(error)))
    look = await look_at_exposure(context, replace(found, findings=(*found.findings, *planning.findings)))
    drift = [step.name for step in planning.steps if step.action not in AS_IT_SHOULD_BE]
    return replace(look, alarms=(*look.alarms, *changed(drift))) if drift else look


async def look_at_exposure(context: OperationContext, found: Preflight, *, closely: bool = True) -> TenantLook:
    """Look at who is let in and locked out now.

    Args:
        context: Whose policies.
        found: By the preflight, and by whatever was looked at since.
        closely: Whether to ask What-If, too.

    Raises:
        GraphError: Graph refuses to show something.
        TransientError: Graph or the network is unwell.
    """
    if found.facts is None:
        return TenantLook(context.now(), failure=" ".join(finding.text for finding in found.findings))
    facts, read = await current_facts(context, found.facts)
    exposed, more = exposure(facts), tuple[Finding, ...]()
    if closely:
        exposed, more = await confirm(context, facts, exposed)
    judgment = Judgment(context.desired, read, exposed, exposed, Mode.VERIFY)
    about_ours = about_our_policies(context, facts.policies)
    everything = (*found.findings, *exposure_findings(judgment), *more, *about_ours)
    return TenantLook(
        context.now(),
        enrollment=str(exposed.enrollment),
        registration=str(exposed.registration),
        alarms=tuple(alarms_among(everything, accepted=judgment.accepted))[:SHOWN],
        accepted=judgment.accepted and bool(exposed.between),
        methods_off=found.facts.methods_off,
        campaign=seen_campaign(found.facts.methods),
    )


def alarms_among(findings: Iterable[Finding], *, accepted: bool) -> Iterable[Alarm]:
    """Yield what is no mere advice, each code once."""
    told = {"registration_unguarded"} if accepted else set()
    for finding in findings:
        if finding.code not in told and (finding.level == "blocking" or finding.code in ALARMS):
            told.add(finding.code)
            yield Alarm(finding.code, finding.text, finding.remedy)


def changed(names: Sequence[str]) -> tuple[Alarm, ...]:
    """Return the alarm about what an apply would put right."""
    text = f"The following differ from what the settings ask for: {', '.join(names)}."
    return (Alarm("drift", text, "Review the plan, and apply: python -m provisioning plan."),)


def not_compared(error: PermissionDenied) -> Alarm:
    """Return the alarm that the objects were not compared with what they should be."""
    text = (
        f"It is not known whether anything was changed by hand: Microsoft Graph answered {error.status} {error.code} "
        "to "
    )
    text += f"{error.request}."
    return Alarm("drift_unknown", text, "Grant the permissions that docs/permissions.md lists for reading.")


async def look_after(context: OperationContext) -> None:
    """Keep how things stand after an operation. That it cannot be seen is no fault of the operation."""
    try:
        found = await preflight(context, Mode.APPLY, writes=False)
        if found.facts is not None:
            found = replace(found, findings=(*found.findings, *await policy_faults(context)))
        await keep_look(await look_at_exposure(context, found, closely=False), context.environment.store.looks)
    except ProductError as error:
        log.warning("look_after_failed", reason=type(error).__name__)


async def policy_faults(context: OperationContext) -> tuple[Finding, ...]:
    """Tell what is wrong with our policies by themselves: deleted, or doubled. One too young to be read is no fault."""
    found: list[Finding] = []
    for kind in policy_resources_of(context.desired):
        try:
            found += (await kind.read(context)).findings
        except NotReady:
            continue
    return tuple(found)
