"""Writes the everyday words of `korean.json`: `python -m firstlight.dicom.profile.generate_korean DICTIONARY`.

DICTIONARY is the folder of mecab-ko-dic's compiled dictionary (PyPI's python-mecab-ko-dic, `mecab_ko_dic/dictionary`;
Apache License 2.0). Of it stay the most frequent common nouns and adverbs; names of persons and places are only taken
away.
"""

import json
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firstlight.dicom.romanization import surnames
from firstlight.dicom.vocabulary import Standing, hangul_standing

WORDS = Path(__file__).with_name("korean.json")
HEAD, ENTRY = struct.Struct("<10I32s"), struct.Struct("<HHHhII")  # of MeCab's compiled dictionary
MOST_COST = 2605  # the nine thousand commonest; what follows is rarer than everyday speech
LONGEST = 5
GIVEN_TWICE, GIVEN_THRICE = 2, 3
_HANGUL = re.compile("[가-힣]+")


@dataclass
class Lexicon:
    """Common words by their cost (the lower, the more frequent), and the names to be kept out."""

    costs: dict[str, int] = field(default_factory=dict)
    persons: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)

    def given(self) -> Counter[str]:
        """How many persons of three syllables have a given name."""
        return Counter(name[1:] for name in self.persons if len(name) == 3 and name[0] in surnames())


def main(dictionary: Path) -> None:
    """Write the everyday words beside this file."""
    tables = json.loads(WORDS.read_text("utf-8"))
    known = {word for key in ("words", "speech", "either") for word in tables[key].split()}
    lexicon = lexicon_of((dictionary / "sys.dic").read_bytes())
    given, taken = lexicon.given(), known | lexicon.places
    everyday = {
        word
        for word, cost in lexicon.costs.items()
        if cost <= MOST_COST
        and 2 <= len(word) <= LONGEST
        and word not in taken
        and not _may_be_a_name(word, lexicon.persons, given)
        and (word in tables["everyday"].split() or hangul_standing(word) == Standing.UNKNOWN)
    }
    tables["everyday"] = " ".join(sorted(everyday))
    lines = (f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in tables.items())
    WORDS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def lexicon_of(compiled: bytes) -> Lexicon:
    """The words of hangul in MeCab's compiled dictionary."""
    lexicon = Lexicon()
    for cost, features in _entries(compiled):
        kind, sense, _ends, word = features[:4]
        if _HANGUL.fullmatch(word) is None:
            continue
        if kind == "NNP":
            {"인명": lexicon.persons, "지명": lexicon.places}.get(sense, set()).add(word)
        elif kind in ("NNG", "XR", "MAG"):
            lexicon.costs[word] = min(cost, lexicon.costs.get(word, cost))
    return lexicon


def _entries(compiled: bytes) -> Iterator[tuple[int, list[str]]]:
    _, _, _, _, _, _, trie, entries, _, _, _ = HEAD.unpack_from(compiled)
    begin = HEAD.size + trie
    features = begin + entries
    for _, _, _, cost, place, _ in ENTRY.iter_unpack(compiled[begin:features]):
        start = features + place
        yield cost, compiled[start : compiled.index(b"\0", start)].decode("utf-8").split(",")


def _may_be_a_name(word: str, persons: set[str], given: Counter[str]) -> bool:
    if word in persons or (len(word) == 2 and given[word] >= GIVEN_TWICE):
        return True
    return len(word) == 3 and word[0] in surnames() and given[word[1:]] >= GIVEN_THRICE


if __name__ == "__main__":
    main(Path(sys.argv[1]))
