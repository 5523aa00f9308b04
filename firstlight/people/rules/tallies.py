from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """How a members' list comes out: rows by what they do, roles granted beyond member, institutions new with it."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    line: int = 0
    roles: Counter[str] = field(default_factory=Counter)
    institutions: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """The four counts by name."""
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "bad": self.bad}
