from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.audit.models import Version, VersionQuerySet
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

LONGEST_IDENTIFIER = 200


class PaperQuerySet(models.QuerySet["Paper"]):
    def standing_alone(self) -> Self:
        """Without those that turned out to be another."""
        return self.filter(merged_into=None)

    def arrived(self, at: datetime) -> Self:
        """Known to this site by that moment."""
        return self.filter(arrived_at__lte=at)


class Paper(models.Model):
    """One paper, put together from every record of it; its own columns are what lists and filters need."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        REVIEW = "review", _("Review")
        GUIDELINE = "guideline", _("Guideline")
        CASE_REPORT = "case report", _("Case report")
        TRIAL = "trial", _("Clinical trial")
        LETTER = "letter", _("Letter or editorial")
        PREPRINT = "preprint", _("Preprint")
        NOTICE = "notice", _("Correction or retraction notice")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        PREPRINT = "preprint", _("Preprint")
        AHEAD = "ahead", _("Ahead of print")
        PUBLISHED = "published", _("Published")

    class Standing(models.TextChoices):
        STANDS = "", _("Stands")
        CORRECTED = "corrected", _("Corrected")
        CONCERN = "concern", _("Expression of concern")
        RETRACTED = "retracted", _("Retracted")

    title = models.TextField(_("Title"))
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind, default=Kind.ARTICLE)
    state = models.CharField(_("State"), max_length=12, choices=State, default=State.PUBLISHED)
    standing = models.CharField(_("Standing"), max_length=12, choices=Standing, blank=True, default=Standing.STANDS)
    journal = models.CharField(_("Journal"), max_length=300, blank=True)
    published_on = models.DateField(_("First public on"), null=True, blank=True, db_index=True)
    printed_on = models.DateField(_("In print on"), null=True, blank=True)
    doi = models.CharField("DOI", max_length=LONGEST_IDENTIFIER, blank=True)
    pmid = models.CharField("PMID", max_length=12, blank=True)
    # What looks like a paper is looked for under any of these three numbers, made from its title.
    block_start = models.BigIntegerField(db_index=True)
    block_words = models.BigIntegerField(db_index=True)
    block_end = models.BigIntegerField(db_index=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    is_indexed = models.BooleanField(default=False, db_index=True)
    arrived_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = PaperQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"paper {self.pk}"


class Record(models.Model):
    """One source's word on a paper, as it came in; the same record again changes nothing."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="records")
    source = models.CharField(max_length=20)
    key = models.CharField(max_length=LONGEST_IDENTIFIER + 20, help_text="how the source calls it")
    digest = models.BinaryField(max_length=16)
    document = models.JSONField(help_text="literature.rules.record.PaperRecord")
    is_pinned = models.BooleanField(default=False, help_text="an editor said which paper it belongs to")
    arrived_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("source", "key"), name="literature_record_once"),)

    def __str__(self) -> str:
        return f"record {self.pk} of paper {self.paper_id}"


class RecordVersion(Version):
    """What a source said of a paper before it said otherwise, and from when to when that was what this site knew."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="formers")

    class Meta(Version.Meta):
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (  # type: ignore[assignment]  # more than its parent's
            *Version.Meta.constraints,
            models.UniqueConstraint(fields=("record", "number"), name="literature_version_number"),
        )

    def __str__(self) -> str:
        return f"version {self.number} of record {self.record_id}"


class Identifier(models.Model):
    """A name by which the world knows a paper: DOI, PMID, PMCID, arXiv."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=8)
    value = models.CharField(max_length=LONGEST_IDENTIFIER)

    class Meta:
        ordering = ("scheme", "value")
        constraints = (models.UniqueConstraint(fields=("scheme", "value"), name="literature_identifier_once"),)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Relation(models.Model):
    """What a paper's record says about another, which this site may hold or not."""

    class Kind(models.TextChoices):
        RETRACTS = "retracts", _("Retracts")
        RETRACTED_BY = "retracted-by", _("Retracted by")
        CORRECTS = "corrects", _("Corrects")
        CORRECTED_BY = "corrected-by", _("Corrected by")
        CONCERN_OVER = "concern-over", _("Expresses concern over")
        CONCERN_IN = "concern-in", _("Concern expressed in")
        PREPRINT_OF = "preprint-of", _("Preprint of")
        HAS_PREPRINT = "has-preprint", _("Has the preprint")
        VERSION_OF = "version-of", _("Version of")
        COMMENTS_ON = "comments-on", _("Comments on")
        COMMENTED_IN = "commented-in", _("Commented in")
        REPUBLISHED = "republished", _("Also published as")
        LOOKS_LIKE_PREPRINT_OF = "looks-like-preprint-of", _("Looks like the preprint of")

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(max_length=24, choices=Kind)
    scheme = models.CharField(max_length=8)
    value = models.CharField(max_length=LONGEST_IDENTIFIER)
    note = models.CharField(max_length=300, blank=True)
    on = models.DateField(null=True, blank=True)
    known_at = models.DateTimeField()

    class Meta:
        ordering = ("kind", "pk")
        constraints = (
            models.UniqueConstraint(fields=("paper", "kind", "scheme", "value"), name="literature_relation_once"),
        )
        indexes = (models.Index(fields=("scheme", "value"), name="literature_related"),)

    def __str__(self) -> str:
        return f"paper {self.paper_id} {self.kind} {self.scheme}:{self.value}"


class Event(models.Model):
    """What became of a paper: corrected, doubted, retracted; when that happened and when this site learned of it."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=[each for each in Paper.Standing.choices if each[0]])
    notice = models.CharField(max_length=LONGEST_IDENTIFIER + 10, blank=True, help_text="scheme:value of the notice")
    note = models.CharField(max_length=300, blank=True)
    on = models.DateField(null=True, blank=True)
    known_at = models.DateTimeField()

    class Meta:
        ordering = ("known_at", "pk")
        constraints = (models.UniqueConstraint(fields=("paper", "kind", "notice"), name="literature_event_once"),)

    def __str__(self) -> str:
        return f"paper {self.paper_id} {self.kind}"


class Apart(models.Model):
    """Two papers that an editor said are not one; they are never put together again by rule."""

    one = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="+")
    said_at = models.DateTimeField()
    said_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="literature_apart_in_order"),
            models.UniqueConstraint(fields=("one", "other"), name="literature_apart_once"),
        )

    def __str__(self) -> str:
        return f"papers {self.one_id} and {self.other_id}"


class Plan(models.Model):
    """How an outbreak keeps its papers: who looks at each, for which reasons papers are taken in or left out."""

    outbreak = models.OneToOneField(Outbreak, on_delete=models.CASCADE, related_name="literature_plan")
    screeners = models.PositiveSmallIntegerField(_("How many look at each paper"), default=1)
    words = models.CharField(_("Search words"), max_length=400, blank=True)
    include_reasons = models.JSONField(default=list)
    exclude_reasons = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(screeners__in=(1, 2)), name="literature_one_or_two_screeners"),
        )

    def __str__(self) -> str:
        return f"papers of outbreak {self.outbreak_id}"


class Tag(models.Model):
    """A word that papers of an outbreak can be found by."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="paper_tags")
    key = models.SlugField(max_length=40)
    label_ko = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    place = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("place", "key")
        constraints = (models.UniqueConstraint(fields=("outbreak", "key"), name="literature_tag_once_an_outbreak"),)

    def __str__(self) -> str:
        return self.key


class Listing(models.Model):
    """A paper put before an outbreak's editors, and what was decided about it last."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CONFLICT = "conflict", _("Screeners disagree")
        INCLUDED = "included", _("Included")
        EXCLUDED = "excluded", _("Left out")

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="listings")
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="listings")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    tags = models.JSONField(default=list, blank=True)
    note_ko = models.TextField(_("Why it matters"), blank=True)
    note_en = models.TextField(_("Why it matters"), blank=True)
    listed_at = models.DateTimeField()
    included_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("outbreak", "paper"), name="literature_listed_once"),)
        indexes = (models.Index(fields=("outbreak", "state"), name="literature_listing_state"),)

    def __str__(self) -> str:
        return f"paper {self.paper_id} of outbreak {self.outbreak_id}"


class Decision(models.Model):
    """A stretch of time in which an outbreak held a paper, or had left it out."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="decisions")
    is_included = models.BooleanField()
    reason = models.CharField(max_length=120, blank=True)
    in_force_from = models.DateTimeField()
    in_force_until = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ("in_force_from",)
        constraints = (
            models.UniqueConstraint(
                fields=("listing",), condition=Q(in_force_until__isnull=True), name="literature_one_decision_in_force"
            ),
        )

    def __str__(self) -> str:
        return f"decision on listing {self.listing_id}"


class Vote(models.Model):
    """One screener's word on a paper."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="votes")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    is_included = models.BooleanField()
    reason = models.CharField(max_length=120, blank=True)
    settles = models.BooleanField(default=False, help_text="the word that ended a disagreement")
    voted_at = models.DateTimeField()

    class Meta:
        ordering = ("voted_at", "pk")
        constraints = (models.UniqueConstraint(fields=("listing", "member"), name="literature_one_vote_a_member"),)

    def __str__(self) -> str:
        return f"vote of member {self.member_id}"


class Watch(models.Model):
    """A saved question that every new paper is held against."""

    key = models.CharField(max_length=120, unique=True, help_text="'member:12:3', or what an app above calls it")
    name = models.CharField(_("Name"), max_length=120)
    words = models.CharField(_("Search words"), max_length=400)
    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, null=True, blank=True, related_name="watches")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, blank=True, related_name="paper_watches")
    lists_papers = models.BooleanField(_("Put what it finds before the outbreak's editors"), default=False)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.key


class Match(models.Model):
    """A paper that met a watch when it arrived."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="matches")
    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="matches")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (models.UniqueConstraint(fields=("watch", "paper"), name="literature_matched_once"),)

    def __str__(self) -> str:
        return f"paper {self.paper_id} for {self.watch_id}"


class Citation(models.Model):
    """That something cites a DOI, from when to when; the paper itself may come later, or never."""

    thing = models.CharField(max_length=80, help_text="'case:12', or what an app above calls it")
    doi = models.CharField(max_length=LONGEST_IDENTIFIER)
    in_force_from = models.DateTimeField()
    in_force_until = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ("thing", "pk")
        indexes = (
            models.Index(fields=("doi",), name="literature_cited_doi"),
            models.Index(fields=("thing",), name="literature_citing"),
        )

    def __str__(self) -> str:
        return f"{self.thing} cites {self.doi}"


class Arrival(models.Model):
    """A file or a question to a service that is being read: how far, so that it can go on from there."""

    source = models.CharField(max_length=20)
    name = models.CharField(max_length=400, help_text="the file's name, or the question")
    digest = models.CharField(max_length=64, help_text="of the file, or of the question")
    place = models.PositiveBigIntegerField(default=0, help_text="how many records are in")
    cursor = models.TextField(blank=True, help_text="where a service said to go on")
    counts = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-began_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("source", "digest"), name="literature_arrival_once"),)

    def __str__(self) -> str:
        return f"arrival {self.pk}"


class SearchWord(models.Model):
    """A word of some title, name or keyword; what somebody mistyped is looked for among these."""

    text = models.CharField(max_length=60, unique=True)
    letters = models.CharField(max_length=240)

    class Meta:
        ordering = ("text",)

    def __str__(self) -> str:
        return self.text
