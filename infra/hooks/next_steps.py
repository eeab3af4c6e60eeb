"""azd runs this after it has deployed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.deploy.stops import after_deploy

sys.exit(after_deploy())
