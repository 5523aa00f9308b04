"""The guidelines that ship with Firstlight, as TOML files in `content/`."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "content"


@cache
def shipped() -> dict[str, str]:
    """The text of each guideline that ships, by its slug."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))}
