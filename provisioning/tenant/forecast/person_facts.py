"""What is known of a person when it is asked whether they can finish. Pure data; `forecast.py` gathers it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields

from provisioning.model.finish_reasons import Missing
from provisioning.tenant.preflight.coverage import Certainty
from provisioning.tenant.preflight.policy_reading import Policy


@dataclass(frozen=True)
class Verdicts:
    """What What-If says of one sign-in.

    Args:
        applied: Policies that count and apply.
        unsure: Policies that count and of which it had not enough information.
    """

    applied: tuple[Policy, ...] = ()
    unsure: tuple[Policy, ...] = ()


@dataclass(frozen=True)
class Place:
    """The sign-ins from one place; None for what What-If did not answer.

    Args:
        application: At our application.
        registration: For the registration of a method.
    """

    application: Verdicts | None = None
    registration: Verdicts | None = None


NOT_ASKED = Place()


@dataclass(frozen=True)
class PersonFacts:
    """What was read. None is what could not be read, and never taken for "all well".

    Args:
        accounts: How many accounts there are.
        enabled: Whether the account may sign in.
        external: Whether the person signs in elsewhere, whatever their user type.
        administrator: Whether they hold a directory role or may activate one.
        methods: Kinds of second factor that they have registered and that count.
        open_methods: For each kind, whether they may register it by themselves.
        passes: Whether they may have a Temporary Access Pass.
        pass_enabled: Whether anybody may have one.
        pass_once: Whether every pass opens one sign-in only.
        security_defaults: Whether they are on, which ask everybody at the next sign-in.
        phone: A phone off the company's network.
        managed: A compliant, joined PC.
        new_laptop: Whether the set-up of a laptop comes first.
    """

    accounts: int = 1
    enabled: bool | None = True
    external: bool | None = False
    administrator: bool | None = False
    methods: frozenset[str] | None = frozenset()
    open_methods: Mapping[str, Certainty] | None = field(default_factory=dict)
    passes: Certainty = Certainty.UNKNOWN
    pass_enabled: bool = True
    pass_once: bool = False
    security_defaults: bool = False
    phone: Place = NOT_ASKED
    managed: Place = NOT_ASKED
    new_laptop: bool = False

    @property
    def key(self) -> Hashable:
        """Return what is the same for people of the same facts, as long as their places are kept."""
        kinds = None if self.open_methods is None else frozenset(self.open_methods.items())
        values = (getattr(self, item.name) for item in FACTS if item.name not in ("open_methods", "phone", "managed"))
        return (*values, kinds, id(self.phone), id(self.managed))

    def unread(self) -> frozenset[Missing]:
        """Return what was not read, whether or not it matters."""
        found = {
            Missing.ACCOUNT: self.enabled is None or self.external is None,
            Missing.ROLES: self.administrator is None,
            Missing.METHODS: self.methods is None,
            Missing.OPEN_METHODS: self.open_methods is None or Certainty.UNKNOWN in self.open_methods.values(),
            Missing.PASSES: self.passes is Certainty.UNKNOWN,
            Missing.AT_APPLICATION: is_unsure(self.phone.application),
            Missing.AT_REGISTRATION: is_unsure(self.phone.registration),
        }
        return frozenset(name for name, missing in found.items() if missing)


FACTS = fields(PersonFacts)


def is_unsure(verdicts: Verdicts | None) -> bool:
    """Tell whether What-If left something open."""
    return verdicts is None or bool(verdicts.unsure)
