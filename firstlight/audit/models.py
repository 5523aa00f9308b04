from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q


class Entry(models.Model):
    """Who did what to what, and when; written once, never changed.

    The actor is kept by its key alone, since everything above imports this app and this app imports nothing.
    """

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=80, help_text="'member:12', or the name of a command")
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=120, db_index=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit entry is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An audit entry is never deleted.")


class VersionQuerySet(models.QuerySet[Any]):
    def in_force(self, at: datetime) -> Self:
        """The versions that held at that moment."""
        return self.filter(Q(in_force_from__lte=at) & (Q(in_force_until__isnull=True) | Q(in_force_until__gt=at)))


class Version(models.Model):
    """What was published, frozen, with the time it was in force: the one mechanism behind every `?on=` page."""

    number = models.PositiveIntegerField()
    document = models.JSONField()
    in_force_from = models.DateTimeField()
    in_force_until = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("in_force_from",)
        constraints = (
            models.CheckConstraint(
                condition=Q(in_force_until__isnull=True) | Q(in_force_until__gt=F("in_force_from")),
                name="%(app_label)s_%(class)s_ends_after_it_began",
            ),
        )
