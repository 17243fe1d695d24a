"""Lets the examples import what generate.py made."""

import os
import sys
from pathlib import Path

FOLDER = os.environ.get("REPRISE_GENERATED", Path(__file__).resolve().parent / "generated")
if not Path(FOLDER).is_dir():
    sys.exit("Run generate.py first: it makes the code that the examples import.")
sys.path.insert(0, str(FOLDER))
