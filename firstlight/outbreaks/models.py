from datetime import datetime
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.audit.models import Version

# What an outbreak's record says in words; everything else about it has rows of its own.
WORDS = (
    *(f"{name}_{each}" for name in ("name", "disease", "summary", "case_definition") for each in ("ko", "en")),
    "icd10",
    "case_definition_source",
)
# An outbreak's slug is part of addresses; these words are addresses of their own.
RESERVED_SLUGS = frozenset({"new", "edit", "api"})


class OutbreakQuerySet(models.QuerySet["Outbreak"]):
    def active(self, at: datetime) -> Self:
        """Switched on by that moment, and not closed yet."""
        return self.filter(activated_at__lte=at).filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at))

    def known(self, at: datetime) -> Self:
        """Switched on by that moment, closed or not."""
        return self.filter(activated_at__lte=at)


class Outbreak(models.Model):
    """The record that turns everything on; the disease is its data and nothing else's."""

    slug = models.SlugField(
        _("word in its address"),
        unique=True,
        max_length=60,
        validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$")],
        help_text=_("Small letters, digits and hyphens, as in novel-fever-2031."),
    )
    name_ko = models.CharField(_("name in Korean"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    disease_ko = models.CharField(_("disease in Korean"), max_length=120, blank=True)
    disease_en = models.CharField(_("disease in English"), max_length=120, blank=True)
    icd10 = models.CharField(_("ICD-10 code"), max_length=12, blank=True)
    summary_ko = models.TextField(_("summary in Korean"), blank=True)
    summary_en = models.TextField(_("summary in English"), blank=True)
    case_definition_ko = models.TextField(_("case definition in Korean"), blank=True)
    case_definition_en = models.TextField(_("case definition in English"), blank=True)
    case_definition_source = models.CharField(_("source of the case definition"), max_length=300, blank=True)
    is_replay = models.BooleanField(default=False, help_text="Past events played again on synthetic patients")
    activated_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = OutbreakQuerySet.as_manager()

    class Meta:
        ordering = ("-activated_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gt=F("activated_at")),
                name="outbreaks_closed_after_activated",
            ),
        )

    def __str__(self) -> str:
        return self.name_en

    def as_of(self, at: datetime) -> Self:
        """The same outbreak with the words that were in force at that moment."""
        version = self.versions.in_force(at).first()
        for name, words in (version.document if version else {}).items():
            setattr(self, name, words)
        return self

    def phase(self, at: datetime) -> "Phase | None":
        """The phase in force at that moment."""
        return self.phases.filter(began_at__lte=at).last()


class OutbreakVersion(Version):
    """What an outbreak's record said, and from when to when: names, summary, case definition."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (  # type: ignore[assignment]  # more than its parent's
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=("outbreak", "number"), name="outbreaks_version_number"),
            models.UniqueConstraint(
                fields=("outbreak",),
                condition=Q(in_force_until__isnull=True),
                name="outbreaks_one_version_in_force",
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of outbreak {self.outbreak_id}"


class Phase(models.Model):
    """A stretch of the response, from its beginning until the next one's."""

    class Key(models.TextChoices):
        WATCH = "watch", _("Watch")
        ALERT = "alert", _("Alert")
        RESPONSE = "response", _("Response")
        RECOVERY = "recovery", _("Recovery")

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="phases")
    key = models.CharField(_("Phase"), max_length=12, choices=Key)
    began_at = models.DateTimeField()
    note_ko = models.CharField(max_length=300, blank=True)
    note_en = models.CharField(max_length=300, blank=True)
    source = models.CharField(_("Source"), max_length=300, blank=True)

    class Meta:
        ordering = ("began_at",)
        constraints = (models.UniqueConstraint(fields=("outbreak", "began_at"), name="outbreaks_one_phase_a_moment"),)

    def __str__(self) -> str:
        return self.key


class Preparation(models.Model):
    """An outbreak before it goes live: every word and every share can still be changed."""

    slug = models.SlugField(unique=True, max_length=60)
    blueprint = models.CharField(max_length=60)
    fields = models.JSONField(default=dict)
    plans = models.JSONField(default=dict, help_text="For each share what it shall set up")
    prepared_at = models.DateTimeField()

    class Meta:
        ordering = ("-prepared_at",)

    def __str__(self) -> str:
        return self.slug


class SetUp(models.Model):
    """A share that an app has set up for an outbreak, and from what."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="set_ups")
    share = models.CharField(max_length=40)
    plan = models.JSONField(default=dict)
    set_up_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("outbreak", "share"), name="outbreaks_share_set_up_once"),)

    def __str__(self) -> str:
        return f"{self.share} of {self.outbreak_id}"
