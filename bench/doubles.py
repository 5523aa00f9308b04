"""How well doubles are found: precision and recall over pairs of records, on files whose doubles are known.

    python bench/doubles.py [COUNT] [SEED] [FOLDER]

COUNT papers (default 4,000) are told by bench/papers/labels.py from LitCovid's titles in FOLDER (default
../shared/data/literature beside the project). A pair is two records put into one paper. Prints JSON, then some of what
went wrong.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "bench")]
_TRUTH = re.compile(r"truth:(\d+)")


def main() -> None:
    count, seed = (int(each) for each in (*sys.argv[1:3], "4000", "20200120")[:2]) if len(sys.argv) > 2 else (
        int(sys.argv[1]) if len(sys.argv) > 1 else 4000, 20200120)  # fmt: skip
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else PROJECT.parent / "shared/data/literature"
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as data:
        from papers.labels import write

        papers, preprints = write(folder, Path(data), count, seed=seed)
        os.environ["FIRSTLIGHT_DATA"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
        import django

        django.setup()
        from django.core.management import call_command

        from firstlight.literature.actions.importing import import_file

        call_command("migrate", verbosity=0)
        for file in sorted(Path(data).glob("?.*")):
            outcome = import_file(file, by="bench", at=datetime(2020, 3, 1, tzinfo=UTC))
            print(
                json.dumps(
                    {"file": file.name, "counts": str(outcome.counts), "faults": [str(f) for f in outcome.faults[:3]]}
                )
            )
        score(papers, preprints)


def score(papers: int, preprints: list[tuple[int, int]]) -> None:
    """Pairs put together rightly, wrongly, and missed."""
    from firstlight.literature.models import Record, Relation

    rows = [
        (pk, paper, _truth(doc), doc) for pk, paper, doc in Record.objects.values_list("pk", "paper_id", "document")
    ]
    found, true = _pairs(rows, 1), _pairs(rows, 2)
    right, wrong, missed = found & true, found - true, true - found
    by_pk = {row[0]: row for row in rows}
    print(json.dumps({
        "papers": papers, "records": len(rows), "pairs": len(true), "wrong": len(wrong), "missed": len(missed),
        "precision": round(len(right) / max(1, len(found)), 5), "recall": round(len(right) / max(1, len(true)), 5),
    }))  # fmt: skip
    paper_of = {truth: paper for _pk, paper, truth, _doc in rows}
    linked = set(Relation.objects.filter(kind="preprint-of", scheme="paper").values_list("paper_id", "value"))
    hits = sum((paper_of[one], str(paper_of[other])) in linked for one, other in preprints if other in paper_of)
    print(json.dumps({"preprints": len(preprints), "linked": hits, "links": len(linked)}))
    for name, pairs in (("wrong", wrong), ("missed", missed)):
        kinds = Counter(tuple(sorted((by_pk[a][3]["source"], by_pk[b][3]["source"]))) for a, b in pairs)
        print(name, dict(kinds.most_common(8)))
        for a, b in sorted(pairs)[:12]:
            print("  ", _shown(by_pk[a][3]), "\n   ", _shown(by_pk[b][3]))


def _truth(document: dict[str, list[str]]) -> int:
    return next(int(found[1]) for each in document["keywords"] if (found := _TRUTH.search(each)))


def _pairs(rows: list[tuple[int, int, int, dict[str, object]]], place: int) -> set[tuple[int, int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        groups[row[place]].append(row[0])  # type: ignore[index]  # a column of numbers
    return {pair for group in groups.values() for pair in combinations(sorted(group), 2)}


def _shown(document: dict[str, object]) -> str:
    names = [each["family"] for each in document["authors"]][:4]  # type: ignore[attr-defined]
    told = [document[name] for name in ("source", "title", "dates", "volume", "pages", "identifiers")]
    return f"{told} {names}"


if __name__ == "__main__":
    main()
