"""azd runs this before it provisions."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.deploy.preflight import main

sys.exit(main())
