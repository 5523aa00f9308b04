"""A PubMed file of any size whose records have the length and the parts of real ones.

Titles, journals and abstracts are LitCovid's (../shared/data/literature beside the project; public domain); people,
numbers and days are drawn. Nothing of Firstlight is used.
"""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape

FAMILIES = """
Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Yoo Hong Wang Li Zhang Liu
Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Luo Zheng Smith Johnson Brown Jones Garcia Miller Davis
Martinez Lopez Wilson Anderson Thomas Taylor Moore Jackson Martin Thompson White Müller Schmidt Schneider
Fischer Weber Meyer Wagner Becker Schulz Hoffmann Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci
Marino Greco Dubois Lefèvre Moreau Laurent Simon Michel Petit García Rodríguez González Fernández López Martínez
Sánchez Pérez Gómez Silva Santos Oliveira Souza Nguyen Tran Pham Tanaka Suzuki Takahashi Watanabe Ito Yamamoto
Nakamura Kobayashi Kato Yoshida Yamada Sasaki Jørgensen Sørensen Østergaard Åkesson Björk Çelik Yılmaz Şahin
Öztürk Kowalski Nowak Wiśniewski Novák Svoboda Horváth
""".split()  # noqa: SIM905 — names are read more easily so
GIVEN = """
Soon Ho Min Jae Hyun Ji Eun Young Seung Woo Yun Kyung Hee Jin Wei Xin Yan Fang Lei Jun Ming Hui Jing Anna Maria
Peter Paul John Emily Laura Marco Giulia Pierre Claire Hans Ingrid Lars Yuki Kenji Aiko Hiroshi Carlos Ana Sofia
""".split()  # noqa: SIM905 — names are read more easily so


@dataclass(frozen=True)
class Paper:
    """A paper as the files below tell it."""

    number: int
    title: str
    journal: str
    authors: tuple[tuple[str, str], ...]
    abstract: str
    year: int
    month: int
    day: int
    volume: int
    first_page: int

    @property
    def doi(self) -> str:
        """Its DOI."""
        return f"10.{5000 + self.number % 900}/j.{self.journal.split()[0].lower()}.{self.year}.{self.number:07d}"


def titles(folder: Path) -> list[tuple[str, str]]:
    """Real titles with their journals."""
    with (folder / "litcovid_longcovid_21k.tsv").open(encoding="utf-8") as stream:
        rows = csv.reader((line for line in stream if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [(row[1].rstrip("."), row[2]) for row in rows if len(row) > 2 and len(row[1].split()) > 3]


def abstracts(folder: Path) -> list[str]:
    """Real abstracts."""
    documents = json.loads((folder / "litcovid2pubtator_2020-03.json").read_text(encoding="utf-8"))[1]
    texts = [
        part["text"] for each in documents for part in each["passages"] if part["infons"].get("type") == "abstract"
    ]
    return [each for each in texts if len(each) > 400]


def papers(folder: Path, count: int, *, seed: int = 20200120) -> Iterator[Paper]:
    """So many papers, the same for the same seed; each title once, and then with a number of its own."""
    chance = random.Random(seed)
    known, texts = titles(folder), abstracts(folder)
    for number in range(count):
        title, journal = known[number % len(known)]
        again = number // len(known)
        yield Paper(
            number=number,
            title=f"{title}: {chance.choice(GIVEN)} cohort {chance.randrange(10**6)}" if again else title,
            journal=journal,
            authors=tuple(
                (chance.choice(FAMILIES), f"{chance.choice(GIVEN)} {chance.choice(GIVEN)}")
                for _place in range(chance.randint(1, 10))
            ),
            abstract=" ".join(chance.sample(chance.choice(texts).split(". "), k=1)) + " " + chance.choice(texts),
            year=chance.randint(2019, 2023),
            month=chance.randint(1, 12),
            day=chance.randint(1, 28),
            volume=chance.randint(1, 120),
            first_page=chance.randint(1, 4000),
        )


def write_pubmed(folder: Path, count: int, stream: TextIO, *, broken_at: int = 0) -> None:
    """A baseline file of so many records; the one numbered `broken_at` has a tag that nobody closes."""
    stream.write(
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet SYSTEM "pubmed.dtd">\n<PubmedArticleSet>\n'
    )
    for place, paper in enumerate(papers(folder, count), start=1):
        stream.write(pubmed(paper).replace("</Abstract>", "") if place == broken_at else pubmed(paper))
    stream.write("</PubmedArticleSet>\n")


def pubmed(paper: Paper) -> str:
    """A paper as PubMed has it."""
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName><ForeName>{given}</ForeName><Initials>{given[0]}'
        f"</Initials><AffiliationInfo><Affiliation>Department of Radiology, {escape(family)} University Hospital,"
        f" Seoul, Korea.</Affiliation></AffiliationInfo></Author>"
        for family, given in paper.authors
    )
    day = f"<Year>{paper.year}</Year><Month>{paper.month:02d}</Month><Day>{paper.day:02d}</Day>"
    history = "".join(
        f'<PubMedPubDate PubStatus="{status}">{day}</PubMedPubDate>'
        for status in ("received", "accepted", "entrez", "pubmed", "medline")
    )
    headings = "".join(
        f'<MeshHeading><DescriptorName UI="D{place:06d}" MajorTopicYN="N">{word}</DescriptorName></MeshHeading>'
        for place, word in enumerate(
            ("Humans", "Lung", "Tomography, X-Ray Computed", "Retrospective Studies", "Pneumonia")
        )
    )
    cited = "".join(
        f'<Reference><Citation>J Radiol. 2019;{place}:1-9</Citation><ArticleIdList><ArticleId IdType="pubmed">'
        f"{31000000 + place}</ArticleId></ArticleIdList></Reference>"
        for place in range(20)
    )
    number, journal = 40000000 + paper.number, escape(paper.journal)
    pages = f"{paper.first_page}-{paper.first_page + 7}"
    return f"""<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{number}</PMID>
<DateRevised>{day}</DateRevised><Article PubModel="Print-Electronic">
<Journal><ISSN IssnType="Electronic">2005-8330</ISSN><JournalIssue CitedMedium="Internet">
<Volume>{paper.volume}</Volume><Issue>4</Issue><PubDate><Year>{paper.year}</Year><Month>{paper.month:02d}</Month></PubDate></JournalIssue>
<Title>{journal}</Title><ISOAbbreviation>{journal}</ISOAbbreviation></Journal>
<ArticleTitle>{escape(paper.title)}.</ArticleTitle><Pagination><MedlinePgn>{pages}</MedlinePgn></Pagination>
<ELocationID EIdType="doi" ValidYN="Y">{paper.doi}</ELocationID>
<Abstract><AbstractText>{escape(paper.abstract)}</AbstractText></Abstract>
<AuthorList CompleteYN="Y">{people}</AuthorList><Language>eng</Language>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList>
<ArticleDate DateType="Electronic">{day}</ArticleDate></Article>
<MedlineJournalInfo><Country>Korea</Country><MedlineTA>{journal}</MedlineTA></MedlineJournalInfo>
<MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation>
<PubmedData><History>{history}</History><PublicationStatus>ppublish</PublicationStatus>
<ArticleIdList><ArticleId IdType="pubmed">{number}</ArticleId>
<ArticleId IdType="doi">{paper.doi}</ArticleId></ArticleIdList>
<ReferenceList>{cited}</ReferenceList></PubmedData></PubmedArticle>
"""
