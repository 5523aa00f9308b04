"""What of a case is searched, what each part weighs, and what cases can be narrowed by."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from django.utils.translation import gettext_lazy as _

from firstlight.library.hooks import Diagnosis
from firstlight.library.rules import LANGUAGES, CaseDocument
from firstlight.library.search.places import place
from firstlight.reading.rules.findings import BadFindings, Findings, read_findings
from firstlight.reading.rules.vocabulary import Finding, Option, vocabulary
from firstlight.words import composed, texts_of, words_of

# What counts as not seen: these answers say that a finding is absent or nothing special.
UNREMARKABLE = frozenset({"none", "even", "no", "cannot_tell"})
UNREMARKABLE_GROUPS = frozenset({"image", "extent", "zones", "lungs", "quadrants", "regions", "laboratory"})
BETWEEN_TEXTS = 8
_LINK = re.compile(r"\]\([^)]*\)|\[\d{1,3}\]")


class Field(IntEnum):
    """A part of a case that is searched by itself."""

    NUMBER = 0
    TITLE = 1
    DIAGNOSIS = 2
    TAGS = 3
    SEEN = 4
    FINDINGS = 5
    TEACHING_POINTS = 6
    CAPTIONS = 7
    HISTORY = 8
    DISCUSSION = 9
    AUTHORS = 10
    OUTBREAK = 11
    MODALITY = 12


WEIGHTS = {
    Field.NUMBER: 12.0, Field.TITLE: 8.0, Field.DIAGNOSIS: 8.0, Field.TAGS: 5.0, Field.SEEN: 5.0, Field.FINDINGS: 4.0,
    Field.TEACHING_POINTS: 3.0, Field.CAPTIONS: 3.0, Field.HISTORY: 2.0, Field.DISCUSSION: 1.5, Field.AUTHORS: 6.0,
    Field.OUTBREAK: 2.0, Field.MODALITY: 4.0,
}  # fmt: skip
NAMES = {
    Field.NUMBER: _("Number"), Field.TITLE: _("Title"), Field.DIAGNOSIS: _("Diagnosis"), Field.TAGS: _("Tags"),
    Field.SEEN: _("Structured findings"), Field.FINDINGS: _("Findings"), Field.TEACHING_POINTS: _("Teaching points"),
    Field.CAPTIONS: _("Key images"), Field.HISTORY: _("History"), Field.DISCUSSION: _("Discussion"),
    Field.AUTHORS: _("Authors"), Field.OUTBREAK: _("Outbreak"), Field.MODALITY: _("Modality"),
}  # fmt: skip
TEXTS = {
    Field.TITLE: "title", Field.DIAGNOSIS: "diagnosis", Field.FINDINGS: "findings",
    Field.TEACHING_POINTS: "teaching_points", Field.HISTORY: "history", Field.DISCUSSION: "discussion",
}  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What is known of a version beside its document."""

    modalities: frozenset[str]
    study_days: int
    outbreak: str
    outbreak_names: tuple[str, ...]
    tag_labels: tuple[str, ...]
    authors: tuple[str, ...]
    year: int
    diagnoses: Sequence[Diagnosis]


@dataclass(frozen=True)
class Seen:
    """A finding that is there, in the words of the reading vocabulary."""

    finding: Finding
    option: Option

    @property
    def key(self) -> str:
        """As facets keep it."""
        return f"{self.finding.key}={self.option.key}"

    @property
    def label_ko(self) -> str:
        return self._label("ko")

    @property
    def label_en(self) -> str:
        return self._label("en")

    def _label(self, language: str) -> str:
        finding, option = (getattr(each, f"label_{language}") for each in (self.finding, self.option))
        if self.finding.kind == "presence":
            return str(finding)
        return f"{finding}: {option}" if _needs_its_question(self.finding, self.option) else str(option)


def _needs_its_question(finding: Finding, option: Option) -> bool:
    """Whether an answer says nothing alone: “right” of an effusion, “lower”, the one pattern that prevails."""
    if finding.kind != "one_of":
        return False
    return any(each.key in UNREMARKABLE for each in finding.options) or option.key in _named_by_several()


@cache
def _named_by_several() -> frozenset[str]:
    """The options of findings that take several answers."""
    several = (each for each in vocabulary().findings.values() if each.kind == "several_of")
    return frozenset(option.key for each in several for option in each.options)


def seen_in(findings: Findings) -> list[Seen]:
    """What was seen, without what is absent, unremarkable or a measure of extent."""
    return [
        Seen(finding, option)
        for finding, value in findings
        if finding.group not in UNREMARKABLE_GROUPS and not isinstance(value, int)
        for option in finding.options
        if option.key in ((value,) if isinstance(value, str) else value) and option.key not in UNREMARKABLE
    ]


def readings_of(document: CaseDocument) -> list[Findings]:
    """A case's structured findings, one a kind of image; what a later vocabulary wrote is left out."""
    found = []
    for raw in document.readings.values():
        try:
            found.append(read_findings(raw))
        except BadFindings:
            continue
    return found


def seen_on(document: CaseDocument) -> list[Seen]:
    """What was seen on any image of a case, each once."""
    return list({each.key: each for findings in readings_of(document) for each in seen_in(findings)}.values())


def texts(document: CaseDocument, around: Surroundings) -> dict[Field, list[str]]:
    """Every text of a version by the field it is searched in."""
    both = {field: [getattr(document, f"{name}_{each}") for each in LANGUAGES] for field, name in TEXTS.items()}
    return {
        **both,
        Field.NUMBER: [str(document.number)],
        Field.TAGS: [*document.tags, *around.tag_labels],
        Field.SEEN: [label for each in seen_on(document) for label in (each.label_ko, each.label_en)],
        Field.CAPTIONS: [text for each in document.key_images for text in (each.caption_ko, each.caption_en)],
        Field.AUTHORS: list(around.authors),
        Field.OUTBREAK: list(around.outbreak_names),
        Field.MODALITY: sorted(around.modalities),
    }


def plain(text: str) -> str:
    """A text without the targets of its links and its citations, hangul composed."""
    return composed(_LINK.sub("]", text))


def placed_words(by_field: Mapping[Field, Iterable[str]]) -> dict[str, list[int]]:
    """Each word with its places; no phrase reaches from one text into the next."""
    found: dict[str, list[int]] = {}
    for field, each_text in by_field.items():
        at = 0
        for text in each_text:
            for word in words_of(plain(text)):
                for form in word.forms:
                    found.setdefault(form, []).append(place(field, at))
                at += 1
            at += BETWEEN_TEXTS
    return found


def facets(document: CaseDocument, around: Surroundings) -> list[str]:
    """What a version can be narrowed by, as KIND:VALUE."""
    pairs = [
        ("outbreak", around.outbreak),
        *(("modality", each) for each in sorted(around.modalities)),
        *(("diagnosis", each) for each in diagnosed(document, around.diagnoses)),
        *(("finding", each.key) for each in seen_on(document)),
        *(("tag", each) for each in document.tags),
        ("certainty", document.certainty),
        ("sign_off", document.sign_off),
        ("synthetic", "yes" if document.is_synthetic else "no"),
        ("times", "several" if around.study_days > 1 else ""),
        *(("language", each) for each in LANGUAGES if getattr(document, f"title_{each}")),
        ("year", str(around.year)),
    ]
    return [f"{kind}:{value}" for kind, value in pairs if value]


def diagnosed(document: CaseDocument, known: Sequence[Diagnosis]) -> list[str]:
    """The keys of the diagnoses that a case's diagnosis names, and of the kinds they belong to."""
    named = [f" {' '.join(texts_of(text))} " for text in (document.diagnosis_ko, document.diagnosis_en)]
    found = [each for each in known if any(f" {' '.join(name)} " in text for text in named for name in each.words)]
    return sorted({key for each in found for key in (each.key, *each.parents)})
