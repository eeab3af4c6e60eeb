"""What an admin should know of who is let in and who is locked out, and what of it must stop a write."""

from collections.abc import Iterator

from provisioning.model.operation import MAY_ASK_PEOPLE
from provisioning.model.plan import Finding
from provisioning.tenant.preflight.guard_findings import passes, turned_away, unguarded
from provisioning.tenant.preflight.judgment import Judgment
from provisioning.tenant.preflight.wording import how_many, some


def exposure_findings(judgment: Judgment) -> Iterator[Finding]:
    """Tell everything that exposure says, each with a remedy."""
    yield from unguarded(judgment)
    yield from about_emergency_accounts_met(judgment)
    yield from passes(judgment)
    yield from turned_away(judgment)
    yield from about_administrators(judgment)
    yield from about_hidden_administrators(judgment)
    yield from excluded(judgment)
    yield from asked_everywhere(judgment)
    yield from unknown(judgment)


def about_emergency_accounts_met(judgment: Judgment) -> Iterator[Finding]:
    """Tell which emergency accounts a policy of ours meets: each may be the last way in."""
    accounts = judgment.after.emergency_caught or judgment.now.emergency_caught
    if accounts:
        later = "" if judgment.after.emergency_caught else " This operation fixes that."
        yield Finding(
            "emergency_account_caught",
            "blocking" if judgment.after.emergency_caught and judgment.mode in MAY_ASK_PEOPLE else "warning",
            "A policy of this product that is in force applies, or may apply, to the emergency account "
            f"{some(accounts)}.{later}",
            "Apply, which excludes the accounts of BREAK_GLASS_USER_IDS again; disable turns the policies back to "
            "report-only at once.",
            accounts,
        )


def about_administrators(judgment: Judgment) -> Iterator[Finding]:
    """Name the administrators who are asked: they have procedures of their own, and the group is no place for them."""
    found = judgment.after.administrators
    if found:
        yield Finding(
            "administrators_caught",
            "note" if judgment.desired.everybody else "warning",
            f"The enrollment policy asks {how_many(len(found), 'administrator')}, who hold a directory role or may "
            f"activate one: {some(found)}.",
            "Take them out of the enrollment group, unless that is intended."
            if not judgment.desired.everybody
            else "Make sure that they have a method, or exclude them from the policy in Entra.",
            found,
        )


def about_hidden_administrators(judgment: Judgment) -> Iterator[Finding]:
    """Yield the note that there may be more administrators among those asked than could be seen."""
    after = judgment.after
    if after.in_force and after.administrators is not None and not after.administrators_complete:
        yield Finding(
            "administrators_unknown",
            "note",
            "It could not be read in full who may activate a directory role or holds one through a group, so the "
            "policy may ask more administrators than are counted.",
            "Review the roles' active and eligible assignments in the Entra admin center. Microsoft Graph shows who is "
            "eligible only if the tenant has Microsoft Entra ID P2 or ID Governance.",
        )


def excluded(judgment: Judgment) -> Iterator[Finding]:
    """Name policies that leave out the group: anyone who can add a member to it can exempt an account from them."""
    if judgment.now.excluding:
        yield Finding(
            "group_excluded",
            "warning",
            "A policy in force excludes the enrollment group, directly or through a group that it is in: "
            f"{some(judgment.now.excluding)}. Members of the group are exempt from what that policy requires, and the "
            "identity that adds people to the group can exempt an account from it.",
            "Remove the group from the policy's exclusions. People who have no method yet are then guided through "
            "registration by whatever they open first.",
            judgment.now.excluding,
        )


def asked_everywhere(judgment: Judgment) -> Iterator[Finding]:
    """Tell that another policy asks everywhere, so that whatever people open first starts their registration."""
    policies = judgment.now.asking_everywhere
    if policies:
        yield Finding(
            "mfa_everywhere",
            "warning",
            "Another policy already asks our people for MFA at every application, so whatever they open first starts "
            f"their registration, not only our tile: {some(policies)}.",
            "Leave that policy as it is, and tell new hires to open the tile first.",
            policies,
        )


def unknown(judgment: Judgment) -> Iterator[Finding]:
    """Name what could not be read: it is unknown, and not well."""
    hidden = judgment.facts.unreadable
    if hidden:
        whats = "; ".join(dict.fromkeys(item.what for item in hidden))
        yield Finding(
            "exposure_unknown",
            "warning",
            f"Some things could not be read, so what depends on them is unknown: {whats}. {hidden[0].reason}",
            " ".join(dict.fromkeys(item.remedy for item in hidden)),
        )
