"""azd runs this before it packages and before it deploys; a package that is there already is not built again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.package.build import main

sys.exit(main([]))
