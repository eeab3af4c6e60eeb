"""Which second factors people registered: the methods themselves, of one or of many: the truth of this moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.graph.batch import read_collections
from provisioning.graph.client import Graph
from provisioning.graph.odata import is_object_id

# Kinds that prove a second factor, by what the methods themselves are called (graph authenticationMethod resource type;
# entra concept-authentication-methods). A kind that stands in neither list is unknown: Graph adds new ones.
SECOND_FACTORS = frozenset(
    {
        "external",
        "fido2",
        "hardwareOath",
        "microsoftAuthenticator",
        "phone",
        "platformCredential",
        "softwareOath",
        "windowsHelloForBusiness",
    }
)
# The password is the first factor, an e-mail address and security questions serve only password reset, a Temporary
# Access Pass is what a helpdesk handed out, and a QR code with its PIN is one factor
# (qrCodePinAuthenticationMethod: "this single-factor authentication method").
NOT_A_SECOND_FACTOR = frozenset(
    {"alternateEmail", "email", "password", "qrCodePin", "securityQuestion", "securityQuestions", "temporaryAccessPass"}
)
PASS_TYPE = "temporaryAccessPassAuthenticationMethod"  # noqa: S105 - a type's name
USED_UP = "onetimeused"
METHOD_PREFIX = "#microsoft.graph."
METHOD_SUFFIX = "AuthenticationMethod"


@dataclass(frozen=True)
class Method:
    """A second factor, or a method of a kind that this version does not know.

    Attributes:
        kind: Such as `fido2`, `microsoftAuthenticator` or `phone`.
        created: When it was registered, if Graph says.
        known: Whether the kind is known to be a second factor. Only then does it count.
    """

    kind: str
    created: datetime | None
    known: bool = True


@dataclass(frozen=True)
class TemporaryPass:
    """A Temporary Access Pass that can be used now, or that the person is signed in with.

    Attributes:
        ends: When its lifetime is over.
        once: Whether it opens one sign-in only.
    """

    ends: datetime
    once: bool


def method_kinds(methods: Iterable[Method]) -> tuple[str, ...]:
    """Return the kinds of some methods, each once, sorted."""
    return tuple(sorted({method.kind for method in methods}))


def newest_times(methods: Iterable[Method]) -> tuple[str, ...]:
    """Return when the newest method of each kind was registered, as a person's row keeps it; undated ones not."""
    dated = sorted((method.kind, method.created) for method in methods if method.created is not None)
    return tuple(f"{kind} {created.isoformat()}" for kind, created in dict(dated).items())


async def registered_methods(graph: Graph, object_id: str) -> tuple[tuple[Method, ...], TemporaryPass | None]:
    """Return the second factors a person registered, methods of unknown kinds, and the pass they have meanwhile.

    Raises:
        GraphError: 404 if there is no such person.
    """
    info = graph.build.users.by_user_id(object_id).authentication.methods.to_get_request_information()
    items = [item async for page in graph.pages(info) for item in page]
    return read_methods(items), read_pass(items)


async def methods_of_many(graph: Graph, object_ids: Iterable[str]) -> dict[str, tuple[Method, ...] | None]:
    """Return the second factors of many people, 20 a round trip; None for an account that is gone.

    Raises:
        GraphError: Graph refuses to show any person's methods.
        TransientError: Graph or the network is unwell, or asks for a longer wait than a function may sleep.
    """
    result: dict[str, tuple[Method, ...] | None] = dict.fromkeys(object_ids)
    wanted = [object_id for object_id in result if is_object_id(object_id)]
    found = await read_collections(graph, [f"/users/{object_id}/authentication/methods" for object_id in wanted])
    for object_id, items in zip(wanted, found, strict=True):
        result[object_id] = read_methods(items) if items is not None else None
    return result


def read_methods(items: Iterable[dict[str, Any]]) -> tuple[Method, ...]:
    """Parse what is, or may be, a second factor among the methods of Graph's JSON, sorted by kind and age."""
    found = []
    for item in items:
        kind = item.get("@odata.type", "").removeprefix(METHOD_PREFIX).removesuffix(METHOD_SUFFIX)
        if kind and kind not in NOT_A_SECOND_FACTOR:
            found.append(Method(kind, read_time(item.get("createdDateTime")), known=kind in SECOND_FACTORS))
    oldest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda method: (method.kind, method.created or oldest)))


def read_pass(items: Iterable[dict[str, Any]]) -> TemporaryPass | None:
    """Parse the pass among the methods of Graph's JSON, of which a person has at most one.

    One that was used up is kept: who used it is signed in with it (temporaryAccessPassAuthenticationMethod).
    """
    for item in items:
        used_up = str(item.get("methodUsabilityReason", "")).casefold() == USED_UP
        if not item.get("@odata.type", "").endswith(PASS_TYPE) or not (item.get("isUsable") or used_up):
            continue
        starts, minutes = read_time(item.get("startDateTime")), item.get("lifetimeInMinutes")
        if starts is not None and isinstance(minutes, int):
            return TemporaryPass(starts + timedelta(minutes=minutes), once=item.get("isUsableOnce") is True)
    return None


def read_time(text: str | None) -> datetime | None:
    """Parse a point in time of Graph's JSON, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
