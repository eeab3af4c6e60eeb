"""What the passes role works with."""

from dataclasses import dataclass

from provisioning.clock import Clock, NewId
from provisioning.graph.client import Graph
from provisioning.passes.settings import PassMakingSettings
from provisioning.store.ledger import Ledger
from provisioning.store.pass_claims import PassClaims
from provisioning.store.passes import Passes
from provisioning.store.storage import Storage


@dataclass(frozen=True)
class PassesContext:
    """Everything the passes role works with.

    Args:
        graph: As the passes identity.
        ledger: The people that the product invited; read only.
        claims: Who may have a pass made; read only.
        passes: What became of it.
        settings: Limits and lifetimes.
        storage: For messages to itself.
        tenant_id: Of those messages.
        now: Clock.
        new_id: Names steps of the audit.
    """

    graph: Graph
    ledger: Ledger
    claims: PassClaims
    passes: Passes
    settings: PassMakingSettings
    storage: Storage
    tenant_id: str
    now: Clock
    new_id: NewId
