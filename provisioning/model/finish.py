"""Whether a person can finish the registration of a second factor: the answer, its reasons, and who can change it.

What the answer is made of is the tenant's (`provisioning/tenant/forecast/can_finish.py`). Pure data and words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provisioning.model.finish_reasons import EXPLANATIONS, MISSING_WORDS, Missing, Reason, Who


class Answer(StrEnum):
    """Whether a person can finish."""

    CAN = "can"
    WITH_A_PASS = "with_a_pass"
    CANNOT = "cannot"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finish:
    """Whether a person can finish, off the company's network and on a device that nobody manages.

    Args:
        answer: Unknown where the facts that are missing would decide.
        reasons: Of the answer; none where it is unknown.
        policy_ids: The policies that stand in their way.
        missing: What was not read and would decide, where the answer is unknown.
        at_worst: The answer if what is missing is bad; the same as `answer` where nothing is.
        on_managed_device: The answer on a compliant, joined PC; None where the policies were not asked for.
        phone_only: Whether a phone number is the only method open to them, which Microsoft ends.
    """

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    policy_ids: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    at_worst: Answer = Answer.UNKNOWN
    on_managed_device: Answer | None = None
    phone_only: bool = False

    @property
    def who(self) -> Who:
        """Return who can take the next step."""
        return EXPLANATIONS[self.reasons[0]].who if self.reasons else Who.IDENTITY_ADMIN

    @property
    def why(self) -> str:
        """Return why the answer is what it is, as sentences."""
        if self.answer is Answer.UNKNOWN:
            unread = " and ".join(MISSING_WORDS[item] for item in self.missing)
            return f"It is not known whether they can finish, because this could not be read: {unread}."
        return " ".join(EXPLANATIONS[reason].text for reason in self.reasons)

    @property
    def remedy(self) -> str:
        """Return what to do, as sentences."""
        if self.answer is Answer.UNKNOWN:
            return (
                "Ask again with an account that may read it; if something changed in the last few minutes, wait a "
                "little first."
            )
        return " ".join(dict.fromkeys(EXPLANATIONS[reason].remedy for reason in self.reasons))

    def as_json(self) -> dict[str, Any]:
        """Return the answer and what it comes from, for a program."""
        return {
            "answer": str(self.answer),
            "reasons": [str(reason) for reason in self.reasons],
            "who": str(self.who),
            "policyIds": list(self.policy_ids),
            "missing": [str(name) for name in self.missing],
            "atWorst": str(self.at_worst),
        }


def count_answers(found: Iterable[Finish]) -> dict[Answer, int]:
    """Count people by answer, in the order of the answers; an answer that nobody has is 0."""
    answers = [item.answer for item in found]
    return {answer: answers.count(answer) for answer in Answer}
