"""How a record is called whose source has no name for it."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from firstlight.literature.rules.matching import families_of
from firstlight.literature.rules.record import SCHEMES, Author
from firstlight.literature.rules.titles import words_of


def key_of(identifiers: Mapping[str, str], title: str, authors: Sequence[Author], day: str) -> str:
    """Its best identifier, or a number made of title, first author and year: the same in every export of a list."""
    for scheme in SCHEMES:
        if scheme in identifiers:
            return f"{scheme}:{identifiers[scheme]}"
    told = f"{' '.join(words_of(title))}|{(families_of(authors) or ('',))[0]}|{day[:4]}"
    return f"title:{blake2b(told.encode(), digest_size=16).hexdigest()}"
