"""Notices that the tenant's own registration campaign is another than when it was last seen.

Microsoft changes a campaign that it manages by itself: after 2026-09-01 people with a phone number are asked for
passkeys (CyberDrain/CIPP#275; entra-docs, concept-sms-voice-retirement). It nudges the same people as an invitation
does, so an admin should hear of it. It is never written, and nobody is less safe for it: health stays as it is.
"""

from dataclasses import replace
from datetime import timedelta

from provisioning.store.tenant_look import CampaignChange, SeenCampaign, TenantLook
from provisioning.tenant.preflight.methods_policy import Campaign, MethodsPolicy

TOLD_FOR = timedelta(days=14)  # how long a change is shown
NONE = "none"  # the state of a campaign that the policy does not show


def seen_campaign(methods: MethodsPolicy | None) -> SeenCampaign | None:
    """Return the campaign as it is kept; None where the policy was not shown."""
    if methods is None:
        return None
    campaign = methods.campaign or Campaign(NONE)
    return SeenCampaign(campaign.state, campaign.methods)


def with_campaign(look: TenantLook, before: TenantLook | None, *, seen: SeenCampaign | None) -> TenantLook:
    """Return a look with the campaign as it was seen, and with what changed since it was seen before.

    Args:
        look: What was seen now.
        before: The look before, which kept what was seen then; it may have seen nothing.
        seen: The campaign now; None where it was not shown, and then what was seen before is kept.
    """
    known = before.campaign if before is not None else None
    change = before.campaign_change if before is not None else None
    if change is not None and look.at - change.at > TOLD_FOR:
        change = None
    if seen is not None and known is not None and seen != known:
        change = CampaignChange(known, look.at, since=before.campaign_at if before is not None else None)
    at = look.at if seen is not None else before.campaign_at if before is not None else None
    return replace(look, campaign=seen or known, campaign_change=change, campaign_at=at)
