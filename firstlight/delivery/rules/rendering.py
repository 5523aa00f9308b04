"""Fill each person's links into a text that was taken apart once."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: words at even places, the names of links at odd ones."""

    pieces: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The links that this text wants."""
        return frozenset(self.pieces[1::2])


def compiled(text: str, names: Collection[str]) -> Template:
    """Take a text apart at the registered names in braces; any other brace stays as it stands."""
    pieces = [""]
    place = 0
    for match in _NAME.finditer(text):
        if match[1] in names:
            pieces[-1] += text[place : match.start()]
            pieces += [match[1], ""]
            place = match.end()
    pieces[-1] += text[place:]
    return Template(tuple(pieces))


def filled(template: Template, values: Mapping[str, str]) -> str:
    """The text with a value for each of its names; a value is never searched for names again."""
    pieces = template.pieces
    if len(pieces) == 1:
        return pieces[0]
    parts = list(pieces)
    parts[1::2] = [values[name] for name in pieces[1::2]]
    return "".join(parts)
