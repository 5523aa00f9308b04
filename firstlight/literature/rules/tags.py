"""A plan's tags and reasons as somebody writes them: one a line."""

import re

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class BadTagLine(ValueError):
    """A line that is no tag; `line` counts from one."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def tag_lines(text: str) -> list[tuple[str, str, str]]:
    """(key, Korean, English) of each line `key | Korean | English`; raises BadTagLine."""
    found: list[tuple[str, str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [each.strip() for each in line.split("|")]
        if len(parts) != 3 or not all(parts) or not _KEY.fullmatch(parts[0]) or parts[0] in {key for key, *_ in found}:
            raise BadTagLine(number)
        found.append((parts[0], parts[1], parts[2]))
    return found


def lines_of(text: str) -> list[str]:
    """Each line that says something, once."""
    return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
