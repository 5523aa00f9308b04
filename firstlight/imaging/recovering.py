"""After a power cut: what was stored and is not in the index is put back, once for each start of the machine."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from firstlight.imaging.verification import Finding, restore_unindexed

BOOT = Path("/proc/sys/kernel/random/boot_id")


def recover(*, at: datetime) -> list[Finding]:
    """Look for instances without a row where the machine has started since the last look.

    SQLite alone needs it: its commits of instances do not wait for the disk, since their files do.
    """
    marker: Path = settings.DATA / "last-start"
    boot = BOOT.read_text() if BOOT.exists() else at.isoformat()
    if connection.vendor != "sqlite" or (marker.exists() and marker.read_text() == boot):
        return []
    found = restore_unindexed(at=at)
    marker.write_text(boot)
    return found
