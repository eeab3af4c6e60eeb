"""`python -m local bicep` compiles the templates with the real compiler, where there is one; a warning is an error."""

import re
import shutil
import subprocess
from collections.abc import Sequence

from local.processes import StartError
from local.stack import ROOT

TEMPLATE = ROOT / "infra/main.bicep"
COMPILE_SECONDS = 120
# A line such as: main.bicep(12,7) : Warning no-unused-params: Parameter "x" is declared but never used. [https://...]
FINDING = re.compile(r"\) : (Warning|Error) ")


def compiler() -> list[str] | None:
    """The command that compiles a template: bicep itself, or the one that comes with the Azure CLI."""
    if bicep := shutil.which("bicep"):
        return [bicep, "build", "--stdout"]
    if az := shutil.which("az"):
        return [az, "bicep", "build", "--stdout", "--file"]
    return None


def main(argv: Sequence[str]) -> int:
    """Compile infra/main.bicep and everything it uses.

    Raises:
        StartError: The compiler finds something, even if it is only a warning, or does not end.
    """
    command = compiler()
    if command is None:
        print(
            "There is no Bicep compiler here: neither bicep nor az is on the PATH, so nothing was compiled. The tests "
            "compare the templates with Azure's types, which is a weaker check. Install the Azure CLI to compile them."
        )
        return 0
    try:
        done = subprocess.run(
            [*command, str(TEMPLATE)], capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise StartError(f"{command[0]} did not end within {COMPILE_SECONDS} seconds. Run it by hand.") from None
    findings = [line for line in done.stderr.splitlines() if FINDING.search(line)]
    if findings or done.returncode != 0:
        raise StartError("\n".join(findings) or done.stderr.strip() or f"{command[0]} ended with {done.returncode}.")
    print(f"{TEMPLATE.relative_to(ROOT)} compiles without a warning.")
    return 0
