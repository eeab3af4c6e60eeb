"""The rows of one page, and the opaque token of its end."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import orjson

from local.entra.protocol.errors import GraphError

Row = Mapping[str, Any]


def cut(
    rows: Iterable[Row], *, keep: Callable[[Row], bool] | None, top: int, token: str | None
) -> tuple[list[Row], str, bool]:
    """The rows of one page that a filter keeps, the token of its end, and whether there are more.

    The token has the place among all rows, not among those kept, so that a page costs what it shows.
    """
    start = 0
    if token is not None:
        rows = rows if isinstance(rows, list) else list(rows)
        start = resume(rows, decode_token(token))
        rows = map(rows.__getitem__, range(start, len(rows)))
    places = enumerate(rows, start)
    found = list(islice((pair for pair in places if keep is None or keep(pair[1])), top + 1))
    if len(found) <= top:
        return [row for _, row in found], "", False
    (last_place, last), (_, following) = found[top - 1], found[top]
    return [row for _, row in found[:top]], encode_token([last["id"], following["id"], last_place + 1]), True


def resume(rows: list[Row], mark: tuple[str, str, int]) -> int:
    """Where the next page starts: behind the last object shown, at the one that came next, or where it was.

    So a page goes on at the right place even when objects went away in between.
    """
    last_id, next_id, position = mark
    if 0 < position <= len(rows) and rows[position - 1]["id"] == last_id:
        return position
    places = {row["id"]: index for index, row in enumerate(rows)}
    if last_id in places:
        return places[last_id] + 1
    return places.get(next_id, max(position - 1, 0))


def encode_token(mark: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(mark)).decode().rstrip("=")


def decode_token(token: str) -> tuple[str, str, int]:
    try:
        last_id, next_id, position = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return str(last_id), str(next_id), int(position)
    except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError) as error:
        raise GraphError(400, "BadRequest", "Skip token is malformed or has an invalid value.") from error
