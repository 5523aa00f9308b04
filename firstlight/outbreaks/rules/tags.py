"""Tags of an outbreak's cases or papers as somebody writes them: one a line."""

import re

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class BadTagLine(ValueError):
    """A line that is not KEY | KOREAN | ENGLISH; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def tag_lines(text: str) -> list[tuple[str, str, str]]:
    """Tags written one a line as KEY | KOREAN | ENGLISH; raises BadTagLine for any other line and a repeated key."""
    tags: dict[str, tuple[str, str, str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not all(parts) or not _KEY.fullmatch(parts[0]) or parts[0] in tags:
            raise BadTagLine(number)
        tags[parts[0]] = (parts[0], parts[1], parts[2])
    return list(tags.values())
