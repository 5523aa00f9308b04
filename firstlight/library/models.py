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
        RETRACTED = "retracted", _("Retracted")

    class Certainty(models.TextChoices):
        CERTAIN = "certain", _("Certain")
        ALMOST_CERTAIN = "almost certain", _("Almost certain")
        PROBABLE = "probable", _("Probable")

    class Consent(models.TextChoices):
        GIVEN = "given", _("The patient agreed to publication")
        WAIVED = "waived", _("An ethics committee waived it")
        NOT_NEEDED = "not needed", _("Not needed: the law of the site asks for none")

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
    arrangement = models.JSONField(default=dict, blank=True, help_text="the view that readers begin with")
    readings = models.JSONField(default=dict, blank=True, help_text="structured findings by kind of image")
    sign_off = models.CharField(_("Sign-off"), max_length=12, choices=SignOff, default=SignOff.UNSIGNED)
    sign_off_note_ko = models.TextField(_("What still needs a clinician's word"), blank=True)
    sign_off_note_en = models.TextField(_("What still needs a clinician's word"), blank=True)
    consent = models.CharField(_("Consent to publication"), max_length=12, choices=Consent, blank=True)
    is_synthetic = models.BooleanField(_("Synthetic patient"), default=False)
    doi = models.CharField(_("DOI"), max_length=120, blank=True, help_text="once the society has registered one")
    import_key = models.CharField(
        max_length=200, unique=True, null=True, blank=True, help_text="the row of a sheet that it was made from"
    )
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


class Author(models.Model):
    """An author as the case names them, who may be no member; who wrote here, and may not publish, is `Authorship`."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="authors")
    place = models.PositiveSmallIntegerField()
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    given_name = models.CharField(_("Given name"), max_length=100, blank=True)
    family_name = models.CharField(_("Family name"), max_length=100)
    name_ko = models.CharField(_("Name in Korean"), max_length=100, blank=True)
    orcid = models.CharField(_("ORCID iD"), max_length=19, blank=True)
    affiliation_ko = models.CharField(_("Affiliation"), max_length=200, blank=True)
    affiliation_en = models.CharField(_("Affiliation"), max_length=200, blank=True)

    class Meta:
        ordering = ("place", "pk")
        constraints = (models.UniqueConstraint(fields=("case", "place"), name="library_one_author_a_place"),)

    def __str__(self) -> str:
        return f"author {self.place} of case {self.case_id}"


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


class Review(models.Model):
    """Somebody asked to judge a case before it is published, and what they recommend; readers never learn who."""

    class Recommendation(models.TextChoices):
        PUBLISH = "publish", _("Publish as it is")
        MINOR = "minor", _("Publish after small changes")
        MAJOR = "major", _("Look again after larger changes")
        REJECT = "reject", _("Do not publish")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="case_reviews")
    asked_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    recommendation = models.CharField(_("Recommendation"), max_length=8, choices=Recommendation, blank=True)
    certainty = models.CharField(_("How certain the diagnosis is"), max_length=16, choices=Case.Certainty, blank=True)
    words = models.TextField(_("For the editors"), blank=True)
    recommended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("asked_at", "pk")
        constraints = (models.UniqueConstraint(fields=("case", "reviewer"), name="library_asked_once"),)

    def __str__(self) -> str:
        return f"review {self.pk} of case {self.case_id}"


class ReviewComment(models.Model):
    """A remark on a part of a case, or an answer to one; what is required keeps the case from being published."""

    class Part(models.TextChoices):
        TITLE = "title", _("Title")
        HISTORY = "history", _("History")
        IMAGES = "images", _("Images")
        FINDINGS = "findings", _("Findings")
        DIAGNOSIS = "diagnosis", _("Diagnosis")
        DISCUSSION = "discussion", _("Discussion")
        TEACHING_POINTS = "teaching_points", _("Teaching points")
        REFERENCES = "references", _("References")
        WHOLE = "whole", _("The whole case")

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="review_comments")
    answers = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="answered_by")
    part = models.CharField(_("About"), max_length=16, choices=Part, default=Part.WHOLE)
    text = models.TextField(_("Comment"), max_length=4000)
    is_required = models.BooleanField(_("Must be settled before publication"), default=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"comment {self.pk} on case {self.case_id}"


class Mark(models.Model):
    """An arrow, an ellipse, a region or words on an image, which unfold with the answer."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="marks")
    number = models.PositiveIntegerField()
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT)
    frame = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=8)
    points = models.JSONField(help_text="(column, row) from the top left corner of the image")
    label_ko = models.CharField(max_length=200, blank=True)
    label_en = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("case", "number"), name="library_mark_number"),)

    def __str__(self) -> str:
        return f"mark {self.number} of case {self.case_id}"


class CaseVersion(Version):
    """A case as it was published, with the two people it took, and what readers are told of the change."""

    class Kind(models.TextChoices):
        FIRST = "first", _("First version")
        UPDATE = "update", _("Update")
        MINOR = "minor", _("Minor correction")
        MAJOR = "major", _("Major correction")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="versions")
    submitted_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("Kind of change"), max_length=8, choices=Kind, default=Kind.FIRST)
    reason_ko = models.CharField(_("What was changed, and why"), max_length=500, blank=True)
    reason_en = models.CharField(_("What was changed, and why"), max_length=500, blank=True)

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

    @property
    def is_correction(self) -> bool:
        """Whether something that stood before was wrong."""
        return self.kind in {self.Kind.MINOR, self.Kind.MAJOR}


class Removal(models.Model):
    """That readers lost a case, when and why: withdrawn, which may end, or retracted, which does not."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RETRACTED = "retracted", _("Retracted")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="removals")
    kind = models.CharField(max_length=9, choices=Kind)
    reason_ko = models.CharField(_("Why"), max_length=500, blank=True)
    reason_en = models.CharField(_("Why"), max_length=500, blank=True)
    removed_at = models.DateTimeField()
    removed_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("removed_at", "pk")

    def __str__(self) -> str:
        return f"{self.kind}: case {self.case_id}"


class CaseSheet(models.Model):
    """A table of cases that an editor handed in: first looked at, then made into drafts on their word."""

    rows = models.JSONField(help_text="[[line, {heading: cell}], …]")
    columns = models.JSONField(help_text="the headings, in order")
    mapping = models.JSONField(default=dict, help_text="what each field of a case is read from")
    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    handed_in_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-handed_in_at", "-pk")

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class SearchEntry(models.Model):
    """What search knows of one version: what it can be narrowed by, as KIND:VALUE."""

    version = models.OneToOneField(CaseVersion, on_delete=models.CASCADE, related_name="search_entry")
    facets = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return f"search entry of version {self.version_id}"


class SearchWord(models.Model):
    """A word of any version ever indexed, in its folded form, with the keys it is typed by."""

    text = models.CharField(max_length=60, unique=True)
    letters = models.CharField(max_length=240)

    def __str__(self) -> str:
        return self.text


class SearchPlaces(models.Model):
    """Where a word stands in a thousand neighbouring versions: packed numbers, see `search.places`."""

    word = models.ForeignKey(SearchWord, on_delete=models.CASCADE, related_name="places")
    block = models.PositiveIntegerField()
    packed = models.BinaryField()

    class Meta:
        verbose_name_plural = "search places"
        constraints = (models.UniqueConstraint(fields=("word", "block"), name="library_places_once_a_block"),)

    def __str__(self) -> str:
        return f"places of word {self.word_id} in block {self.block}"


class SearchMark(models.Model):
    """The one row that changes with every change of the index, so that each process knows when to read it anew."""

    token = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.token


class ReadyPage(models.Model):
    """What a case's page says of a version in one language, made before anyone asks; it holds while its key does."""

    version = models.ForeignKey(CaseVersion, on_delete=models.CASCADE, related_name="ready_pages")
    language = models.CharField(max_length=2)
    key = models.CharField(max_length=32, help_text="A digest of everything that it rests on")
    pieces = models.BinaryField(help_text="{piece: HTML} as JSON, deflated")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("version", "language"), name="library_ready_once_a_language"),)

    def __str__(self) -> str:
        return f"page of version {self.version_id}"


class Collection(models.Model):
    """Cases that an editor put together, in order, with a page of their own."""

    slug = models.SlugField(_("Address"), max_length=60, unique=True)
    title_ko = models.CharField(_("Title"), max_length=120)
    title_en = models.CharField(_("Title"), max_length=120)
    description_ko = models.TextField(_("Description"), blank=True)
    description_en = models.TextField(_("Description"), blank=True)
    cover = models.ForeignKey(Case, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_public = models.BooleanField(_("Shown to readers"), default=False)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    cases = models.ManyToManyField(Case, through="CollectedCase", related_name="collections")

    class Meta:
        ordering = ("title_en", "pk")

    def __str__(self) -> str:
        return self.slug


class CollectionVersion(Version):
    """A collection as readers saw it: its words, and its cases in order."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (  # type: ignore[assignment]  # more than its parent's
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=("collection", "number"), name="library_collection_version_number"),
            models.UniqueConstraint(
                fields=("collection",),
                condition=Q(in_force_until__isnull=True),
                name="library_one_collection_version_in_force",
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of collection {self.collection_id}"


class CollectedCase(models.Model):
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="collected")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="collected")
    place = models.PositiveIntegerField()

    class Meta:
        ordering = ("place", "pk")
        constraints = (models.UniqueConstraint(fields=("collection", "case"), name="library_collected_once"),)

    def __str__(self) -> str:
        return f"case {self.case_id} in collection {self.collection_id}"
