"""What became of a case: its versions, what each changed, and whether readers lost it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from firstlight.library.models import Case, CaseVersion, Removal
from firstlight.library.rules import CaseDocument
from firstlight.library.rules.changes import Change, changes_between

PARTS: dict[str, str | Promise] = {
    "title": _("Title"),
    "history": _("History"),
    "findings": _("Findings"),
    "diagnosis": _("Diagnosis"),
    "discussion": _("Discussion"),
    "teaching_points": _("Teaching points"),
    "references": _("References"),
    "certainty": _("Certainty of the diagnosis"),
    "licence": _("Licence"),
    "sign_off": _("Sign-off"),
    "authors": _("Authors"),
    "tags": _("Tags"),
    "images": _("Images"),
    "key_images": _("Key images"),
    "marks": _("Marks on the images"),
    "arrangement": _("How the images stand"),
    "readings": _("Structured findings"),
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a published case, as anyone may read it; `version` is None for a removal."""

    at: datetime
    kind: str
    label: str | Promise
    reason_ko: str
    reason_en: str
    version: CaseVersion | None = None


@dataclass(frozen=True)
class ChangedPart:
    """A part that differs between two versions, by the name that pages give it."""

    label: str | Promise
    change: Change


def history_of(case: Case, *, at: datetime) -> list[Event]:
    """Everything up to that moment, newest first."""
    versions = case.versions.filter(in_force_from__lte=at).select_related("submitted_by", "published_by")
    removals = case.removals.filter(removed_at__lte=at)
    told = [
        *(_published(each) for each in versions),
        *(
            Event(each.removed_at, each.kind, each.get_kind_display(), each.reason_ko, each.reason_en)
            for each in removals
        ),
    ]
    return sorted(told, key=lambda each: each.at, reverse=True)


def _published(version: CaseVersion) -> Event:
    label = version.get_kind_display()
    return Event(version.in_force_from, version.kind, label, version.reason_ko, version.reason_en, version)


def corrections_of(case: Case, *, at: datetime) -> list[CaseVersion]:
    """The versions that corrected what had stood before, newest first."""
    kinds = (CaseVersion.Kind.MINOR, CaseVersion.Kind.MAJOR)
    return list(case.versions.filter(kind__in=kinds, in_force_from__lte=at).order_by("-in_force_from"))


def removal_in_force(number: int, *, at: datetime) -> Removal | None:
    """Why readers do not find a case that they could find before; None when they can, or never could."""
    if CaseVersion.objects.in_force(at).filter(case__number=number).exists():
        return None
    removals = Removal.objects.filter(case__number=number, removed_at__lte=at)
    return removals.select_related("case__outbreak").last()


def removal_after(case: Case, *, at: datetime, now: datetime) -> Removal | None:
    """Whether a case shown as of an earlier day was taken back since, and is still gone."""
    found = removal_in_force(case.number, at=now)
    return found if found and found.removed_at > at else None


def last_version(case: Case, *, at: datetime) -> CaseVersion | None:
    """The version that readers saw last."""
    return case.versions.filter(in_force_from__lte=at).last()


def version_numbered(number: int, version: int, *, at: datetime) -> CaseVersion | None:
    """A version of a case that had been published by that moment."""
    versions = CaseVersion.objects.filter(case__number=number, number=version, in_force_from__lte=at)
    return versions.select_related("case__outbreak", "submitted_by", "published_by").first()


def changes_of(old: CaseVersion, new: CaseVersion) -> list[ChangedPart]:
    """What differs between two versions, part by part."""
    before, after = (CaseDocument.from_json(each.document) for each in (old, new))
    return [ChangedPart(PARTS[each.part], each) for each in changes_between(before, after)]
