"""Asks What-If once for each kind of person: two places, at our application and at the registration of a method."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from provisioning.errors import TransientError
from provisioning.graph.errors import GraphError
from provisioning.log import EventLog
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.kinds import Counting, PersonKind
from provisioning.tenant.forecast.person_facts import NOT_ASKED, Place
from provisioning.tenant.preflight.answers import HIDDEN
from provisioning.tenant.preflight.coverage import Subject
from provisioning.tenant.preflight.what_if import MANAGED_PC, PHONE, WhatIf, at_application, at_registration

log = EventLog(__name__)


@dataclass
class Asker:
    """What-If, with the answers it gave.

    Attributes:
        context: Who asks, and the pace of Conditional Access.
        counting: Which policies count.
        most_kinds: About how many kinds of people it asks at most; None for all.
        managed: Whether to ask about a managed PC, too.
        answers: By kind and whether they count as invited.
        refused: Why nothing more is asked, once Graph does not let this identity ask.
        unjudged: How many questions What-If gave no answer to.
    """

    context: OperationContext
    counting: Counting
    most_kinds: int | None = None
    managed: bool = True
    answers: dict[tuple[PersonKind, bool], tuple[Place, Place]] = field(default_factory=dict)
    refused: str | None = None
    unjudged: int = 0

    async def places(self, person: Subject, kind: PersonKind, *, invited: bool) -> tuple[Place, Place]:
        """Return what the policies ask of a person at a phone and at a managed PC; one of their kind stands for all.

        Args:
            person: One of that kind, who is asked about where nobody was before.
            kind: Theirs.
            invited: Whether to judge as if they were in the enrollment group already.
        """
        known = self.answers.get((kind, invited))
        if known is not None:
            return known
        if self.refused is not None or (self.most_kinds is not None and len(self.answers) >= self.most_kinds):
            return NOT_ASKED, NOT_ASKED
        phone = await self.place(person, kind, conditions=PHONE, invited=invited)
        pc = await self.place(person, kind, conditions=MANAGED_PC, invited=invited) if self.managed else NOT_ASKED
        self.answers[(kind, invited)] = phone, pc
        return phone, pc

    async def place(self, person: Subject, kind: PersonKind, *, conditions: Mapping[str, Any], invited: bool) -> Place:
        """Ask about one place."""
        graph, user_id = self.context.graph, str(person.object_id)
        at_ours = partial(at_application, graph, user_id, str(self.context.objects.app_id), conditions=conditions)
        registering = partial(at_registration, graph, user_id, conditions=conditions)
        answers = [await self.ask(question, user_id) for question in (at_ours, registering)]
        found = [
            None if answer is None else self.counting.verdicts(answer, person, kind, invited=invited)
            for answer in answers
        ]
        return Place(*found)

    async def ask(self, question: Callable[..., Awaitable[WhatIf]], user_id: str) -> WhatIf | None:
        """Return an answer. What could not be judged is unknown, and never "can finish" (maester365/maester#782)."""
        if self.refused is not None:
            return None
        try:
            return await question(pace=self.context.observed.pace)
        except (GraphError, TransientError) as error:
            status = error.status if isinstance(error, GraphError) else None
            log.warning("what_if_failed", object=user_id, status=status)
            self.unjudged += 1
            self.refused = str(error) if status in HIDDEN else None
            return None
