"""What the command asks for: a cohort, a file, or the day of enforcement, rehearsed with the services' own Graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from provisioning.errors import Rejected
from provisioning.graph.client import Graph
from provisioning.services import Services
from provisioning.tenant.context import OperationContext
from provisioning.tenant.forecast.candidates import (
    FirstDays,
    candidates_of_cohort,
    candidates_of_enforcement,
    candidates_of_file,
)
from provisioning.tenant.forecast.forecast import make_forecast
from provisioning.tenant.forecast.people import Candidate, read_methods_of
from provisioning.tenant.forecast.rows import Forecast, ForecastOptions
from provisioning.tenant.looking import looking_context
from provisioning.tenant.preflight.facts import TenantFacts, read_facts

QUICK_KINDS = 20  # of people; two questions each, one a second


@dataclass(frozen=True)
class Rehearsal:
    """What is to be rehearsed; exactly one of these.

    Args:
        cohort: Who begins in these days.
        lines: Of a file that names people.
        enforcement: Everybody that the policy covers, once our policies are in force.
        new_laptop: Whether the set-up of a laptop comes first.
        quick: Whether the ledger's word on methods will do, and a phone, and some kinds of people: a timer's work.
    """

    cohort: FirstDays | None = None
    lines: Sequence[str] | None = None
    enforcement: bool = False
    new_laptop: bool = False
    quick: bool = False

    @property
    def options(self) -> ForecastOptions:
        """Return how the forecast is made."""
        return ForecastOptions(
            coming=self.enforcement,
            invited=not self.enforcement,
            new_laptop=self.new_laptop,
            managed=not self.quick,
            most_kinds=QUICK_KINDS if self.quick else None,
        )


async def rehearse(asked: Rehearsal, *, services: Services, methods_graph: Graph | None = None) -> Forecast:
    """Make the forecast. Reads only.

    Args:
        asked: What is rehearsed.
        services: Graph as the tenant identity or as an admin, storage, clock.
        methods_graph: Who may read what people have registered, which the tenant identity may not; None for the same.

    Raises:
        Rejected: The tenant was not set up, so that there is nothing to be asked at.
        ConfigurationError: A setting is missing or wrong.
        GraphError: Graph refuses for another reason than a permission.
        TransientError: Graph or the storage account cannot be reached.
    """
    objects = await services.tenant_objects.objects()
    if objects is None or objects.group_id is None or objects.app_id is None:
        raise Rejected(
            "The tenant has not been set up, so there is no application yet where anyone could finish registration.",
            remedy="Apply first: python -m provisioning apply.",
        )
    context = await looking_context(services, objects)
    read = await read_facts(context)
    people = await candidates(asked, context=context, read=read, services=services)
    methods = None if asked.quick else partial(read_methods_of, methods_graph or context.graph)
    return await make_forecast(context, read, people, read_methods=methods, options=asked.options)


async def candidates(
    asked: Rehearsal, *, context: OperationContext, read: TenantFacts, services: Services
) -> list[Candidate]:
    """Return the people that it is about."""
    if asked.cohort is not None:
        return await candidates_of_cohort(services.ledger, asked.cohort)
    if asked.lines is not None:
        return await candidates_of_file(asked.lines, ledger=services.ledger, graph=context.graph)
    return await candidates_of_enforcement(context, read, ledger=services.ledger)
