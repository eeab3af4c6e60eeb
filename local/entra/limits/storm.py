"""Bad weather: a share of all calls goes wrong, in a way that the seed alone decides."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.entra.limits.faults import PRESETS, Fault, next_fault

UNAVAILABLE = {"error": {"code": "ServiceUnavailable", "message": "The service is temporarily unavailable."}}
TIMED_OUT = {"error": {"code": "UnknownError", "message": ""}}
KINDS: dict[str, dict[str, Any]] = {
    "429": PRESETS["throttled"],
    "503": {"status": 503, "body": UNAVAILABLE},
    "504": {"status": 504, "body": TIMED_OUT, "takes_effect": True},
    "drop-before": {"drop": "before"},
    "drop-after": {"drop": "after"},
    "delay": {},
}


def fault_of(faults: list[Fault], storm: "Storm | None", *, method: str, path: str) -> Fault | None:
    """What goes wrong with a call: a fault that was asked for, else the weather."""
    asked = next_fault(faults, method, path)
    if asked is not None or storm is None:
        return asked
    return storm.next(method, path)


@dataclass
class Storm:
    """Faults by chance. Whether the n-th call of a method and path fails depends on the seed, not on the others.

    Args:
        rate: the share of calls that go wrong.
        path: regular expression of the paths that are in the storm.
        kinds: which of `KINDS` happen.
        delay: how long a delayed call waits, in seconds.
    """

    seed: int
    rate: float
    path: str = "^/v1.0/"
    kinds: tuple[str, ...] = tuple(KINDS)
    delay: float = 0.05
    seen: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)

    def next(self, method: str, path: str) -> Fault | None:
        """What happens to this call, if anything."""
        if not re.search(self.path, path):
            return None
        call = f"{method} {path}"
        self.seen[call] += 1
        digest = hashlib.blake2b(f"{self.seed} {self.seen[call]} {call}".encode(), digest_size=8).digest()
        if int.from_bytes(digest[:6], "big") >= self.rate * 2**48:
            return None
        kind = self.kinds[int.from_bytes(digest[6:], "big") % len(self.kinds)]
        self.hits[kind] += 1
        values = {**KINDS[kind], "delay": self.delay if kind == "delay" else 0.0}
        return Fault(id=f"storm-{kind}", path=self.path, **values)

    def as_json(self) -> dict[str, Any]:
        return {
            "storm": {
                "seed": self.seed,
                "rate": self.rate,
                "path": self.path,
                "kinds": list(self.kinds),
                "delay": self.delay,
                "hits": dict(sorted(self.hits.items())),
            }
        }


def parse_storm(document: Any) -> Storm:
    """A storm from its JSON form.

    Raises:
        ValueError: something in it cannot be used; the text says what.
    """
    if not isinstance(document, dict):
        raise ValueError('A storm is a JSON object such as {"seed": 1, "rate": 0.2}.')
    allowed = {"seed", "rate", "path", "kinds", "delay"}
    unknown = sorted(set(document) - allowed)
    if unknown:
        raise ValueError(f"A storm has no '{unknown[0]}'; it takes {', '.join(sorted(allowed))}.")
    values = {"seed": 1, "rate": 0.2, **document}
    check_numbers(values)
    if "kinds" in values:
        values["kinds"] = checked_kinds(values["kinds"])
    try:
        re.compile(values.get("path", ""))
    except (re.error, TypeError) as error:
        raise ValueError(f"The 'path' of a storm is not a regular expression: {error}.") from error
    return Storm(**values)


def check_numbers(values: dict[str, Any]) -> None:
    if type(values["seed"]) is not int:
        raise ValueError("The 'seed' of a storm is a whole number.")
    rate, delay = values["rate"], values.get("delay", 0)
    if type(rate) not in (int, float) or not 0 <= rate <= 1:
        raise ValueError("The 'rate' of a storm is a number from 0 to 1.")
    if type(delay) not in (int, float) or delay < 0:
        raise ValueError("The 'delay' of a storm is a number of seconds.")


def checked_kinds(kinds: Any) -> tuple[str, ...]:
    if not isinstance(kinds, list) or not kinds or any(kind not in KINDS for kind in kinds):
        raise ValueError(f"The 'kinds' of a storm are a list of some of {', '.join(KINDS)}.")
    return tuple(kinds)
