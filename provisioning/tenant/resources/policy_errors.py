"""What Graph's refusal of a policy means, and the error for a policy that is not as it was written."""

from provisioning.errors import ProductError, Rejected
from provisioning.graph.errors import GraphError
from provisioning.tenant.context import OperationContext


class NotAsWritten(ProductError):
    """Graph took a policy and shows another one.

    Args:
        what: The policy, with its id.
        fields: What differs.
        undone: What was done about it, as a sentence.
    """

    def __init__(self, what: str, fields: tuple[str, ...], *, undone: str) -> None:
        self.fault = f"The {what} differs from what was written: {', '.join(fields)}. {undone}"
        self.remedy = "Check it in the Entra admin center, and apply again."
        super().__init__(f"{self.fault} {self.remedy}")


def policy_error(context: OperationContext, error: GraphError, *, what: str) -> ProductError:
    """Return what Graph's refusal of a policy means, with what to do about it."""
    if error.says("Security Defaults is enabled"):
        return Rejected(
            "Security defaults are on in this tenant, and Entra accepts no enabled policy alongside them.",
            remedy=(
                "Decide with your security team whether to replace them with Conditional Access; this product never "
                "does that."
            ),
        )
    if error.says("not licensed"):
        return Rejected(
            "The tenant has no Entra ID P1, which Conditional Access needs.", remedy="Buy or assign Entra ID P1."
        )
    return context.as_not_ready(error, what)
