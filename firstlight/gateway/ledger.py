"""What became of every file: a small SQLite database beside the folders. New UIDs and codes alone, never a value."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firstlight.dicom.receipts import Count, Listed, Receipt

TABLES = """
CREATE TABLE IF NOT EXISTS file (
    name TEXT PRIMARY KEY, received_at REAL NOT NULL, size INTEGER NOT NULL, study TEXT NOT NULL, sop TEXT NOT NULL,
    fingerprint TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '',
    pixels TEXT NOT NULL DEFAULT '', texts INTEGER NOT NULL DEFAULT 0, tally INTEGER, receipt INTEGER,
    settled_at REAL, is_identified INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS tally (id INTEGER PRIMARY KEY, counts TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS receipt (
    id INTEGER PRIMARY KEY, study TEXT NOT NULL, document TEXT NOT NULL, is_taken INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS file_state ON file (state, study);
CREATE INDEX IF NOT EXISTS file_sop ON file (sop);
CREATE INDEX IF NOT EXISTS file_receipt ON file (receipt, state);
"""
STATES = ("waiting", "cleaned", "sent", "held", "discarded")


@dataclass(frozen=True)
class Received:
    """A file that came: when, how large, and the keyed names of its study, its instance and its content."""

    name: str
    received_at: float
    size: int
    study: str
    sop: str
    fingerprint: str


@dataclass(frozen=True)
class Cleaned:
    """A file that was de-identified, or kept back with a reason."""

    name: str
    reason: str = ""
    study: str = ""
    sop: str = ""
    sha256: str = ""
    pixels: str = ""
    texts: int = 0
    counts: tuple[tuple[Count, int], ...] = ()


class Ledger:
    """One connection, for one thread."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, timeout=30, isolation_level=None)
        self.rows.execute("PRAGMA journal_mode = WAL")
        self.rows.execute("PRAGMA synchronous = FULL")
        self.rows.executescript(TABLES)

    def close(self) -> None:
        self.rows.close()

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self.rows.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.rows.execute("ROLLBACK")
            raise
        self.rows.execute("COMMIT")

    def known(self) -> set[str]:
        """The names of all files that are still somewhere."""
        return {name for (name,) in self.rows.execute("SELECT name FROM file WHERE is_identified = 1")}

    def take(self, files: Iterable[Received]) -> list[str]:
        """Enter files that came; those that are here already, byte for byte, are given back and not entered."""
        repeated = []
        with self._at_once():
            for each in files:
                found = self.rows.execute(
                    "SELECT fingerprint FROM file WHERE sop = ? AND sop != '' AND state != 'discarded'", [each.sop]
                ).fetchall()
                if (each.fingerprint,) in found:
                    repeated.append(each.name)
                    continue
                state, reason = ("held", "conflict") if found else ("waiting", "")
                self.rows.execute(
                    "INSERT OR IGNORE INTO file (name, received_at, size, study, sop, fingerprint, state, reason)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (each.name, each.received_at, each.size, each.study, each.sop, each.fingerprint, state, reason),
                )
        return repeated

    def state_of(self, name: str) -> str:
        """The state of a file, "" for one that is not here."""
        found = self.rows.execute("SELECT state FROM file WHERE name = ?", [name]).fetchone()
        return str(found[0]) if found else ""

    def retry_cleaned(self, name: str) -> None:
        """The de-identified file is not there after all: it is made again."""
        self.rows.execute("UPDATE file SET state = 'waiting', receipt = NULL WHERE name = ?", [name])

    def due(self, *, quiet_before: float, begun_before: float) -> list[str]:
        """Studies of which nothing more came for a while, or that have been coming for too long."""
        query = """SELECT study FROM file WHERE state = 'waiting' GROUP BY study
                   HAVING max(received_at) <= ? OR min(received_at) <= ? ORDER BY min(received_at)"""
        return [study for (study,) in self.rows.execute(query, (quiet_before, begun_before))]

    def waiting(self, study: str) -> list[str]:
        """The files of a study that are not worked on yet."""
        query = "SELECT name FROM file WHERE state = 'waiting' AND study = ? ORDER BY received_at, name"
        return [name for (name,) in self.rows.execute(query, [study])]

    def settle(self, files: Iterable[Cleaned], *, at: float) -> None:
        """Enter what became of files in de-identification."""
        with self._at_once():
            for each in files:
                if each.reason:
                    self.rows.execute(
                        "UPDATE file SET state = 'held', reason = ?, settled_at = ? WHERE name = ?",
                        (each.reason, at, each.name),
                    )
                    continue
                self.rows.execute(
                    "UPDATE file SET state = 'cleaned', reason = '', study = ?, sop = ?, sha256 = ?, pixels = ?,"
                    " texts = ?, tally = ?, receipt = NULL WHERE name = ? AND state = 'waiting'",
                    (each.study, each.sop, each.sha256, each.pixels, each.texts, self._tally(each), each.name),
                )

    def _tally(self, cleaned: Cleaned) -> int:
        counts = json.dumps(cleaned.counts)
        self.rows.execute("INSERT OR IGNORE INTO tally (counts) VALUES (?)", [counts])
        return int(self.rows.execute("SELECT id FROM tally WHERE counts = ?", [counts]).fetchone()[0])

    def without_receipt(self) -> list[str]:
        """Studies that are cleaned as far as they came, and not under a receipt."""
        query = """SELECT DISTINCT study FROM file AS one WHERE state = 'cleaned' AND receipt IS NULL AND NOT EXISTS
                   (SELECT 1 FROM file WHERE state = 'waiting' AND study = one.study)"""
        return [study for (study,) in self.rows.execute(query)]

    def account(self, study: str) -> dict[str, Any]:
        """What goes into a study's next receipt: instances, counts, texts, and how many files are kept back and why."""
        listed = self.rows.execute(
            "SELECT sop, sha256, pixels, texts FROM file WHERE state = 'cleaned' AND receipt IS NULL AND study = ?",
            [study],
        ).fetchall()
        refused = self.rows.execute(
            "SELECT reason, count(*) FROM file WHERE state = 'held' AND study = ? AND reason NOT LIKE 'server-%'"
            " GROUP BY reason",
            [study],
        )
        return {
            "instances": [Listed(*row[:3]) for row in listed],
            "counts": self._counts(study),
            "texts": sum(row[3] for row in listed),
            "refused": dict(refused.fetchall()),
        }

    def _counts(self, study: str) -> Counter[Count]:
        query = """SELECT counts, count(*) FROM file JOIN tally ON tally.id = file.tally
                   WHERE state = 'cleaned' AND receipt IS NULL AND study = ? GROUP BY tally.id"""
        total: Counter[Count] = Counter()
        for counts, times in self.rows.execute(query, [study]):
            for (tag, action, reason), number in json.loads(counts):
                total[tag, action, reason] += number * times
        return total

    def add_receipt(self, receipt: Receipt) -> None:
        """Put the files that a receipt lists under it."""
        with self._at_once():
            study = receipt["study_instance_uid"]
            number = self.rows.execute(
                "INSERT INTO receipt (study, document) VALUES (?, ?)", (study, json.dumps(receipt))
            ).lastrowid
            self.rows.executemany(
                "UPDATE file SET receipt = ? WHERE sop = ? AND sha256 = ? AND state = 'cleaned' AND receipt IS NULL",
                [(number, each["sop_instance_uid"], each["sha256"]) for each in receipt["instances"]],
            )

    def next_receipt(self) -> tuple[int, Receipt, bool] | None:
        """The oldest receipt with anything left to send, and whether the server has it."""
        row = self.rows.execute(
            "SELECT id, document, is_taken FROM receipt WHERE EXISTS"
            " (SELECT 1 FROM file WHERE receipt = receipt.id AND state = 'cleaned') ORDER BY id LIMIT 1"
        ).fetchone()
        return (int(row[0]), json.loads(row[1]), bool(row[2])) if row else None

    def receipt_is_taken(self, number: int) -> None:
        """The server has it."""
        self.rows.execute("UPDATE receipt SET is_taken = 1 WHERE id = ?", [number])

    def receipt_is_lost(self, number: int) -> None:
        """The server says that it has none: it has to be sent again."""
        self.rows.execute("UPDATE receipt SET is_taken = 0 WHERE id = ?", [number])

    def to_send(self, receipt: int) -> list[tuple[str, str, str]]:
        """The name, UID and checksum of each file under a receipt that was not sent yet."""
        query = "SELECT name, sop, sha256 FROM file WHERE receipt = ? AND state = 'cleaned' ORDER BY name"
        return list(self.rows.execute(query, [receipt]))

    def answer(self, sent: Iterable[str], held: Mapping[str, str], *, at: float) -> None:
        """Enter the server's answer by name: stored, or held with its reason."""
        with self._at_once():
            self.rows.executemany(
                "UPDATE file SET state = 'sent', settled_at = ? WHERE name = ?", [(at, name) for name in sent]
            )
            self.rows.executemany(
                "UPDATE file SET state = 'held', reason = ?, receipt = NULL, settled_at = ? WHERE name = ?",
                [(reason, at, name) for name, reason in held.items()],
            )

    def gone(self, *, settled_before: float) -> list[tuple[str, str]]:
        """Names and checksums of files that were sent or discarded so long ago that nothing of them need be kept."""
        query = """SELECT name, sha256 FROM file WHERE is_identified = 1 AND (state = 'discarded'
                   OR (state = 'sent' AND settled_at <= ?)) LIMIT 500"""
        return list(self.rows.execute(query, [settled_before]))

    def forget(self, names: Iterable[str]) -> None:
        """Their bytes are deleted."""
        with self._at_once():
            self.rows.executemany("UPDATE file SET is_identified = 0 WHERE name = ?", [(name,) for name in names])

    def drop(self, name: str) -> None:
        """A file that vanished before it was worked on."""
        self.rows.execute("DELETE FROM file WHERE name = ?", [name])

    def places(self) -> Iterator[tuple[str, str, str]]:
        """Name, state and checksum of every file whose bytes are still here."""
        yield from self.rows.execute("SELECT name, state, sha256 FROM file WHERE is_identified = 1").fetchall()

    def held(self, limit: int = 200) -> list[tuple[str, str, float, int]]:
        """Name, reason, time of arrival and size of what is kept back, the oldest first."""
        query = "SELECT name, reason, received_at, size FROM file WHERE state = 'held' ORDER BY received_at LIMIT ?"
        return list(self.rows.execute(query, [limit]))

    def retry(self, name: str = "") -> int:
        """Let one held file, or all where none is named, be worked on again."""
        query = """UPDATE file SET state = 'waiting', reason = '', receipt = NULL
                   WHERE state = 'held' AND (name = ? OR ? = '')"""
        return self.rows.execute(query, (name, name)).rowcount

    def discard(self, name: str, *, at: float) -> int:
        """Give a held file up for good."""
        query = "UPDATE file SET state = 'discarded', settled_at = ? WHERE state = 'held' AND name = ?"
        return self.rows.execute(query, (at, name)).rowcount

    def by_state(self) -> dict[str, int]:
        """How many files are in each state."""
        found = dict(self.rows.execute("SELECT state, count(*) FROM file GROUP BY state"))
        return {state: found.get(state, 0) for state in STATES}

    def oldest_waiting_at(self) -> float | None:
        """When the oldest file came that is not sent and not held."""
        query = "SELECT min(received_at) FROM file WHERE state IN ('waiting', 'cleaned')"
        [found] = self.rows.execute(query).fetchone()
        return None if found is None else float(found)

    def sent_since(self, moment: float) -> int:
        """How many files were stored by the server since then."""
        query = "SELECT count(*) FROM file WHERE state = 'sent' AND settled_at > ?"
        return int(self.rows.execute(query, [moment]).fetchone()[0])
