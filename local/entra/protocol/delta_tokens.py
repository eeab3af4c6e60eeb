"""The tokens of delta queries: all a round needs to know, with a checksum, so that a mangled one is found out.

Sources: the pages `delta-query-overview` and `user-delta` of the Graph documentation for the life of a token and its
end; a live probe in public code for "Badly formed token.".
"""

import base64
import binascii
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from local.entra.protocol.errors import GraphError

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class DeltaToken:
    """Where a round stands.

    Args:
        kind: `user` or `group`.
        issued: when the round before this token ended, in seconds since 1970.
        since: the journal's position the round starts at; None when it reads everything.
        until: the position it ends at, where the next round starts.
        select: the selected properties; None for the default.
        ids: the objects `$filter` asks for; None for all.
        offset: how many items of the round were answered.
        mark: the last object answered while everything is read.
        page: the number of the page.
        empty: how many empty pages are still to come.
    """

    kind: str
    issued: float
    since: int | None
    until: int
    select: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    offset: int = 0
    mark: str | None = None
    page: int = 0
    empty: int = 0

    def encode(self) -> str:
        body = orjson.dumps(asdict(self))
        return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")

    def next_round(self, *, now: datetime) -> "DeltaToken":
        """The token of a delta link."""
        return replace(self, issued=now.timestamp(), since=self.until, offset=0, mark=None, page=0, empty=0)


def badly_formed() -> GraphError:
    return GraphError(400, "BadRequest", "Badly formed token.")


def decode(text: str) -> DeltaToken:
    """The token, when its checksum is right.

    Raises:
        GraphError: 400 for anything that is not a token of this tenant.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        document: dict[str, Any] = orjson.loads(raw[4:])
    except (binascii.Error, ValueError) as error:
        raise badly_formed() from error
    if raw[:4] != zlib.crc32(raw[4:]).to_bytes(4, "big"):
        raise badly_formed()
    for name in ("select", "ids"):
        document[name] = None if document[name] is None else tuple(document[name])
    return DeltaToken(**document)


def check_age(token: DeltaToken, *, now: datetime, code: str, address: str) -> None:
    """Refuse a token older than 7 days.

    Args:
        code: the error code; the documentation names two.
        address: where the client starts anew.

    Raises:
        GraphError: 410 with a `Location` whose delta token is empty.
    """
    if now - datetime.fromtimestamp(token.issued, UTC) < LIFE:
        return
    raise GraphError(
        410,
        code,
        "The delta token is too old. Start again with a full synchronization.",
        headers={"Location": f"{address}?$deltatoken="},
    )
