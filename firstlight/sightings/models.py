from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from firstlight.imaging.models import Series
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member, Role


class SightingQuerySet(models.QuerySet["Sighting"]):
    def reported(self, at: datetime) -> Self:
        """Those that had come in by that moment."""
        return self.filter(reported_at__lte=at)

    def waiting(self, at: datetime) -> Self:
        """Those that nobody had finished with at that moment, the oldest first."""
        return self.reported(at).filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at)).order_by("reported_at", "pk")

    def visible_to(self, member: Member) -> Self:
        """An editor sees every report, anyone else their own."""
        return self if member.has_role(Role.EDITOR) else self.filter(reported_by=member)


class Sighting(models.Model):
    """What a radiologist saw of the new disease, as they wrote it; others read it only through what becomes of it."""

    class Modality(models.TextChoices):
        CT = "CT", _("CT")
        RADIOGRAPH = "DX", _("Radiograph")
        ULTRASOUND = "US", _("Ultrasound")
        OTHER = "OT", _("Another examination")

    class Confirmation(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed by a test")
        SUSPECTED = "suspected", _("Suspected, not confirmed yet")
        EXCLUDED = "excluded", _("Looked like it, but was not")

    class Outcome(models.TextChoices):
        USED = "used", _("Became something")
        ANSWERED = "answered", _("Answered")
        REPEATED = "repeated", _("Known already")

    key = models.UUIDField(unique=True, help_text="made by the form, so that sending twice makes one report")
    outbreak = models.ForeignKey(
        Outbreak, on_delete=models.PROTECT, null=True, blank=True, related_name="sightings", verbose_name=_("Outbreak")
    )
    reported_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sightings")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True)
    reported_at = models.DateTimeField(db_index=True)
    seen_on = models.DateField(_("Seen on"), null=True, blank=True)
    modality = models.CharField(_("Examination"), max_length=2, choices=Modality)
    confirmation = models.CharField(_("Diagnosis"), max_length=9, choices=Confirmation)
    patients = models.PositiveSmallIntegerField(_("How many patients"), default=1)
    findings = models.JSONField(default=dict, blank=True)
    text = models.TextField(_("What did you see?"), blank=True)
    tips = models.TextField(_("Tips for handling such a patient in the department"), blank=True)
    may_be_named = models.BooleanField(_("My name may be shown with it"), default=False)
    taken_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    series = models.ManyToManyField(Series, through="SightingSeries", related_name="sightings")

    objects = SightingQuerySet.as_manager()

    class Meta:
        ordering = ("-reported_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="sightings_closed_with_an_outcome",
            ),
        )

    def __str__(self) -> str:
        return f"field report {self.pk}"


class SightingSeries(models.Model):
    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE)
    series = models.ForeignKey(Series, on_delete=models.PROTECT)
    place = models.PositiveIntegerField()

    class Meta:
        ordering = ("place", "pk")
        constraints = (models.UniqueConstraint(fields=("sighting", "series"), name="sightings_series_once_a_report"),)

    def __str__(self) -> str:
        return f"series {self.series_id} of field report {self.sighting_id}"


class Step(models.Model):
    """One thing an editor did with a report: what, when, and a word to its author."""

    class What(models.TextChoices):
        TAKEN = "taken", _("Taken up")
        RELEASED = "released", _("Put back")
        ANSWERED = "answered", _("Answered")
        REPEATED = "repeated", _("Closed as known already")
        USED = "used", _("Used")
        REOPENED = "reopened", _("Opened again")

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What)
    word = models.TextField(blank=True)
    kind = models.CharField(max_length=20, blank=True, help_text="what it became: notice, case…")
    url = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.what}: field report {self.sighting_id}"
