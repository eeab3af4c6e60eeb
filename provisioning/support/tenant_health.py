"""What the last look at the tenant saw of its policies, for health."""

from datetime import datetime, timedelta

from provisioning.store.tenant_look import CampaignChange, SeenCampaign
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.support.check import Check

WATCH_REMEDY = (
    "The function watch of the tenant app checks once a day (WATCH_SCHEDULE, WATCH_STALE_HOURS). Find out in its log "
    "why it does not: the app may be stopped, or the timer disabled."
)
LOOK_REMEDY = "Fix that, and check again: python -m provisioning verify, or wait for the function watch."
CAMPAIGN_REMEDY = (
    "Find out in the Entra admin center (Protection, Authentication methods, Registration campaign) who changed it. "
    "Microsoft does if it manages the campaign; this product never writes it. If invited people are nudged to register "
    "a method other than the one in the invitation, tell them, or exclude the enrollment group from the campaign."
)


def changed_campaign(now: SeenCampaign, change: CampaignChange) -> str:
    """Say that the tenant's registration campaign is another than before."""
    since = f" on {change.since:%Y-%m-%d}" if change.since is not None else ""
    return (
        f"The tenant's registration campaign changed: it was {change.before.description}{since}, and is "
        f"{now.description}, as first seen on {change.at:%Y-%m-%d}."
    )


async def of_tenant(objects: TenantObjectStore, *, now: datetime, stale: timedelta) -> Check:
    """Report what the last look at the tenant's policies saw, and when that was."""
    kept = await objects.objects()
    if kept is None or kept.group_id is None:
        return Check("tenant", True, "The tenant has not been set up.")
    look = await objects.looks.last()
    if look is None:
        return Check("tenant", False, "The tenant's policies have not been checked yet.", WATCH_REMEDY)
    figures: dict[str, object] = {
        "at": look.at.isoformat(),
        "enrollmentPolicy": look.enrollment,
        "registrationPolicy": look.registration,
        "alarms": [alarm.code for alarm in look.alarms],
    }
    seen = (
        f"As of {look.at.isoformat()}, the enrollment policy is {look.enrollment}, and the registration policy is "
        f"{look.registration}."
    )
    if look.failure is not None:
        detail = (
            f"The check at {look.at.isoformat()} could not read anything, so nothing is known to be well: "
            f"{look.failure}"
        )
        return Check("tenant", False, detail, LOOK_REMEDY, figures)
    if look.alarms:
        remedy = " ".join(dict.fromkeys(alarm.remedy for alarm in look.alarms))
        return Check("tenant", False, " ".join([seen, *(alarm.text for alarm in look.alarms)]), remedy, figures)
    if now - look.at > stale:
        return Check("tenant", False, f"{seen} There has been no check since then.", WATCH_REMEDY, figures)
    if look.campaign_change is not None and look.campaign is not None:
        figures |= {"campaign": look.campaign.description, "campaignChangedAt": look.campaign_change.at.isoformat()}
        text = f"{seen} {changed_campaign(look.campaign, look.campaign_change)}"
        return Check("tenant", True, text, CAMPAIGN_REMEDY, figures)
    accepted = " Registration is unguarded, which the settings accept." if look.accepted else ""
    return Check("tenant", True, f"{seen}{accepted}", figures=figures)
