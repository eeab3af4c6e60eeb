"""What the demo prints: each claim and whether it held, what an operation would do and did, who stands where."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from provisioning.model.ledger import Person


@dataclass
class Checks:
    """What was claimed, and whether it held."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def that(self, claim: str, held: bool) -> None:
        """Note one claim and say how it went."""
        print(f"   {'ok  ' if held else 'FAIL'} {claim}")
        if held:
            self.passed += 1
        else:
            self.failed.append(claim)

    @property
    def total(self) -> int:
        """How many claims were made."""
        return self.passed + len(self.failed)


def by_employee_id(person: Person) -> str:
    """The order of the table."""
    return str(person.employee_id)


def show_plan(plan: dict[str, Any]) -> None:
    """What would be done, and what an admin should know."""
    actions = Counter(step["action"] for step in plan["steps"])
    print(f"   plan {plan['planId']}: " + ", ".join(f"{count} {action}" for action, count in sorted(actions.items())))
    for finding in plan["findings"]:
        print(f"   {finding['level']}: {finding['text']}")


def show_steps(operation: dict[str, Any]) -> None:
    """An operation's steps, a line each."""
    for step in operation["steps"]:
        print(f"   {step['name']:<37} {step['outcome']:<10} {step.get('object_id', '')}")
    if "error" in operation:
        print(f"   {operation['error']['message']} {operation['error']['remedy']}")


def show_health(health: dict[str, Any]) -> None:
    """Every check, a line each."""
    for check in health["checks"]:
        print(f"   {'ok  ' if check['healthy'] else 'FAIL'} {check['name']}: {check['detail']}")


def show_table(people: Iterable[Person], *, known: Collection[str]) -> None:
    """Who stands where: a line for each person whose object id is known, and the others by number."""
    everybody = list(people)
    print("\n   employee   state        methods                  first day    why")
    for person in sorted((item for item in everybody if item.object_id in known), key=by_employee_id):
        methods = ",".join(person.methods) or "-"
        first = f"   {person.employee_id or '-':<10} {person.state:<12} {methods:<24}"
        print(first, f"{person.start_date or '-'}   {person.reason or ''}")
    rest = Counter(str(person.state) for person in everybody if person.object_id not in known)
    print("   and " + ", ".join(f"{number} {state}" for state, number in sorted(rest.items())))
