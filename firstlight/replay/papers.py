"""The papers of a replay: known on the day they became known, ahead of print first, in print when they were."""

from datetime import datetime
from pathlib import Path
from typing import Any

from firstlight.literature.actions.indexing import index_new
from firstlight.literature.actions.screening import describe, vote
from firstlight.literature.actions.taking_in import take_in
from firstlight.literature.models import Listing
from firstlight.literature.rules.identifiers import named
from firstlight.literature.rules.record import DATES, Author, PaperRecord, Related
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.replay.script import KOREA_2020, moment, read_toml

EDITOR = "yeo"
SOURCE = "replay"


def play_papers(outbreak: Outbreak, members: dict[str, Member], *, folder: Path = KOREA_2020) -> None:
    """Take the replay's papers in, day by day; again, it changes nothing."""
    papers = read_toml(folder / "papers.toml")["papers"]
    steps = [(moment(state["known_on"], 11), paper, state) for paper in papers for state in paper["states"]]
    last = moment(max(state["known_on"] for _at, _paper, state in steps), 12)
    for at, paper, state in sorted(steps, key=lambda step: step[0]):
        if not _is_past(paper, state):
            taken = take_in([_record(paper, state)], at=at)
            _list(outbreak, taken.papers[0], paper, members, at=at)
    while index_new(last):
        pass


def _is_past(paper: dict[str, Any], state: dict[str, Any]) -> bool:
    """Whether the paper has come to this state, or further, before."""
    since = moment(state["known_on"], 11)
    listed = Listing.objects.filter(paper__records__source=SOURCE, paper__records__key=paper["doi"])
    return listed.filter(paper__changed_at__gte=since).exists()


def _record(paper: dict[str, Any], state: dict[str, Any]) -> PaperRecord:
    relations = []
    if paper.get("has_preprint"):
        relations.append(Related("has-preprint", "doi", paper["has_preprint"]))
    if state.get("retracted_by"):
        relations.append(Related("retracted-by", "doi", state["retracted_by"]))
    return PaperRecord(
        source=SOURCE,
        key=paper["doi"],
        title=paper["title"],
        title_ko=paper.get("title_ko", ""),
        kind=paper.get("kind", "article"),
        state=state["state"],
        journal=paper["journal"],
        journal_short=paper.get("journal_short", ""),
        volume=state.get("volume", ""),
        issue=state.get("issue", ""),
        pages=state.get("pages", ""),
        authors=tuple(_author(each) for each in paper.get("authors", [])),
        dates={name: state[name] for name in DATES if name in state},
        identifiers=named(doi=paper["doi"], pmid=paper.get("pmid", ""), pmcid=paper.get("pmcid", "")),
        relations=tuple(relations),
    )


def _author(text: str) -> Author:
    family, _comma, given = text.partition(",")
    return Author(family.strip(), given.strip())


def _list(outbreak: Outbreak, pk: int, paper: dict[str, Any], members: dict[str, Member], *, at: datetime) -> None:
    """Let an editor take it in, with its tags and why it matters."""
    listing, is_new = Listing.objects.get_or_create(outbreak=outbreak, paper_id=pk, defaults={"listed_at": at})
    if not is_new:
        return
    editor = members[EDITOR]
    vote(listing, is_included=True, reason="On imaging, or what imaging rests on", by=editor, at=at)
    listing.refresh_from_db()
    notes = {each: " ".join([paper[f"note_{each}"], _doubt(paper, each)]).strip() for each in ("ko", "en")}
    tags = [each for each in paper["tags"] if outbreak.paper_tags.filter(key=each).exists()]
    describe(listing, tags=tags, note_ko=notes["ko"], note_en=notes["en"], by=editor, at=at)


def _doubt(paper: dict[str, Any], language: str) -> str:
    """What of a paper nobody verified, said where it is shown."""
    return f"[{paper['mark']}: {paper[f'unverified_{language}']}]" if f"unverified_{language}" in paper else ""
