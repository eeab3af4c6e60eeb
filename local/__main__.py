"""`python -m local COMMAND`: the product on a laptop, with nothing of Azure or Entra."""

import sys
from collections.abc import Sequence
from importlib import import_module

from local.processes import StartError

USAGE = """python -m local COMMAND

  up         start everything and print where it is (--help for its options)
  demo       the whole story in one run
  install    install Azurite and the reader of Kusto queries, by npm
  tenant     the stand-in for Entra and Microsoft Graph alone
  host       the stand-in for the Functions host alone
  documents  write the documents that are made from the code
  package    build what is deployed to Azure (--help for its options)
  bicep      compile the templates with the real compiler, where there is one
"""
# Imported when asked for: a tenant starts without the host's packages, and the host without the tenant's.
COMMANDS = {
    "up": "local.up",
    "demo": "local.demo",
    "install": "local.install",
    "tenant": "local.entra.server",
    "host": "local.host.server",
    "documents": "local.documents",
    "package": "local.package.build",
    "bicep": "local.bicep",
}


def main(argv: Sequence[str]) -> int:
    """Run one command; returns the exit code. Errors are a sentence on stderr and exit code 1."""
    if not argv or argv[0] not in COMMANDS:
        wanted = argv[:1] in (["-h"], ["--help"])
        print(USAGE, file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    try:
        return int(import_module(COMMANDS[argv[0]]).main(argv[1:]))
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
