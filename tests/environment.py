"""Settings are read once, before any test: each run, and each of its processes, gets a data folder of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

DATA = Path(tempfile.mkdtemp(prefix="firstlight-tests-"))
(DATA / "static").mkdir()
os.environ["FIRSTLIGHT_DATA"] = str(DATA)
os.environ.pop("FIRSTLIGHT_ORIGIN", None)
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
