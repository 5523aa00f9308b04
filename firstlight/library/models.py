from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.audit.models import Version
from firstlight.imaging.models import Instance, Series
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


class Case(models.Model):
    """A teaching case as its editors work on it; what readers see is its version in force."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Certainty(models.TextChoices):
        CERTAIN = "certain", _("Certain")
        ALMOST_CERTAIN = "almost certain", _("Almost certain")
        PROBABLE = "probable", _("Probable")

    class SignOff(models.TextChoices):
        UNSIGNED = "unsigned", _("Needs clinical sign-off")
        SIGNED = "signed", _("Signed off by a clinician")

    number = models.PositiveIntegerField(unique=True)
    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    title_ko = models.CharField(_("Title"), max_length=200, blank=True)
    title_en = models.CharField(_("Title"), max_length=200, blank=True)
    history_ko = models.TextField(_("History"), blank=True)
    history_en = models.TextField(_("History"), blank=True)
    findings_ko = models.TextField(_("Findings"), blank=True)
    findings_en = models.TextField(_("Findings"), blank=True)
    diagnosis_ko = models.CharField(_("Diagnosis"), max_length=300, blank=True)
    diagnosis_en = models.CharField(_("Diagnosis"), max_length=300, blank=True)
    discussion_ko = models.TextField(_("Discussion"), blank=True)
    discussion_en = models.TextField(_("Discussion"), blank=True)
    teaching_points_ko = models.TextField(_("Teaching points"), blank=True)
    teaching_points_en = models.TextField(_("Teaching points"), blank=True)
    references = models.TextField(
        _("References"), blank=True, help_text=_("One a line. A DOI at the end of a line becomes a link.")
    )
    certainty = models.CharField(_("Certainty of the diagnosis"), max_length=16, choices=Certainty, blank=True)
    licence = models.CharField(_("Licence"), max_length=40, default="CC BY 4.0")
    tags = models.JSONField(default=list, blank=True)
    sign_off = models.CharField(_("Sign-off"), max_length=12, choices=SignOff, default=SignOff.UNSIGNED)
    sign_off_note_ko = models.TextField(_("What still needs a clinician's word"), blank=True)
    sign_off_note_en = models.TextField(_("What still needs a clinician's word"), blank=True)
    is_synthetic = models.BooleanField(_("Synthetic patient"), default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    series = models.ManyToManyField(Series, through="CaseSeries", related_name="cases")

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"case {self.number}"


class CaseTag(models.Model):
    """A word that cases of an outbreak can be found by; a case keeps its key."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="case_tags")
    key = models.SlugField(max_length=40)
    label_ko = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    place = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("place", "key")
        constraints = (models.UniqueConstraint(fields=("outbreak", "key"), name="library_tag_once_an_outbreak"),)

    def __str__(self) -> str:
        return self.key


class Authorship(models.Model):
    """Someone who wrote in a case, and so may never publish it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="authorships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="authorships")
    first_wrote_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("case", "member"), name="library_author_once"),)

    def __str__(self) -> str:
        return f"member {self.member_id} of case {self.case_id}"


class CaseSeries(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    series = models.ForeignKey(Series, on_delete=models.PROTECT)
    place = models.PositiveIntegerField()

    class Meta:
        ordering = ("place", "pk")
        constraints = (models.UniqueConstraint(fields=("case", "series"), name="library_series_once_a_case"),)

    def __str__(self) -> str:
        return f"series {self.series_id} of case {self.case_id}"


class KeyImage(models.Model):
    """An image that the text points at; texts link to it as [words](key:NUMBER)."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="key_images")
    number = models.PositiveIntegerField()
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT)
    frame = models.PositiveIntegerField(default=1)
    caption_ko = models.CharField(max_length=300, blank=True)
    caption_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("case", "number"), name="library_key_image_number"),)

    def __str__(self) -> str:
        return f"key image {self.number} of case {self.case_id}"


class CaseVersion(Version):
    """A case as it was published, with the two people it took."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="versions")
    submitted_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    class Meta(Version.Meta):
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (  # type: ignore[assignment]  # more than its parent's
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=("case", "number"), name="library_version_number"),
            models.UniqueConstraint(
                fields=("case",), condition=Q(in_force_until__isnull=True), name="library_one_version_in_force"
            ),
            models.CheckConstraint(
                condition=~Q(published_by=F("submitted_by")), name="library_nobody_publishes_their_own"
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of case {self.case_id}"
