"""Where the modules under test are. Importing this puts them on the path."""

import sys
from pathlib import Path

PYTHON = Path(__file__).resolve().parent.parent
SDK = PYTHON / "sdk"
LOOKALIKES = SDK / "lookalikes"

for folder in (LOOKALIKES, SDK):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
