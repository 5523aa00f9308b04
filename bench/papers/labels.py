"""Files whose doubles are known: real titles, told again as six sources would tell them, each record with its answer.

Nothing of Firstlight is used. A record carries `truth:N` among its keywords: two records with the same N are one paper.
What is drawn: case, punctuation, accents, a letter mistyped, authors cut short or as initials, no DOI, ahead of print a
year earlier, titles without their subtitle. What must stay apart: errata with the title of what they correct, parts I
and II, reports that return after two years, replies, papers of the same title by others, preprints and their articles.
"""

import json
import random
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape

from papers.corpus import Paper, papers

LATEX = {
    "ü": '{\\"u}', "ö": '{\\"o}', "é": "{\\'e}", "è": "{\\`e}", "á": "{\\'a}", "í": "{\\'i}", "ó": "{\\'o}",
    "ø": "{\\o}", "å": "{\\aa}", "Å": "{\\AA}", "ç": "{\\c c}", "Ç": "{\\c C}", "ñ": "{\\~n}", "Ø": "{\\O}",
}  # fmt: skip


@dataclass
class Files:
    """The records of each source, as its file writes them."""

    pubmed: list[str] = field(default_factory=list)
    crossref: list[dict[str, object]] = field(default_factory=list)
    medrxiv: list[dict[str, object]] = field(default_factory=list)
    csl: list[dict[str, object]] = field(default_factory=list)
    ris: list[str] = field(default_factory=list)
    bibtex: list[str] = field(default_factory=list)
    preprints_of: list[tuple[int, int]] = field(default_factory=list)


class Teller:
    """Tells papers as sources do; `truth` counts the papers told."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.files = Files()
        self.truth = 0

    def new(self) -> int:
        """The number of the next paper."""
        self.truth += 1
        return self.truth

    # how sources bend what they tell

    def bent(self, title: str) -> str:
        """The title in another case and punctuation, perhaps with a letter mistyped."""
        way = self.chance.randrange(6)
        if way == 0:
            title = title.upper()
        elif way == 1:
            title = title.title()
        elif way == 2:
            title = title.replace("-", " ").replace(":", " -")
        elif way == 3:
            title = title.replace(":", ".").replace("'", "’").replace("-", "‐") + "."
        elif way == 4 and len(title) > 45:
            at = self.chance.randrange(25, len(title) - 10)
            if title[at : at + 2].isalpha():
                title = title[:at] + title[at + 1] + title[at] + title[at + 2 :]
        return self.plain(title) if self.chance.random() < 0.3 else title

    @staticmethod
    def plain(text: str) -> str:
        return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))

    def people(self, paper: Paper) -> list[tuple[str, str]]:
        """The authors, sometimes the first few, sometimes without accents, sometimes by initials."""
        told = list(paper.authors)
        if len(told) > 3 and self.chance.random() < 0.3:
            told = told[: self.chance.choice((1, 3))]
        if self.chance.random() < 0.3:
            told = [(self.plain(family), given) for family, given in told]
        if self.chance.random() < 0.5:
            told = [(family, " ".join(f"{part[0]}." for part in given.split())) for family, given in told]
        return told

    # the sources

    def to_pubmed(
        self, paper: Paper, truth: int, *, kind: str = "Journal Article", doi: bool = True, title: str = ""
    ) -> None:
        people = "".join(
            f"<Author><LastName>{escape(f)}</LastName><ForeName>{g}</ForeName></Author>" for f, g in paper.authors
        )
        name = f'<ArticleId IdType="doi">{paper.doi}</ArticleId>' if doi else ""
        pmid = 50000000 + len(self.files.pubmed)
        self.files.pubmed.append(
            f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article PubModel="Print"><Journal>'
            f"<JournalIssue><Volume>{paper.volume}</Volume><Issue>4</Issue><PubDate><Year>{paper.year}</Year>"
            f"<Month>{paper.month:02d}</Month></PubDate></JournalIssue><Title>{escape(paper.journal)}</Title></Journal>"
            f"<ArticleTitle>{escape(title or paper.title)}.</ArticleTitle><Pagination>"
            f"<MedlinePgn>{paper.first_page}-{paper.first_page + 7}</MedlinePgn></Pagination>"
            f"<AuthorList>{people}</AuthorList><PublicationTypeList><PublicationType>{kind}</PublicationType>"
            f"</PublicationTypeList></Article><KeywordList><Keyword>truth:{truth}</Keyword></KeywordList>"
            f"</MedlineCitation><PubmedData><PublicationStatus>ppublish</PublicationStatus>"
            f"<ArticleIdList>{name}</ArticleIdList></PubmedData></PubmedArticle>\n"
        )

    def to_crossref(self, paper: Paper, truth: int, *, ahead: bool = False) -> None:
        online = {"date-parts": [[paper.year - 1 if ahead and paper.month < 4 else paper.year, paper.month]]}
        placed = {} if ahead else {"volume": str(paper.volume), "page": f"{paper.first_page}-{paper.first_page + 7}",
                                   "published-print": {"date-parts": [[paper.year, paper.month]]}}  # fmt: skip
        self.files.crossref.append({
            "DOI": paper.doi.upper() if self.chance.random() < 0.3 else paper.doi, "type": "journal-article",
            "title": [self.bent(paper.title)], "container-title": [paper.journal], "published-online": online, **placed,
            "author": [{"family": f, "given": g} for f, g in self.people(paper)], "subject": [f"truth:{truth}"],
        })  # fmt: skip

    def to_ris(
        self, paper: Paper, truth: int, *, doi: bool = False, ahead: bool = False, title: str = "", people: bool = True
    ) -> None:
        lines = ["TY  - JOUR", f"TI  - {title or self.bent(paper.title)}", f"JO  - {paper.journal}"]
        lines += [f"AU  - {f}, {g}" for f, g in self.people(paper)] if people else []
        if ahead:
            lines += [f"PY  - {paper.year - self.chance.randrange(2)}", "N1  - Online ahead of print"]
        else:
            lines += [
                f"PY  - {paper.year}",
                f"VL  - {paper.volume}",
                f"SP  - {paper.first_page}",
                f"EP  - {paper.first_page + 7}",
            ]
        lines += [f"DO  - https://doi.org/{paper.doi}"] if doi else []
        self.files.ris.append("\n".join([*lines, f"KW  - truth:{truth}", "ER  - ", ""]))

    def to_bibtex(self, paper: Paper, truth: int, *, doi: bool = False) -> None:
        title = self.bent(paper.title).replace("&", "\\&").replace("%", "\\%").replace("_", "\\_").replace("$", "\\$")
        names = " and ".join(f"{f}, {g}" for f, g in self.people(paper))
        for letter, latex in LATEX.items():
            names = names.replace(letter, latex)
        name = f"  doi = {{{paper.doi}}},\n" if doi else ""
        title = title.replace("{", "").replace("}", "").replace("#", "\\#").replace("^", "").replace("~", " ")
        self.files.bibtex.append(
            f"@article{{key{len(self.files.bibtex)},\n  title = {{{{{title}}}}},\n  author = {{{names}}},\n{name}"
            f"  journal = {{{paper.journal.replace('&', chr(92) + '&')}}},\n  year = {{{paper.year}}},\n"
            f"  keywords = {{truth:{truth}}}\n}}\n"
        )

    def to_csl(self, paper: Paper, truth: int, *, doi: bool = False) -> None:
        name = {"DOI": paper.doi} if doi else {}
        self.files.csl.append({
            "type": "article-journal", "title": self.bent(paper.title), "container-title": paper.journal,
            "author": [{"family": f, "given": g} for f, g in self.people(paper)],
            "issued": {"date-parts": [[paper.year, paper.month]]}, "volume": str(paper.volume),
            "page": f"{paper.first_page}-{paper.first_page + 7}", "keyword": f"truth:{truth}", **name,
        })  # fmt: skip

    def to_medrxiv(self, paper: Paper, truth: int, *, version: int = 1) -> None:
        day = f"{paper.year - (paper.month == 1)}-{(paper.month + 10) % 12 + 1:02d}-{paper.day:02d}"
        self.files.medrxiv.append({
            "doi": f"10.1101/{day.replace('-', '.')}.{20000000 + paper.number}", "title": self.bent(paper.title),
            "authors": "; ".join(f"{f}, {'. '.join(p[0] for p in g.split())}." for f, g in paper.authors),
            "date": day, "version": str(version), "server": "medRxiv", "category": f"truth:{truth}", "abstract": "",
        })  # fmt: skip

    # what becomes of a paper

    def tell(self, paper: Paper) -> None:
        """One paper in two to four of the ways papers come, and now and then what looks like it."""
        truth = self.new()
        ways = [
            lambda: self.to_pubmed(paper, truth, doi=self.chance.random() < 0.9),
            lambda: self.to_crossref(paper, truth),
            lambda: self.to_crossref(paper, truth, ahead=True),
            lambda: self.to_ris(paper, truth, doi=self.chance.random() < 0.5),
            lambda: self.to_ris(paper, truth, ahead=True),
            lambda: self.to_bibtex(paper, truth, doi=self.chance.random() < 0.5),
            lambda: self.to_csl(paper, truth, doi=self.chance.random() < 0.5),
        ]
        for way in self.chance.sample(ways, k=self.chance.randint(2, 4)):
            way()
        self._what_looks_like_it(paper, truth)

    def _what_looks_like_it(self, paper: Paper, truth: int) -> None:
        """In half of the cases something beside it: another paper that looks like it, or itself told badly."""
        way = self.chance.randrange(20)
        other = replace(paper, number=paper.number + 10**6)
        if way < 5:
            self._another(way, paper, other)
        elif way == 5:
            reply = replace(other, authors=(("Quillfeather", "Ned"),), title=f"Reply to: {paper.title}")
            self.to_pubmed(reply, self.new())
        elif way in {6, 7}:
            self._preprint(paper, truth, versions=way - 5)
        elif way == 8 and ": " in paper.title and len(paper.title.split(": ")[0].split()) >= 6:
            self.to_ris(paper, truth, title=paper.title.split(": ")[0])
        elif way == 9:
            self.to_ris(paper, truth, people=False, title=paper.title)

    def _another(self, way: int, paper: Paper, other: Paper) -> None:
        if way == 0:
            self.to_pubmed(other, self.new(), kind="Published Erratum", doi=False)
        elif way == 1:
            self.to_ris(other, self.new(), title=f"Erratum to: {paper.title}")
        elif way == 2:
            self._parts(paper, other)
        elif way == 3:
            later = replace(other, year=paper.year + 2, volume=paper.volume + 2, first_page=paper.first_page + 40)
            self.to_ris(later, self.new())
        else:
            people = tuple(reversed([*paper.authors, ("Abernathy", "Zoe"), ("Quillfeather", "Ned")]))
            self.to_ris(replace(other, authors=people, first_page=paper.first_page + 300), self.new())

    def _parts(self, paper: Paper, other: Paper) -> None:
        second = self.new()
        other = replace(other, first_page=paper.first_page + 8)
        self.to_pubmed(replace(other, title=f"{paper.title}. Part II"), second)
        self.to_ris(replace(other, title=f"{paper.title}: part 2"), second)
        self.to_ris(replace(other, first_page=paper.first_page + 16, title=f"{paper.title}: Part III"), self.new())

    def _preprint(self, paper: Paper, truth: int, *, versions: int) -> None:
        preprint = self.new()
        for version in range(1, versions + 1):
            self.to_medrxiv(paper, preprint, version=version)
        self.files.preprints_of.append((preprint, truth))


def write(folder: Path, into: Path, count: int, *, seed: int = 20200120) -> tuple[int, list[tuple[int, int]]]:
    """The files in a folder; gives how many papers there are, and which preprint is which article's."""
    teller = Teller(seed)
    for paper in papers(folder, count, seed=seed):
        teller.tell(paper)
    told = teller.files
    for each in (told.pubmed, told.crossref, told.medrxiv, told.csl, told.ris, told.bibtex):
        teller.chance.shuffle(each)  # type: ignore[arg-type]  # lists of several kinds
    (into / "a.ris").write_text("\n".join(told.ris), encoding="utf-8")
    (into / "b.xml").write_text(f"<PubmedArticleSet>\n{''.join(told.pubmed)}</PubmedArticleSet>\n", encoding="utf-8")
    (into / "c.bib").write_text("\n".join(told.bibtex), encoding="utf-8")
    (into / "d.json").write_text(
        json.dumps({"message-type": "work-list", "message": {"items": told.crossref}}), encoding="utf-8"
    )
    (into / "e.json").write_text(json.dumps(told.csl), encoding="utf-8")
    (into / "f.json").write_text(json.dumps({"collection": told.medrxiv}), encoding="utf-8")
    return teller.truth, told.preprints_of
