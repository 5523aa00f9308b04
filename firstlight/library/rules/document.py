import re
from dataclasses import dataclass, field, replace
from typing import Any

from firstlight.library.rules.pointing import MarkView

LANGUAGES = ("ko", "en")
TEXTS = ("title", "history", "findings", "diagnosis", "discussion", "teaching_points")
TEXT_FIELDS = tuple(f"{text}_{language}" for text in TEXTS for language in LANGUAGES)
_KEY_LINK = re.compile(r"\]\(key:(\d+)\)")
_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+?)[.,;)]*$")


@dataclass(frozen=True)
class KeyImageView:
    number: int
    sop_instance_uid: str
    frame: int
    caption_ko: str
    caption_en: str

    @property
    def anchor(self) -> str:
        """The address of this image on its case's page."""
        return f"#image={self.sop_instance_uid}/{self.frame}"


@dataclass(frozen=True)
class AuthorView:
    """One author as readers see them: a member or not, with the ORCID iD they gave."""

    given_name: str
    family_name: str
    name_ko: str = ""
    orcid: str = ""
    affiliation_ko: str = ""
    affiliation_en: str = ""

    @property
    def name_en(self) -> str:
        """As it is written in English: given name first."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True)
class Reference:
    """One line of the reference list, with its DOI where it has one."""

    text: str
    doi: str


@dataclass(frozen=True)
class CaseDocument:
    """A case as a reader sees it, whether it is published, an old version or a preview."""

    number: int
    title_ko: str
    title_en: str
    history_ko: str
    history_en: str
    findings_ko: str
    findings_en: str
    diagnosis_ko: str
    diagnosis_en: str
    discussion_ko: str
    discussion_en: str
    teaching_points_ko: str
    teaching_points_en: str
    references: str
    certainty: str
    licence: str
    sign_off: str
    sign_off_note_ko: str
    sign_off_note_en: str
    is_synthetic: bool
    tags: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    key_images: list[KeyImageView] = field(default_factory=list)
    readings: dict[str, Any] = field(default_factory=dict)
    authors: list[AuthorView] = field(default_factory=list)
    consent: str = ""
    arrangement: dict[str, Any] = field(default_factory=dict)
    marks: list[MarkView] = field(default_factory=list)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "CaseDocument":
        """What `CaseVersion.document` keeps."""
        images = [KeyImageView(**each) for each in document["key_images"]]
        authors = [AuthorView(**each) for each in document.get("authors", [])]
        marks = [MarkView(**each) for each in document.get("marks", [])]
        return cls(**{**document, "key_images": images, "authors": authors, "marks": marks})

    @property
    def reference_list(self) -> list[Reference]:
        """The references, in order."""
        return [reference_of(line) for line in self.references.splitlines() if line.strip()]


def reference_of(line: str) -> Reference:
    """A reference line apart from the DOI that ends it."""
    found = _DOI.search(line.strip())
    if not found:
        return Reference(line.strip(), "")
    return Reference(re.sub(r"\s*(doi:?|https?://doi\.org/)?\s*$", "", line.strip()[: found.start()]), found[1])


def link_key_images(text: str, key_images: list[KeyImageView]) -> str:
    """The text with each [words](key:N) pointing at its image; a link to no image keeps its words alone."""
    anchors = {image.number: image.anchor for image in key_images}

    def linked(found: re.Match[str]) -> str:
        return f"]({anchors.get(int(found[1]), '#viewer')})"

    return _KEY_LINK.sub(linked, text)


def with_links(document: CaseDocument) -> CaseDocument:
    """The document with every [words](key:N) in its texts pointing at its image."""
    texts: dict[str, Any] = {
        name: link_key_images(getattr(document, name), document.key_images) for name in TEXT_FIELDS
    }
    return replace(document, **texts)


def missing_for_review(document: CaseDocument) -> list[str]:
    """What a case still lacks before a second editor can judge it, by field; one language is enough."""
    lacking = [text for text in TEXTS if not any(getattr(document, f"{text}_{each}") for each in LANGUAGES)]
    if not document.series:
        lacking.append("images")
    if not document.certainty:
        lacking.append("certainty")
    numbers = {image.number for image in document.key_images}
    cited = {int(each) for name in TEXT_FIELDS for each in _KEY_LINK.findall(getattr(document, name))}
    if cited - numbers:
        lacking.append("key_images")
    return lacking
