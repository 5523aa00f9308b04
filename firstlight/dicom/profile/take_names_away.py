"""Takes names out of `english.json`: `python -m firstlight.dicom.profile.take_names_away NAMES TEXTS`.

NAMES is the folder `names_dataset/v3` of PyPI's names-dataset: the first and last names that are frequent in each
of 105 countries. TEXTS is a folder of English texts. A word that is such a name, and that the texts hardly have in
lower case, stays in lower case alone. No list of names is kept.
"""

import gzip
import json
import pickle
import re
import sys
from collections import Counter
from pathlib import Path

from firstlight.dicom import vocabulary
from firstlight.dicom.vocabulary import Standing

WORDS = Path(__file__).with_name("english.json")
MOST_FREQUENT = 300
RARELY = 3
LONGEST_FORMED = 8
# Names somewhere, and words of the trade or of a protocol all the same.
_OF_THE_TRADE = (
    "ail ain alae anastasis anil antero anti arena balsa bland blends blink blinks bran callus capita "
    "ceca cilia cornea deli demise effendi endo enow fer flour gap gape gases gem hen hoe imperial jam "
    "jaw lame lieu lighting limber lye lyse macula mags mite mites naris nip pillow pinky pinna pip pule "
    "puma rain rainbow rams recto rehab resid ski soh solo sow tamer tan tun vane wee weld "
)
_IN_LOWER_CASE = re.compile(r"(?<![A-Za-z_.'@/\\-])[a-z]{3,}(?![A-Za-z_(@/\\-])")


def main(names: Path, texts: Path) -> None:
    """Move the words that are names, beside this file."""
    tables = json.loads(WORDS.read_text("utf-8"))
    frequent = _frequent(names / "first_names.pkl.gz") | _frequent(names / "last_names.pkl.gz")
    said = Counter(word for path in texts.rglob("*") if path.is_file() for word in _words_of(path))
    listed = {word for words in tables["words"].values() for word in words.split()}
    moved = {word for word in frequent & listed if said[word] < RARELY} - {*_OF_THE_TRADE.split()}
    formed = {name for name in frequent - listed if len(name) <= LONGEST_FORMED and _is_formed(name)}
    for letter, words in tables["words"].items():
        tables["words"][letter] = " ".join(word for word in words.split() if word not in moved)
    tables["lower"] = " ".join(sorted({*tables["lower"].split(), *moved, *formed}))
    WORDS.write_text(json.dumps(tables, ensure_ascii=False, indent=0) + "\n", "utf-8")


def _frequent(path: Path) -> set[str]:
    with gzip.open(path) as file:
        names = pickle.load(file)  # noqa: S301 - a data set of a package that whoever runs this has chosen
    frequent = (
        name for name, told in names.items() if any(rank and rank <= MOST_FREQUENT for rank in told["rank"].values())
    )
    return {name.lower() for name in frequent if re.fullmatch("[A-Za-z]{3,}", name)}


def _words_of(path: Path) -> list[str]:
    return _IN_LOWER_CASE.findall(path.read_text("utf-8", "replace"))


def _is_formed(name: str) -> bool:
    """Whether a name would be taken for the plural or the like of a listed word."""
    return vocabulary.standing(name) == Standing.FIRM and name not in vocabulary.clinical()["firm"]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
