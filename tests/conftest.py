"""What every test may ask for: parts that are really there, a data folder of its own, people by role."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections
from xdist.scheduler import LoadScopeScheduling

from firstlight.library.models import Case
from tests.cast import Cast
from tests.drafts import draft_case

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


class WholeModules(LoadScopeScheduling):
    """Gives a worker whole modules, so that their fixtures are made once, and one worker all of the browser's."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return "browser" if "tests/browser/" in module else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """One filled demo and one Chromium serve every test in a browser: they stay with one worker."""
    return WholeModules(config, log)


def missing(part: str) -> None:
    """Skip for a part that this machine lacks; where CI installs every part, that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{part} is missing, and this is CI: .ci/run should have installed it")
    pytest.skip(f"{part} is not installed on this machine")


@pytest.fixture
def program() -> Callable[[str], str]:
    """The path of an outside program, or the test is skipped with its name."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(name)
        return str(path)

    return find


@pytest.fixture
def shared_data() -> Path:
    """The folder of real public data beside the project; tests on it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/data with real public data is not beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: object) -> Iterator[Path]:
    """A store of its own for every test, and passwords that are quick to hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.CACHES = {  # type: ignore[attr-defined]  # a version's key comes again in the next test
        each: {"BACKEND": "django.core.cache.backends.dummy.DummyCache"} for each in ("default", "fragments")
    }
    settings.KEPT_SECONDS = 0  # type: ignore[attr-defined]  # a test looks at once at what it did
    settings.STORE = f"file://{tmp_path}/store"  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    yield tmp_path / "store"


@pytest.fixture(scope="session", autouse=True)
def sessions_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """PostgreSQL drops a database only when nobody is in it; a program that was killed takes a moment to be gone."""
    if os.environ.get("FIRSTLIGHT_TEST_DATABASE") != "postgres":
        yield
        return
    request.getfixturevalue("django_db_setup")
    yield
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        for _second in range(20):
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
            time.sleep(1)


@pytest.fixture
def cast(db: None) -> Cast:
    """The people of the tests, each made when first named."""
    return Cast()


@pytest.fixture
def case(cast: Cast) -> Case:
    """Haneul's draft with everything that review asks for."""
    return draft_case(cast)


@pytest.fixture
def many_connections(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database that many threads really use at once; SQLite's in memory would be one for all, so it gets a file."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(tmp_path / "file.sqlite3")) as file:
        connection.connection.backup(file)
    in_memory, options = connections[DEFAULT_DB_ALIAS], connections.settings[DEFAULT_DB_ALIAS]
    name = options["NAME"]
    options["NAME"] = str(tmp_path / "file.sqlite3")
    del connections[DEFAULT_DB_ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        options["NAME"] = name
        connections[DEFAULT_DB_ALIAS] = in_memory
