"""Once for each start of the machine, what a power cut took from the index is looked for."""

from pathlib import Path

import pytest
from django.db import connection

from firstlight.imaging import recovering
from firstlight.imaging.actions import receive
from firstlight.imaging.models import Instance
from tests.cast import DAWN, Cast
from tests.shipments import ct


def test_it_is_looked_for_once_a_start(
    cast: Cast, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL waits for the disk: there is nothing to look for")
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    monkeypatch.setattr(recovering, "BOOT", tmp_path / "boot")
    (tmp_path / "boot").write_text("monday")
    list(receive(ct(2), outbreak=cast.outbreak, by=cast.ara, at=DAWN))
    assert recovering.recover(at=DAWN) == []
    lost = Instance.objects.first()
    assert lost is not None
    lost.delete()
    assert recovering.recover(at=DAWN) == [], "the machine has not started again"
    (tmp_path / "boot").write_text("tuesday")
    assert [each.about for each in recovering.recover(at=DAWN)] == [lost.stored_object]
    assert Instance.objects.count() == 2
