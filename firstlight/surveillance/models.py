from datetime import datetime
from typing import Self

from django.db import models

from firstlight.outbreaks.models import Outbreak
from firstlight.surveillance.rules import Measure, Unit


class Delivery(models.Model):
    """One file, or one published statement, as it reached us."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, related_name="deliveries")
    source = models.CharField(max_length=20)
    shape = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    measure = models.CharField(max_length=10, blank=True)
    known_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The earliest moment at which its latest number can have been written")
    number_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    corrected_count = models.PositiveIntegerField(default=0)
    citation = models.CharField(max_length=300, blank=True)
    evidence = models.CharField(max_length=4, blank=True, help_text="V, V2, L or M: how well the statement was checked")

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class Series(models.Model):
    """What one source counts of one place in one outbreak."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, related_name="series")
    source = models.CharField(max_length=20)
    place = models.CharField(max_length=12, help_text="ISO 3166-1 alpha-2, or ISO 3166-2 for a part of a country")
    measure = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Measure])
    unit = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Unit])

    class Meta:
        ordering = ("place", "source", "measure")
        verbose_name_plural = "series"
        constraints = (
            models.UniqueConstraint(
                fields=("outbreak", "place", "source", "measure"), name="surveillance_one_series_a_count"
            ),
        )

    def __str__(self) -> str:
        return f"{self.place} {self.measure} {self.source}"


class FigureQuerySet(models.QuerySet["Figure"]):
    def known(self, at: datetime) -> Self:
        """What had been said by that moment, in the order it was said: the last of a day is what was believed."""
        return self.filter(known_at__lte=at).order_by("series_id", "day", "known_at")


class Figure(models.Model):
    """One number: the day it describes, and when it was known. Never changed; a correction is another row.

    `is_assumed` says that nobody recorded when it was known, and that its source's usual hour stands for it.
    """

    # The unique constraint below begins with the series, so that an index of its own would be written twice.
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="figures", db_index=False)
    day = models.DateField()
    value = models.BigIntegerField()
    known_at = models.DateTimeField()
    is_assumed = models.BooleanField(default=False)
    marks = models.PositiveSmallIntegerField(default=0)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="figures", db_index=False)

    objects = FigureQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("series", "day", "known_at"), name="surveillance_one_figure_a_moment"),
        )

    def __str__(self) -> str:
        return f"{self.day}: {self.value}"


class ReportedRate(models.Model):
    """A case fatality that somebody stated as such: a fact of its own beside the one we compute."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, related_name="reported_rates")
    place = models.CharField(max_length=12)
    day = models.DateField()
    percent = models.DecimalField(max_digits=6, decimal_places=3)
    known_at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="reported_rates")

    class Meta:
        ordering = ("day", "known_at")
        constraints = (
            models.UniqueConstraint(
                fields=("outbreak", "place", "day", "known_at"), name="surveillance_one_rate_a_moment"
            ),
        )

    def __str__(self) -> str:
        return f"{self.place} {self.day}: {self.percent} %"


class Population(models.Model):
    """The inhabitants of a place as a source states them for a year."""

    place = models.CharField(max_length=12)
    source = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    people = models.PositiveBigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("place", "-year", "recorded_at")

    def __str__(self) -> str:
        return f"{self.place} {self.year}: {self.people}"


class Ranking(models.Model):
    """Which sources count for an outbreak, or for one place in it, from a moment on: the first that has the number."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, related_name="source_rankings")
    place = models.CharField(max_length=12, blank=True, help_text="Empty: every place without a ranking of its own")
    sources = models.JSONField()
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("set_at", "pk")

    def __str__(self) -> str:
        return " > ".join(self.sources)


class Panel(models.Model):
    """Whose numbers an outbreak's page shows first."""

    outbreak = models.OneToOneField(Outbreak, on_delete=models.CASCADE, related_name="numbers_panel")
    place = models.CharField(max_length=12)

    def __str__(self) -> str:
        return self.place
