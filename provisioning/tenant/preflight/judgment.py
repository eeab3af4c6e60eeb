"""What a plan is judged by.

The code of a finding stands for one condition. `ALARMS` are the codes of those that leave people in danger now, and
they make health unhealthy.
"""

from dataclasses import dataclass

from provisioning.model.operation import Mode
from provisioning.model.plan import Level
from provisioning.tenant.desired import Desired
from provisioning.tenant.preflight.exposure import Exposure
from provisioning.tenant.preflight.facts import TenantFacts

ALARMS = frozenset(
    {
        "registration_unguarded",
        "emergency_account_caught",
        "group_excluded",
        "policy_deleted",
        "policy_disabled",
        "policy_narrowed",
        "tap_off",
        "tap_not_for_group",
        "guard_refuses_tap",
        "break_glass_missing",
        "break_glass_unfit",
    }
)


@dataclass(frozen=True)
class Judgment:
    """What a plan is judged by.

    Args:
        desired: The settings.
        facts: What was read.
        now: Exposure as the tenant is.
        after: Exposure once the plan is carried out; the same as `now` where nothing is planned.
        mode: What is planned.
        into_force: Whether the plan turns a policy of ours on, or changes one in force.
    """

    desired: Desired
    facts: TenantFacts
    now: Exposure
    after: Exposure
    mode: Mode
    into_force: bool = False

    @property
    def strict(self) -> Level:
        """Return how a danger counts that this plan would bring about: it stops what comes into force."""
        return "blocking" if self.into_force else "warning"

    @property
    def accepted(self) -> bool:
        """Return whether an admin accepted that nothing guards registration; not where settings ask for a guard."""
        return self.desired.unprotected_registration and self.desired.registration_policy == "off"
