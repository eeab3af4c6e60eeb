"""azd runs this after it has provisioned."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.deploy.stops import after_provision

sys.exit(after_provision())
