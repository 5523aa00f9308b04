from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.audit.models import Version
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


class LivingGuideline(models.Model):
    """A guideline that an outbreak goes by, or shows beside its own; what it says is its version in force."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="guidelines")
    slug = models.SlugField(max_length=60)
    is_own = models.BooleanField(_("The society's own"), default=False)
    owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="+", help_text="who is told when its evidence moves"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-is_own", "pk")
        constraints = (models.UniqueConstraint(fields=("outbreak", "slug"), name="guidance_slug_once_an_outbreak"),)

    def __str__(self) -> str:
        return self.slug


class GuidelineVersion(Version):
    """What a guideline said, word by word as it was written, and from when to when."""

    guideline = models.ForeignKey(LivingGuideline, on_delete=models.CASCADE, related_name="versions")
    text = models.TextField(help_text="the TOML that was published; the document holds what pages ask for first")
    written_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    class Meta(Version.Meta):
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (  # type: ignore[assignment]  # more than its parent's
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=("guideline", "number"), name="guidance_version_number"),
            models.UniqueConstraint(
                fields=("guideline",), condition=Q(in_force_until__isnull=True), name="guidance_one_version_in_force"
            ),
            models.CheckConstraint(
                condition=~Q(written_by=F("published_by")), name="guidance_nobody_publishes_their_own"
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of guideline {self.guideline_id}"


class Draft(models.Model):
    """A guideline's next version while it is written and reviewed: its TOML, and where it stands."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")
        DROPPED = "dropped", _("Dropped")

    guideline = models.ForeignKey(LivingGuideline, on_delete=models.CASCADE, related_name="drafts")
    base = models.ForeignKey(GuidelineVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    text = models.TextField(_("The guideline as TOML"))
    revision = models.PositiveIntegerField(
        default=1, help_text="raised by each save, so that two editors see each other"
    )
    created_at = models.DateTimeField()
    written_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    returned_because = models.CharField(_("What has to change"), max_length=500, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-written_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("guideline",), condition=Q(state__in=("draft", "in_review")), name="guidance_one_open_draft"
            ),
        )

    def __str__(self) -> str:
        return f"draft {self.pk} of guideline {self.guideline_id}"

    @property
    def is_open(self) -> bool:
        """Whether it can still become a version."""
        return self.state in {self.State.DRAFT, self.State.IN_REVIEW}

    def was_written_by(self, member: Member) -> bool:
        """Whether a person wrote in it or sent it for review."""
        return self.submitted_by_id == member.pk or self.authorships.filter(member=member).exists()


class Authorship(models.Model):
    """Someone who wrote in a draft, and so may never publish it."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="authorships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    first_wrote_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("draft", "member"), name="guidance_author_once"),)

    def __str__(self) -> str:
        return f"member {self.member_id} of draft {self.draft_id}"


class Doubt(models.Model):
    """What put a recommendation under review, until someone who answers for it has looked: one piece of evidence."""

    class Kind(models.TextChoices):
        RETRACTED = "retracted", _("A paper it rests on was retracted")
        CORRECTED = "corrected", _("A paper it rests on was corrected")
        ARRIVED = "arrived", _("A new paper matches what it watches")
        RELEASED = "released", _("A new release of the cohort")
        ASKED = "asked", _("A person asked")

    class Outcome(models.TextChoices):
        STANDS = "stands", _("It stands as it is")
        REVISED = "revised", _("It was revised")

    guideline = models.ForeignKey(LivingGuideline, on_delete=models.CASCADE, related_name="doubts")
    recommendation = models.CharField(max_length=60, help_text="its id; empty for the whole guideline")
    kind = models.CharField(max_length=9, choices=Kind)
    key = models.CharField(max_length=200, help_text="what the evidence is found by: a DOI, a release's name")
    title_ko = models.CharField(max_length=500)
    title_en = models.CharField(max_length=500)
    url = models.CharField(max_length=500, blank=True)
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True)
    note = models.CharField(_("Why"), max_length=500, blank=True)

    class Meta:
        ordering = ("-raised_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("guideline", "recommendation", "kind", "key"), name="guidance_one_doubt_a_piece_of_evidence"
            ),
        )

    def __str__(self) -> str:
        return f"doubt {self.pk} on guideline {self.guideline_id}"


# The tables of order systems stand with what keeps them.
from firstlight.guidance.cds.models import CardCount, CardKind, Feedback, OrderSystem, SeenToken  # noqa: E402, F401
