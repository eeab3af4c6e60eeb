"""`python -m local install`: what the stand-ins and the tests need from npm."""

import argparse
from collections.abc import Sequence

from local import kusto, storage
from local.stack import ROOT


def main(argv: Sequence[str]) -> int:
    """Install what is not there yet. StartError when npm fails."""
    argparse.ArgumentParser(prog="python -m local install").parse_args(argv)
    for package, install, folder in (
        (storage.AZURITE, storage.install, "azurite"),
        (kusto.PACKAGE, kusto.install, "kusto"),
    ):
        print(f"{package.name} {package.version} is installed: {install(ROOT / '.local' / folder)}")
    return 0
