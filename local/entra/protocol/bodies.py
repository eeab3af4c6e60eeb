"""What a directory object takes of a body: nothing of it is ever dropped in silence.

Sources of the refusals: pnp/PnP-Sites-Core issue 1807 (unknown: "Invalid property 'responseHeaders'."),
microsoftgraph/msgraph-beta-sdk-java issue 621 (read-only). Sources of what can be written: each resource page of the
Graph documentation, which marks what is read-only; `terraform-provider-azuread`, whose acceptance tests write most of
the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.entra.protocol.errors import bad_request, invalid_value, not_implemented
from local.entra.protocol.graph_types import BIND, EXTENSION, FaultKind, body_faults, known_type


@dataclass(frozen=True)
class BodyRules:
    """What can be written of one kind of object. What is neither here nor read-only is answered with 501.

    Attributes:
        type_name: the type in `graph_types.json`.
        resource: the type as Graph writes it in error texts.
        writable: what a POST and a PATCH take.
        create_only: what a POST takes and a PATCH refuses as read-only.
        read_only: what neither takes.
        parts_read_only: parts of complex values, as `info.logoUrl`, that Graph fills in itself.
        binds: links that `…@odata.bind` makes.
    """

    type_name: str
    resource: str
    writable: frozenset[str]
    create_only: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    parts_read_only: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()

    def checked(self, document: Mapping[str, Any], *, current: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The body with its names as the type spells them: Graph reads those of the directory without regard to case.

        Seen in pnp/cli-microsoft365, whose `entra group add` posts `mailNickName`.

        Args:
            current: the object that a PATCH changes; its own id may stand in the body, as in those of
                terraform-provider-azuread. None for a POST.

        Raises:
            GraphError: 400 for what is unknown, read-only or of a wrong type; 501 for what is not modeled here.
        """
        kind = known_type(self.type_name)
        spelling = {name.casefold(): name for name in kind.names}
        body = {spelling.get(name.casefold(), name): value for name, value in document.items()}
        faults = list(body_faults(body, kind))
        for fault in faults:
            if fault.kind is FaultKind.UNKNOWN:
                raise bad_request(f"Invalid property '{fault.path.removesuffix(BIND).rpartition('.')[2]}'.")
        for name, value in body.items():
            self.check_name(name, value, current=current)
        for fault in faults:
            raise invalid_value(fault.top, self.resource)
        return body

    def check_name(self, name: str, value: Any, *, current: Mapping[str, Any] | None) -> None:
        """Refuse a property that cannot be written, or that this stand-in does not keep."""
        if name.endswith(BIND):
            if name.removesuffix(BIND) not in self.binds:
                raise not_implemented(f"{name} of {self.resource}")
            return
        if "@" in name:
            return
        if current is not None and name in ("id", *self.create_only) and value == current.get(name):
            return
        if name in self.read_only or name == "id" or (current is not None and name in self.create_only):
            raise read_only(name)
        if name not in self.writable | self.create_only or name.startswith(EXTENSION):
            raise not_implemented(f"the property {name} of {self.resource}")
        for part, inner in value.items() if isinstance(value, dict) else ():
            if inner is not None and f"{name}.{part}" in self.parts_read_only:
                raise read_only(part)

    def kept(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of a checked body, without links and annotations."""
        return {name: value for name, value in body.items() if "@" not in name}


def read_only(name: str) -> Exception:
    """400 for a property that Graph sets itself."""
    return bad_request(f"Property '{name}' is read-only and cannot be set.")
