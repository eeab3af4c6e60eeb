"""What an admin can do about a pass that was refused. The page has words of its own, for the issuer."""

from collections.abc import Mapping

from provisioning.model.passes import PassRefusal

ROLE = "Authentication Administrator"
PERMISSION = "UserAuthMethod-TAP.ReadWrite.All"
POLICY_ROLE = "Authentication Policy Administrator"

REMEDIES: Mapping[PassRefusal, str] = {
    PassRefusal.NOT_GRANTED: f"Give the identity of the app passes the Entra role {ROLE} over the administrative unit "
    f"of newcomers, or the application permission {PERMISSION}; docs/passes.md tells them apart. The role "
    f"{POLICY_ROLE} is not enough (entra-docs#882).",
    PassRefusal.ROLE_INACTIVE: "Passes were made before, so the identity has lost its right. Make its assignment of "
    f"{ROLE} permanent, not eligible or time-limited (azure-docs#110166), or grant {PERMISSION}.",
    PassRefusal.OUT_OF_POLICY: f"An {POLICY_ROLE} has to enable Temporary Access Pass in the authentication methods "
    "policy for a group that the person is in, and take them off every excluded one.",
    PassRefusal.LIVE_PASS: "The issuer can ask to replace it, on the same page.",
    PassRefusal.OUTCOME_UNKNOWN: f"A pass that nobody knows may exist. An {ROLE} can delete it in the Entra admin "
    "center and make another; this product waits for a day.",
    PassRefusal.DAY_LIMIT: f"Wait for a day, or let an {ROLE} make one in the Entra admin center.",
    PassRefusal.HOUR_LIMIT: "Wait for the hour to pass. If so many newcomers begin at once, raise PASSES_PER_HOUR.",
    PassRefusal.ADMINISTRATOR: "A Privileged Authentication Administrator can make one by hand; this product never "
    "makes one for a person who holds a role or may activate one, or for an emergency account.",
    PassRefusal.EXTERNAL: "A guest registers in their own organization. If the person is to sign in here, create an "
    "internal account.",
    PassRefusal.ACCOUNT_DISABLED: "Enable the account.",
    PassRefusal.NOT_INVITED: "Only people that the product invited get a pass; python -m provisioning people show ID "
    "says where they stand.",
    PassRefusal.HAS_METHOD: "The person can sign in. If the method is not theirs, remove it first.",
    PassRefusal.NOT_MANAGER: "Set the person's manager in Entra and make a new claim, or let a helpdesk use one.",
}
OTHERWISE = "Make a new claim: python -m provisioning passes claim ID"


def pass_remedy(refusal: PassRefusal) -> str:
    """Return what helps."""
    return REMEDIES.get(refusal, OTHERWISE)
