"""What may be read as FHIR: published guidelines, outbreaks, and the studies that whoever asks may see."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from firstlight.fhir.rules import guidelines
from firstlight.fhir.rules.elements import Resource, pruned
from firstlight.fhir.rules.guidelines import Edition, Place
from firstlight.fhir.rules.research import ResearchRow, research_study
from firstlight.fhir.rules.searching import Parameter, Wanted, meets, period_of, wanted_of
from firstlight.fhir.rules.studies import InstanceRow, SeriesRow, StudyRow, imaging_study
from firstlight.guidance.cds.cards import REASONS, TOPIC
from firstlight.guidance.models import GuidelineVersion
from firstlight.guidance.queries import guideline_in
from firstlight.guidance.rules.inputs import Words, shared_inputs, terms
from firstlight.imaging.models import Instance, Study
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


@dataclass(frozen=True)
class View:
    """Who reads, as of which moment, and where our addresses begin."""

    member: Member | None
    at: datetime
    root: str

    @property
    def place(self) -> Place:
        """What definitions need to know of it."""
        return Place(self.root, "", self.at)


@dataclass(frozen=True)
class Found:
    """One page of what a search found, and how many there are in all."""

    resources: list[Resource]
    total: int


@dataclass(frozen=True)
class Kind:
    """A kind of resource: what can be searched for, its summary, and how it is read."""

    name: str
    told: str
    parameters: tuple[Parameter, ...]
    summary: frozenset[str]
    all_of: Callable[[View], Iterable[Resource]] | None = None
    version: Callable[[View, str, int], Resource | None] | None = None
    search: Callable[[View, Wanted], Found] | None = None
    one: Callable[[View, str], Resource | None] | None = None

    def find(self, view: View, wanted: Wanted) -> Found:
        """A page of those that meet the criteria."""
        if self.search is not None:
            return self.search(view, wanted)
        found = [each for each in self._all(view) if meets(each, wanted, self.parameters)]
        first = (wanted.page - 1) * wanted.count
        return Found(found[first : first + wanted.count], len(found))

    def read(self, view: View, name: str) -> Resource | None:
        """The resource of that id; None where there is none, or none that may be known of."""
        if self.one is not None:
            return self.one(view, name)
        return next((each for each in self._all(view) if each["id"] == name), None)

    def _all(self, view: View) -> list[Resource]:
        return [pruned(each) for each in self.all_of(view)] if self.all_of else []


# Guidelines


def _editions(view: View, **which: Any) -> list[Edition]:
    rows = GuidelineVersion.objects.filter(guideline__outbreak__in=Outbreak.objects.known(view.at), **which)
    rows = rows.filter(in_force_from__lte=view.at) if which else rows.in_force(view.at)
    return [
        Edition(
            guideline_in(each.text), each.text, each.guideline.outbreak.slug, each.number, each.in_force_from,
            each.in_force_until,
        )
        for each in rows.select_related("guideline__outbreak").order_by("guideline__outbreak", "guideline")
    ]  # fmt: skip


Made = Callable[[Edition, Place], Resource]


def _definitions(make: Made) -> Callable[[View], Iterable[Resource]]:
    return lambda view: [make(each, view.place) for each in _editions(view)]


def _version(make: Made) -> Callable[[View, str, int], Resource | None]:
    def read(view: View, name: str, number: int) -> Resource | None:
        found = (each for each in _editions(view, number=number) if each.id == name)
        return next((pruned(make(each, view.place)) for each in found), None)

    return read


def _activities(view: View) -> Iterable[Resource]:
    return [activity for each in _editions(view) for activity in guidelines.activity_definitions(each, view.place)]


def _code_lists(view: View) -> Iterable[Resource]:
    lists: dict[str, tuple[str, dict[str, Words]]] = {
        "override-reasons": ("Reasons for overriding a card", dict(REASONS)),
        "card-topics": ("What cards are about", {"outbreak-imaging": TOPIC}),
        "ratings": (
            "What stands behind a rating",
            {"clinical-judgement": Words("임상 판단에 맡김", "Left to clinical judgement")},
        ),
    }
    for kind in ("strengths", "certainties"):
        lists[kind] = (kind.capitalize(), {name: term.label for name, term in terms(kind).items()})
    known = {each.name: each for edition in _editions(view) for each in edition.guideline.inputs}
    for each in {**shared_inputs(), **known}.values():
        if each.values:
            words = {value.name: value.label for value in each.values}
            lists[guidelines.answers_of(each.name)] = (each.question.en, words)
    return [guidelines.code_list(name, title, words, view.place) for name, (title, words) in lists.items()]


# Outbreaks


def _research(view: View) -> Iterable[Resource]:
    seen = dict(
        Study.objects.visible_to(view.member, at=view.at)
        .exclude(outbreak=None)
        .order_by()
        .values_list("outbreak")
        .annotate(Count("pk"))
    )
    for each in Outbreak.objects.known(view.at):
        row = each.as_of(view.at)
        last = each.versions.in_force(view.at).values_list("in_force_from", flat=True).first()
        closed_at = each.closed_at if each.closed_at and each.closed_at <= view.at else None
        yield research_study(
            ResearchRow(
                row.slug, Words(row.name_ko, row.name_en), Words(row.disease_ko, row.disease_en),
                Words(row.summary_ko, row.summary_en), row.icd10, each.activated_at, closed_at,
                max(filter(None, (closed_at, last, each.activated_at))), seen.get(each.pk, 0),
            ),
            root=view.root, page=reverse("outbreak", args=[each.slug]), at=view.at,
        )  # fmt: skip


# Studies


def _studies(view: View) -> QuerySet[Study]:
    """Those that may be read, each with the moment since which this reader sees it as it is."""
    known = Study.objects.visible_to(view.member, at=view.at).filter(received_at__lte=view.at)
    if view.member is not None:
        return known.annotate(changed_at=F("received_at"))
    return known.annotate(changed_at=Greatest("received_at", Coalesce("public_since", "received_at")))


def _study_resources(rows: Sequence[Any], view: View) -> list[Resource]:
    instances: dict[int, list[InstanceRow]] = {}
    wanted = Instance.objects.filter(series__study__in=[each.pk for each in rows])
    columns = ("series_id", "sop_instance_uid", "sop_class_uid", "instance_number")
    for series, uid, kind, number in wanted.values_list(*columns):
        instances.setdefault(series, []).append(InstanceRow(uid, kind, number))
    return [pruned(imaging_study(_study_row(each, instances), root=view.root)) for each in rows]


def _study_row(study: Any, instances: dict[int, list[InstanceRow]]) -> StudyRow:
    return StudyRow(
        study.study_instance_uid,
        study.patient_id,
        study.study_on,
        study.description,
        study.outbreak.slug if study.outbreak else "",
        study.changed_at,
        tuple(
            SeriesRow(
                each.series_instance_uid, each.modality, each.series_number, each.description,
                each.body_part_examined, each.instance_count, tuple(instances.get(each.pk, ())),
            )
            for each in study.series.all()
        ),
    )  # fmt: skip


def _one_study(view: View, name: str) -> Resource | None:
    rows = list(_studies(view).filter(study_instance_uid=name).select_related("outbreak").prefetch_related("series"))
    return _study_resources(rows, view)[0] if rows else None


def _search_studies(view: View, wanted: Wanted) -> Found:
    found = _studies(view)
    for name, value in wanted.criteria:
        found = found.filter(_condition(name.partition(":")[0], value))
    total = found.count()
    first = (wanted.page - 1) * wanted.count
    page = found.order_by("-received_at", "pk").select_related("outbreak").prefetch_related("series")
    return Found(_study_resources(list(page[first : first + wanted.count]), view), total)


def _condition(name: str, value: str) -> Q:
    condition = Q(pk__in=[])
    for each in value.split(","):
        condition |= _CONDITIONS[name](each)
    return condition


def _dated(column: str) -> Callable[[str], Q]:
    def condition(value: str) -> Q:
        prefix, begins, ends = period_of(value)
        if column == "study_on":
            begins, ends = begins.date(), ends.date()  # type: ignore[assignment]  # days are compared with days
        within = Q(**{f"{column}__gte": begins, f"{column}__lte": ends})
        return {
            "eq": within, "ne": ~within, "gt": Q(**{f"{column}__gt": ends}), "ge": Q(**{f"{column}__gte": begins}),
            "lt": Q(**{f"{column}__lt": begins}), "le": Q(**{f"{column}__lte": ends}),
        }[prefix]  # fmt: skip

    return condition


def _of_modality(value: str) -> Q:
    return Q(pk__in=Study.objects.filter(series__modality=value.rpartition("|")[2]).values("pk"))


def _of_series(value: str) -> Q:
    return Q(pk__in=Study.objects.filter(series__series_instance_uid=_uid(value)).values("pk"))


def _uid(value: str) -> str:
    return value.rpartition("|")[2].removeprefix("urn:oid:")


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "_id": lambda value: Q(study_instance_uid=value),
    "_lastUpdated": _dated("changed_at"),
    "identifier": lambda value: Q(study_instance_uid=_uid(value)),
    "started": _dated("study_on"),
    "modality": _of_modality,
    "series": _of_series,
    "status": lambda value: Q(pk__isnull=False) if value.rpartition("|")[2] == "available" else Q(pk__in=[]),
    "outbreak": lambda value: Q(outbreak__slug=value),
}


def _nothing(_resource: Resource) -> list[Any]:
    return []  # the database answers these


def _identifiers(resource: Resource) -> list[tuple[str, str]]:
    return [(each["system"], each["value"]) for each in resource["identifier"]]


def _at(name: str) -> Callable[[Resource], Iterable[Any]]:
    return lambda resource: [resource.get(name)]


URL = Parameter("url", "uri", _at("url"), "The canonical address")
VERSION = Parameter("version", "token", _at("version"), "The version's number")
STATUS = Parameter("status", "token", _at("status"), "active or retired")
NAME = Parameter("name", "string", _at("name"), "The name for programs")
TITLE = Parameter("title", "string", _at("title"), "The title in English")
DATE = Parameter("date", "date", _at("date"), "Since when it is in force")
PUBLISHER = Parameter("publisher", "string", _at("publisher"), "Who publishes it")
DEFINITION = (URL, VERSION, STATUS, NAME, TITLE, DATE, PUBLISHER)
_SUMMARY = frozenset(
    [
        "url",
        "version",
        "name",
        "title",
        "type",
        "status",
        "experimental",
        "date",
        "publisher",
        "description",
        "effectivePeriod",
    ]
)
_OUTBREAK_SUMMARY = frozenset({"identifier", "title", "status", "category", "condition", "keyword", "period"})
_STUDY_SUMMARY = frozenset(
    {"identifier", "status", "modality", "subject", "started", "endpoint", "numberOfSeries", "numberOfInstances"}
    | {"note", "description", "series"}
)

KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        Kind(
            "PlanDefinition", "Published guidelines", DEFINITION, _SUMMARY,
            all_of=_definitions(guidelines.plan_definition), version=_version(guidelines.plan_definition),
        ),
        Kind(
            "ActivityDefinition", "What each recommendation is for or against", DEFINITION,
            (_SUMMARY | {"kind", "code", "doNotPerform"}) - {"type"}, all_of=_activities,
        ),
        Kind(
            "Library", "Guidelines as files, and the data they look at", DEFINITION, _SUMMARY | {"content"},
            all_of=_definitions(guidelines.library), version=_version(guidelines.library),
        ),
        Kind(
            "Questionnaire", "What a guideline asks", DEFINITION,
            (_SUMMARY | {"subjectType"}) - {"type", "description"},
            all_of=_definitions(guidelines.questionnaire), version=_version(guidelines.questionnaire),
        ),
        Kind(
            "CodeSystem", "Our own lists of codes", (URL, STATUS, NAME, TITLE),
            (_SUMMARY | {"caseSensitive", "content", "count"}) - {"type", "description", "effectivePeriod"},
            all_of=_code_lists,
        ),
        Kind(
            "ResearchStudy", "The imaging cohort of each outbreak",
            (
                Parameter("identifier", "token", _identifiers, "The outbreak's word in addresses"),
                STATUS, TITLE, Parameter("date", "date", lambda r: [r.get("period", {}).get("start")], "Since when"),
            ),
            _OUTBREAK_SUMMARY, all_of=_research,
        ),
        Kind(
            "ImagingStudy", "De-identified studies of the depository",
            (
                Parameter("identifier", "token", _nothing, "urn:dicom:uid|urn:oid:UID"),
                Parameter("started", "date", _nothing, "The study's date, shifted"),
                Parameter("modality", "token", _nothing, "A modality of one of its series"),
                Parameter("series", "token", _nothing, "The UID of one of its series"),
                STATUS, Parameter("outbreak", "token", _nothing, "The outbreak's word in addresses"),
            ),
            _STUDY_SUMMARY,
            search=_search_studies, one=_one_study,
        ),
    )
}  # fmt: skip


def search(kind: Kind, query: Sequence[tuple[str, str]], view: View, *, strict: bool) -> tuple[Found, Wanted]:
    """A page of a search; raises Refusal for what cannot be understood."""
    wanted = wanted_of(query, kind.parameters, strict=strict)
    return kind.find(view, wanted), wanted
