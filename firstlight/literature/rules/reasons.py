"""A plan's reasons as somebody writes them: one a line."""


def lines_of(text: str) -> list[str]:
    """Each line that says something, once."""
    return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
