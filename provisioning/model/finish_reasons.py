"""Why a person can or cannot finish the registration: the reasons, what could not be read, and who acts next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who can take the next step."""

    HR = "hr"
    IDENTITY_ADMIN = "identity_admin"
    PERSON = "person"
    PRODUCT = "product"
    NOBODY = "nobody"


class Reason(StrEnum):
    """Why: what lets a person in, or what stands in their way."""

    HAS_METHOD = "has_method"
    PASSWORD_IS_ENOUGH = "password_is_enough"
    ADDS_METHOD = "adds_method"
    REGISTRATION_GUARDED = "registration_guarded"
    ONLY_PASSKEYS_OPEN = "only_passkeys_open"
    TWO_PASSES = "two_passes"
    NO_ACCOUNT = "no_account"
    SEVERAL_ACCOUNTS = "several_accounts"
    ACCOUNT_DISABLED = "account_disabled"
    EXTERNAL_PERSON = "external_person"
    HOLDS_A_ROLE = "holds_a_role"
    NO_METHOD_OPEN = "no_method_open"
    PASS_OFF = "pass_off"
    PASS_NOT_FOR_THEM = "pass_not_for_them"
    PASS_ASKED_FOR_TWICE = "pass_asked_for_twice"
    REGISTRATION_BLOCKED = "registration_blocked"
    APPLICATION_BLOCKED = "application_blocked"
    STRENGTH_REFUSES_PASS = "strength_refuses_pass"
    STRENGTH_NEEDS_OTHER_METHOD = "strength_needs_other_method"
    MANAGED_DEVICE_ONLY = "managed_device_only"
    OTHER_CONTROL = "other_control"


class Missing(StrEnum):
    """A fact that could not be read and that the answer depends on."""

    ACCOUNT = "account"
    ROLES = "roles"
    METHODS = "methods"
    OPEN_METHODS = "open_methods"
    PASSES = "passes"
    AT_APPLICATION = "at_application"
    AT_REGISTRATION = "at_registration"


@dataclass(frozen=True)
class Explanation:
    """A reason in words.

    Attributes:
        text: What is so, as a sentence about "they".
        who: Who can take the next step.
        remedy: The next step, as a sentence.
    """

    text: str
    who: Who
    remedy: str


METHODS_POLICY = "Entra admin center, Authentication methods, Policies"
EXPLANATIONS: Mapping[Reason, Explanation] = {
    Reason.HAS_METHOD: Explanation("They have registered a second factor.", Who.NOBODY, "Nothing is left to do."),
    Reason.PASSWORD_IS_ENOUGH: Explanation(
        "They can register a second factor with only their password, and so could anyone who has stolen it.",
        Who.PERSON,
        "Open the page, sign in and register.",
    ),
    Reason.ADDS_METHOD: Explanation(
        "A policy in force accepts none of the methods that they have, but these methods let them add one that it "
        "accepts.",
        Who.PERSON,
        "Open the page, sign in and register a passkey or the Authenticator.",
    ),
    Reason.REGISTRATION_GUARDED: Explanation(
        "Registration requires more than a password, and they have nothing else yet.",
        Who.IDENTITY_ADMIN,
        "Give them a Temporary Access Pass on or before the first day, preferably one that may be used more than once.",
    ),
    Reason.ONLY_PASSKEYS_OPEN: Explanation(
        "Only passkeys are open to them, and adding one requires MFA within the last five minutes.",
        Who.IDENTITY_ADMIN,
        "Give them a Temporary Access Pass, or open another method, such as the Authenticator.",
    ),
    Reason.TWO_PASSES: Explanation(
        "The policy makes every Temporary Access Pass one-time, and setting up a new laptop uses it up.",
        Who.IDENTITY_ADMIN,
        "Allow passes that may be used more than once, or give them a second pass after the set-up.",
    ),
    Reason.NO_ACCOUNT: Explanation(
        "No account of theirs was found.",
        Who.IDENTITY_ADMIN,
        "Create the account with exactly this employee ID, unless it is on its way; if the ID comes from a file, check "
        "the line.",
    ),
    Reason.SEVERAL_ACCOUNTS: Explanation(
        "Several accounts have this employee ID.",
        Who.IDENTITY_ADMIN,
        "Leave the employee ID on one of the accounts.",
    ),
    Reason.ACCOUNT_DISABLED: Explanation(
        "The account is disabled.", Who.IDENTITY_ADMIN, "Enable it in time for the first sign-in."
    ),
    Reason.EXTERNAL_PERSON: Explanation(
        "They belong to another organization, where they sign in and have their methods; such an account cannot have a "
        "Temporary Access Pass.",
        Who.IDENTITY_ADMIN,
        "Create an internal account if they are to sign in here.",
    ),
    Reason.HOLDS_A_ROLE: Explanation(
        "They hold a directory role or may activate one, and this product invites no administrators.",
        Who.IDENTITY_ADMIN,
        "Have them register under the procedure for administrators.",
    ),
    Reason.NO_METHOD_OPEN: Explanation(
        "The authentication methods policy allows them no method that people can register by themselves.",
        Who.IDENTITY_ADMIN,
        f"Allow them one, such as passkeys or the Authenticator: {METHODS_POLICY}.",
    ),
    Reason.PASS_OFF: Explanation(
        "They need a Temporary Access Pass, but the tenant has passes turned off.",
        Who.IDENTITY_ADMIN,
        f"Turn on Temporary Access Pass for the enrollment group: {METHODS_POLICY}.",
    ),
    Reason.PASS_NOT_FOR_THEM: Explanation(
        "They need a Temporary Access Pass, but the policy includes none of their groups or excludes one of them.",
        Who.IDENTITY_ADMIN,
        f"Include the enrollment group, and exclude no group that they are in: {METHODS_POLICY}.",
    ),
    Reason.PASS_ASKED_FOR_TWICE: Explanation(
        "Registration requires a new sign-in every time, and a one-time pass is used up by the sign-in before it.",
        Who.IDENTITY_ADMIN,
        "Allow passes that may be used more than once, or remove the sign-in frequency from that policy.",
    ),
    Reason.REGISTRATION_BLOCKED: Explanation(
        "A policy in force blocks them from registering a method.",
        Who.IDENTITY_ADMIN,
        "Change the policy, or exclude them from it until they have registered.",
    ),
    Reason.APPLICATION_BLOCKED: Explanation(
        "A policy in force blocks their sign-in at our application.",
        Who.IDENTITY_ADMIN,
        "Change the policy, or exclude our application from it.",
    ),
    Reason.STRENGTH_REFUSES_PASS: Explanation(
        "A policy in force requires an authentication strength that does not accept a Temporary Access Pass.",
        Who.IDENTITY_ADMIN,
        "Exclude them from it until they have registered, or have it require a strength that accepts a pass.",
    ),
    Reason.STRENGTH_NEEDS_OTHER_METHOD: Explanation(
        "A policy in force requires an authentication strength that none of their methods meets.",
        Who.IDENTITY_ADMIN,
        f"Allow them a method that the strength lists: {METHODS_POLICY}.",
    ),
    Reason.MANAGED_DEVICE_ONLY: Explanation(
        "A policy in force lets them in only from a compliant or joined device, which a phone at home is not.",
        Who.IDENTITY_ADMIN,
        "Exclude them from that policy until they have registered, or have them register on the managed device.",
    ),
    Reason.OTHER_CONTROL: Explanation(
        "A policy in force requires something that a newcomer does not have.",
        Who.IDENTITY_ADMIN,
        "Exclude them from that policy until they have registered.",
    ),
}
MISSING_WORDS: Mapping[Missing, str] = {
    Missing.ACCOUNT: "the account",
    Missing.ROLES: "who holds a directory role",
    Missing.METHODS: "their registered methods",
    Missing.OPEN_METHODS: "which methods are open to them",
    Missing.PASSES: "whether they may have a Temporary Access Pass",
    Missing.AT_APPLICATION: "what the policies ask for at our application",
    Missing.AT_REGISTRATION: "what the policies ask for at the registration of a method",
}
