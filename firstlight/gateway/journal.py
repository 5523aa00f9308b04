"""The log: one JSON object a line with an event, codes and counts. Whatever else a library says goes nowhere."""

import json
import logging
import sys
import warnings
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

EVENTS = logging.getLogger("firstlight.gateway")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = record.args if isinstance(record.args, dict) else {}
        return json.dumps({"at": at, "level": record.levelname.lower(), "event": record.msg, **said})


def open_journal(path: Path) -> None:
    """Write events to this file; libraries, whose messages may quote values, are silenced in this process."""
    warnings.simplefilter("ignore")
    root = logging.getLogger()
    root.handlers[:] = [logging.NullHandler()]
    handler = WatchedFileHandler(path, encoding="utf-8")
    handler.setFormatter(_Lines())
    EVENTS.handlers[:] = [handler]
    EVENTS.setLevel(logging.INFO)
    EVENTS.propagate = False
    path.chmod(0o600)


def note(event: str, **said: str | int | float) -> None:
    """One event; what is said of it are codes and numbers."""
    EVENTS.info(event, said)


def tell(sentence: str) -> None:
    """A sentence for the person at the terminal."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
