"""What a run has done so far, kept on disk so that memory stays flat; being open, it is also the run's lock."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from firstlight.dicom.receipts import Count, Listed

if TYPE_CHECKING:
    from firstlight.dicom.folder import FileOutcome

TABLES = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
BEGIN EXCLUSIVE;
DROP TABLE IF EXISTS claim; DROP TABLE IF EXISTS source; DROP TABLE IF EXISTS tally; DROP TABLE IF EXISTS refusal;
DROP TABLE IF EXISTS about; DROP TABLE IF EXISTS said;
CREATE TABLE claim (
    path TEXT PRIMARY KEY, sha256 TEXT, study TEXT, sop TEXT, tally INTEGER, conflict INTEGER, pixels TEXT,
    texts INTEGER, said INTEGER
);
CREATE TABLE source (path TEXT, source BLOB);
CREATE TABLE tally (id INTEGER PRIMARY KEY, counts TEXT UNIQUE);
CREATE TABLE said (id INTEGER PRIMARY KEY, texts TEXT UNIQUE);
CREATE TABLE about (study TEXT, about TEXT, source BLOB, PRIMARY KEY (study, about)) WITHOUT ROWID;
CREATE TABLE refusal (study TEXT, reason TEXT);
CREATE INDEX claim_study ON claim (study);
CREATE INDEX source_path ON source (path);
CREATE INDEX refusal_study ON refusal (study);
"""


class Claim(NamedTuple):
    """Who holds an output name."""

    sha256: str
    conflict: bool


class Ledger:
    """The claims, refusals and counts of one run."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, timeout=0, isolation_level=None)
        self.rows.executescript(TABLES)
        self.last: dict[str, tuple[object, int]] = {}

    def close(self) -> None:
        self.rows.close()

    def settle(self) -> None:
        """Write what is pending, and keep the lock."""
        self.rows.execute("COMMIT")

    def claimed(self, path: str) -> Claim | None:
        row = self.rows.execute("SELECT sha256, conflict FROM claim WHERE path = ?", [path]).fetchone()
        return Claim(row[0], bool(row[1])) if row else None

    def claim(self, outcome: "FileOutcome") -> None:
        tally = self._tally(outcome)
        row = (
            outcome.path, outcome.sha256, outcome.study_instance_uid, outcome.sop_instance_uid, tally,
            outcome.pixels, outcome.texts, self._said(outcome),
        )  # fmt: skip
        self.rows.execute("INSERT INTO claim VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)", row)
        self.repeat(outcome)

    def repeat(self, outcome: "FileOutcome") -> None:
        """The same content from one more file."""
        name = outcome.source.encode("utf-8", "surrogateescape")
        self.rows.execute("INSERT INTO source VALUES (?, ?)", (outcome.path, name))

    def _tally(self, outcome: "FileOutcome") -> int:
        return self._numbered("tally", "counts", outcome.counts)

    def _said(self, outcome: "FileOutcome") -> int:
        return self._numbered("said", "texts", outcome.said)

    def _numbered(self, table: str, column: str, rows: tuple[object, ...]) -> int:
        """The number of a row of rows, each kept once; the files of a series mostly share the very same."""
        known = self.last.get(table)
        if known is None or known[0] is not rows:
            text = json.dumps(rows)
            self.rows.execute(f"INSERT OR IGNORE INTO {table} ({column}) VALUES (?)", [text])  # noqa: S608 - our names
            found = self.rows.execute(f"SELECT id FROM {table} WHERE {column} = ?", [text])  # noqa: S608
            known = self.last[table] = (rows, int(found.fetchone()[0]))
        return known[1]

    def hear(self, outcome: "FileOutcome") -> None:
        """Remember that a study has a file about these people and numbers, and one file that tells of them."""
        if outcome.study_instance_uid and outcome.about:
            name = outcome.source.encode("utf-8", "surrogateescape")
            row = (outcome.study_instance_uid, outcome.about, name)
            self.rows.execute("INSERT OR IGNORE INTO about VALUES (?, ?, ?)", row)

    def studies_about_several(self) -> list[str]:
        """The studies whose files do not all tell of the same people and numbers."""
        return [study for (study,) in self.rows.execute("SELECT study FROM about GROUP BY study HAVING count(*) > 1")]

    def sources_about(self, study: str) -> list[str]:
        """One file for each of the identities that a study's files tell of."""
        found = self.rows.execute("SELECT source FROM about WHERE study = ? ORDER BY about", [study]).fetchall()
        return [name.decode("utf-8", "surrogateescape") for (name,) in found]

    def told(self, study: str, tells: Callable[[list[str]], bool]) -> list[tuple[str, str]]:
        """The source and the output name of every file of a study whose texts tell of somebody."""
        query = """SELECT DISTINCT said.id, said.texts FROM said JOIN claim ON said.id = claim.said
                   WHERE study = ? AND conflict = 0"""
        telling = [number for number, texts in self.rows.execute(query, [study]).fetchall() if tells(json.loads(texts))]
        files = """SELECT min(source), claim.path FROM claim JOIN source ON source.path = claim.path
                   WHERE study = ? AND conflict = 0 AND claim.said = ? GROUP BY claim.path ORDER BY claim.path"""
        found = (row for number in telling for row in self.rows.execute(files, (study, number)).fetchall())
        return [(name.decode("utf-8", "surrogateescape"), path) for name, path in found]

    def amend(self, outcome: "FileOutcome") -> None:
        """The second result of a file under the same output name."""
        row = (
            outcome.sha256, self._tally(outcome), outcome.pixels, outcome.texts, self._said(outcome), outcome.path,
        )  # fmt: skip
        change = "UPDATE claim SET sha256 = ?, tally = ?, pixels = ?, texts = ?, said = ? WHERE path = ?"
        self.rows.execute(change, row)

    def withdraw(self, path: str) -> list[str]:
        """Mark an output name as in conflict; the files that had been done under it."""
        self.rows.execute("UPDATE claim SET conflict = 1 WHERE path = ?", [path])
        found = self.rows.execute("DELETE FROM source WHERE path = ? RETURNING source", [path]).fetchall()
        return [name.decode("utf-8", "surrogateescape") for (name,) in found]

    def refuse(self, source: str, reason: str, study: str) -> None:
        self.rows.execute("INSERT INTO refusal VALUES (?, ?)", (study, reason))

    def done(self) -> int:
        return int(self.rows.execute("SELECT count(*) FROM source").fetchone()[0])

    def reasons(self) -> dict[str, int]:
        return dict(self.rows.execute("SELECT reason, count(*) FROM refusal GROUP BY reason"))

    def studies(self) -> Iterator[str]:
        """Every study that a file of this run belongs to, in order."""
        query = (
            "SELECT study FROM claim WHERE conflict = 0 UNION SELECT study FROM refusal WHERE study != '' ORDER BY 1"
        )
        for (study,) in self.rows.execute(query):
            yield study

    def study_count(self) -> int:
        return int(self.rows.execute("SELECT count(DISTINCT study) FROM claim WHERE conflict = 0").fetchone()[0])

    def instances(self, study: str) -> list[Listed]:
        query = "SELECT sop, sha256, pixels FROM claim WHERE study = ? AND conflict = 0"
        return [Listed(*row) for row in self.rows.execute(query, [study])]

    def texts(self, study: str) -> int:
        """How many texts of a study's output were searched for anything left."""
        query = "SELECT coalesce(sum(texts), 0) FROM claim WHERE study = ? AND conflict = 0"
        return int(self.rows.execute(query, [study]).fetchone()[0])

    def refusals(self, study: str) -> dict[str, int]:
        return dict(self.rows.execute("SELECT reason, count(*) FROM refusal WHERE study = ? GROUP BY reason", [study]))

    def counts(self, study: str) -> Counter[Count]:
        query = """SELECT counts, count(*) FROM claim JOIN tally ON tally.id = claim.tally
                   WHERE study = ? AND conflict = 0 GROUP BY tally.id"""
        total: Counter[Count] = Counter()
        for counts, times in self.rows.execute(query, [study]):
            for (tag, action, reason), number in json.loads(counts):
                total[tag, action, reason] += number * times
        return total
