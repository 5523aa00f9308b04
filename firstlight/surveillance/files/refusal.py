from typing import NamedTuple

MOST_COMPLAINTS = 20


class Complaint(NamedTuple):
    """What is wrong, and on which line of the file (counted from 1; 0 for the file as a whole)."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}" if self.line else self.sentence


class Refused(ValueError):
    """A file that cannot be used as it is; nothing of it was taken."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__("; ".join(str(each) for each in complaints))
        self.complaints = complaints


class Complaints:
    """The complaints about one file, collected until there are too many to read."""

    def __init__(self) -> None:
        self._found: list[Complaint] = []

    def add(self, line: int, sentence: str) -> None:
        """Note one; raises Refused when there are twenty."""
        self._found.append(Complaint(line, sentence))
        if len(self._found) >= MOST_COMPLAINTS:
            raise Refused([*self._found, Complaint(0, "There may be more; reading stopped here.")])

    def settle(self) -> None:
        """Raise Refused if there were any."""
        if self._found:
            raise Refused(self._found)


def refuse(line: int, sentence: str) -> Refused:
    """A refusal for one reason."""
    return Refused([Complaint(line, sentence)])
