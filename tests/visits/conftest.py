"""A folder of journals for every test, and no key or journal left over from the one before."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from firstlight.visits import actions, journal
from firstlight.visits.keys import forget


@pytest.fixture(autouse=True)
def journals(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.VISITS = tmp_path / "visits"
    forget(before=date.max)
    actions._folded_at = None
    yield settings.VISITS
    journal.close_mine()
    forget(before=date.max)
