"""Runs the commands of one client and remembers what came of each."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.installed import AZ, M365
from tests.clients.tenant import ServedTenant

LONGEST = 180
SHOWN = 78


@dataclass(frozen=True)
class Outcome:
    """A command and what came of it.

    Args:
        problem: why it failed, empty when it passed.
        seconds: how long it took.
    """

    command: str
    problem: str
    seconds: float


@dataclass
class Runner:
    """One client and the outcomes so far."""

    client: str
    tenant: ServedTenant
    outcomes: list[Outcome] = field(default_factory=list)

    def __call__(self, *arguments: str, expect: Callable[[Any], bool] | None = None, refused: str | None = None) -> Any:
        """Run one command.

        Args:
            expect: what its JSON output must be like.
            refused: the text of the refusal, for a command that must fail.

        Returns:
            Its output as JSON, or None when it has none or failed.
        """
        program = str(AZ if self.client == "azure-cli" else M365)
        start = time.perf_counter()
        done = subprocess.run(
            [program, *arguments], env=self.environment(), capture_output=True, text=True, timeout=LONGEST, check=False
        )
        answer = parsed(done.stdout)
        problem = problem_of(done, answer, expect=expect, refused=refused)
        command = " ".join(arguments).replace(self.tenant.secret, "***")
        self.outcomes.append(Outcome(command, problem, time.perf_counter() - start))
        print(f"  {'passed' if not problem else 'FAILED'}  {self.client}: {shortened(command)}", flush=True)
        return None if problem else answer

    def script(self, *command: str, folder: Path | None = None) -> None:
        """Run a program of ours that makes calls with an SDK and prints a JSON line for each."""
        tenant, start = self.tenant, time.perf_counter()
        environment = {**self.environment(), "CLIENT_ID": tenant.client_id, "CLIENT_SECRET": tenant.secret}
        environment |= {"TENANT_ID": tenant.tenant_id, "SSL_CERT_FILE": str(tenant.certificate)}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or not rows:
            rows.append({"name": "the program", "problem": last_line(done.stderr)})
        seconds = (time.perf_counter() - start) / len(rows)
        for row in rows:
            self.outcomes.append(Outcome(row["name"], row["problem"], seconds))
            print(f"  {'passed' if not row['problem'] else 'FAILED'}  {self.client}: {row['name']}", flush=True)

    def environment(self) -> dict[str, str]:
        """The client's own home, and the certificate it trusts."""
        folder, certificate = str(self.tenant.folder), str(self.tenant.certificate)
        return {
            **os.environ,
            "HOME": folder,
            "AZURE_CONFIG_DIR": f"{folder}/azure",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
            "REQUESTS_CA_BUNDLE": certificate,
            "NODE_EXTRA_CA_CERTS": certificate,
            "CLIMICROSOFT365_NOUPDATE": "1",
            "CI": "true",
        }


def parsed(text: str) -> Any:
    """The output as JSON, or as text when it is something else."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text.strip() or None


def problem_of(
    done: subprocess.CompletedProcess[str],
    answer: Any,
    *,
    expect: Callable[[Any], bool] | None,
    refused: str | None,
) -> str:
    """Why a command failed; empty when it did what it should."""
    if refused is not None:
        said = done.stdout + done.stderr
        return (
            "" if done.returncode and refused in said else f"It should be refused with '{refused}': {last_line(said)}"
        )
    if done.returncode:
        return last_line(done.stderr or done.stdout)
    try:
        met = expect is None or expect(answer)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        return f"An unexpected output ({error!r}): {str(answer)[:200]}"
    return "" if met else f"An unexpected output: {str(answer)[:200]}"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "It said nothing."


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def report(runs: Iterable[Runner]) -> int:
    """Print the failures and the counts; the exit code is 1 when there is a failure."""
    failed = 0
    for run in runs:
        bad = [outcome for outcome in run.outcomes if outcome.problem]
        failed += len(bad)
        for outcome in bad:
            print(f"\n{run.client}: {outcome.command}\n  {outcome.problem}")
        seconds = sum(outcome.seconds for outcome in run.outcomes)
        print(
            f"\n{run.client}: {len(run.outcomes) - len(bad)} of {len(run.outcomes)} commands passed ({seconds:.0f} s)."
        )
    return 1 if failed else 0
