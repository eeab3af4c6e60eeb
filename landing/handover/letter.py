"""GET /pass/letter: a helpdesk types the code of a letter that a person brings. It finds the claim, and proves nothing.

The code stands in the address from then on, as that of a link does: without the helpdesk's sign-in it opens nothing.
"""

from dataclasses import dataclass

from landing.principal import Principal
from provisioning.http import Request
from provisioning.model.letter_codes import read_letter_code
from provisioning.model.passes import ISSUER, PassRefusal
from provisioning.pass_settings import PassHelpdeskSettings
from provisioning.services import Services

LETTER = "letter"  # in the place of a claim's code, which is longer
HELPDESK_ONLY = "helpdesk_only"  # why there is no form


@dataclass(frozen=True)
class CodeForm:
    """What became of the form.

    Attributes:
        code: What was typed, as a claim is found by it; None where there is nothing usable yet.
        wrong: Whether something was typed that is no code.
    """

    code: str | None = None
    wrong: bool = False


def ask_for_code(request: Request, principal: Principal, *, services: Services) -> CodeForm | str:
    """Return how the form stands, or why this person gets none.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    settings = services.settings(PassHelpdeskSettings)
    if not settings.passes or not settings.helpdesk or request.method == "POST":
        return PassRefusal.CLAIM_UNKNOWN
    if principal.external or ISSUER not in principal.roles:
        return HELPDESK_ONLY
    typed = request.query.get("code", "")
    code = read_letter_code(typed)
    return CodeForm(code, wrong=bool(typed) and code is None)
