"""What is wrong with the emergency access accounts themselves, whatever the policies say."""

from collections.abc import Iterator, Mapping, Sequence

from provisioning.model.operation import MAY_ASK_PEOPLE, Mode
from provisioning.model.plan import Finding
from provisioning.tenant.preflight.exposure_facts import EmergencyAccount

NO_POLICY = (
    "Set a user account instead: a policy for people never applies to an application, so an application needs no "
    "exclusion."
)
# What an id is that stands where an account's belongs, and what to do.
MISTAKEN_IDS: Mapping[str, str] = {
    "group": "Set the group's accounts one by one: anyone who may change the group's members could exempt any account.",
    "principal": NO_POLICY,
    "client id": NO_POLICY,
    "application": NO_POLICY,
    "user": "Run the command again: the account has appeared since the last look.",
    "nothing": "Check BREAK_GLASS_USER_IDS for typing errors.",
}


def emergency(accounts: Sequence[EmergencyAccount], mode: Mode) -> Iterator[Finding]:
    """Tell what is wrong with the emergency accounts themselves (entra-docs, security-emergency-access)."""
    gone = tuple(account for account in accounts if account.exists is False)
    if gone:
        yield missing_accounts(
            gone, blocks=mode in MAY_ASK_PEOPLE and (len(gone) == len(accounts) or mode is Mode.ENABLE)
        )
    faults = {account.object_id: unfit(account) for account in accounts}
    faults = {object_id: reasons for object_id, reasons in faults.items() if reasons}
    if faults:
        described = "; ".join(f"{object_id} {' and '.join(reasons)}" for object_id, reasons in faults.items())
        yield Finding(
            "break_glass_unfit",
            "warning",
            f"An emergency account could not help in an emergency: {described}.",
            "Keep at least two accounts that exist in the cloud only, are enabled, and hold Global Administrator "
            "permanently; name them in BREAK_GLASS_USER_IDS.",
            tuple(faults),
        )
    if len(accounts) == 1:
        yield Finding(
            "break_glass_single",
            "note",
            "There is only one emergency account: if it is lost, everyone can be locked out of the tenant.",
            "Create a second one, and add it to BREAK_GLASS_USER_IDS.",
            (accounts[0].object_id,),
        )


def missing_accounts(gone: Sequence[EmergencyAccount], *, blocks: bool) -> Finding:
    """Return the finding that ids are no accounts', each with what it is instead, and what to set."""
    named = "; ".join(f"{account.object_id}, which {account.instead}" for account in gone)
    remedies = [MISTAKEN_IDS[kind] for kind in dict.fromkeys(account.instead_kind for account in gone)]
    return Finding(
        "break_glass_missing",
        "blocking" if blocks else "warning",
        f"BREAK_GLASS_USER_IDS names {named}, so there is no such account to exclude.",
        " ".join(dict.fromkeys([*remedies, "Set the object IDs of your emergency accounts, separated by commas."])),
        tuple(account.object_id for account in gone),
    )


def unfit(account: EmergencyAccount) -> list[str]:
    """Return what speaks against an account, as the ends of a sentence."""
    reasons: Mapping[str, bool] = {
        "is disabled": account.enabled is False,
        "is a guest": account.guest is True,
        "is synchronized from an on-premises directory": account.synchronized is True,
        "holds no directory role": account.has_role is False,
    }
    return [reason for reason, applies in reasons.items() if applies and account.exists]
