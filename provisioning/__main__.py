"""What an operator does by hand, with the same settings as the app: `mfa-preenroll`, or `python -m provisioning`."""

import sys

from provisioning.cli.main import run_script

if __name__ == "__main__":
    sys.exit(run_script())
