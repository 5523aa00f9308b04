from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.library.models import Case
from firstlight.people.models import Member

# An answer that came in time may still wait for its turn to be written: nothing is revealed before that is over.
SETTLING = timedelta(seconds=60)


class RoundQuerySet(models.QuerySet["Round"]):
    def begun(self, at: datetime) -> Self:
        """Those that readers know of at that moment."""
        return self.filter(opens_at__lte=at, cancelled_at__isnull=True)

    def open(self, at: datetime) -> Self:
        """Those that take answers."""
        return self.begun(at).filter(closes_at__gt=at)

    def revealed(self, at: datetime) -> Self:
        """Those whose answer is out."""
        return self.filter(revealed_at__lte=at, cancelled_at__isnull=True)

    def live(self) -> Self:
        """Those whose answer must not be seen yet, begun or not."""
        return self.filter(revealed_at__isnull=True, cancelled_at__isnull=True)

    def due(self, at: datetime) -> Self:
        """Those to be revealed now."""
        return self.live().filter(reveal_at__lte=at, closes_at__lte=at - SETTLING)


class Round(models.Model):
    """One week's case: when it opens and closes, what readers are shown until then, and what will be right.

    Its key is chance, so that an address tells nothing of the case.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        OPEN = "open", _("Taking answers")
        CLOSED = "closed", _("Closed")
        REVEALED = "revealed", _("Revealed")
        CANCELLED = "cancelled", _("Cancelled")

    key = models.CharField(max_length=16, unique=True)
    number = models.PositiveIntegerField(unique=True)
    year = models.PositiveSmallIntegerField(db_index=True, help_text="of the day it opens; the ranking it counts in")
    week = models.PositiveSmallIntegerField(help_text="ISO 8601 week of that day")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rounds")
    opens_at = models.DateTimeField(_("Opens at"), db_index=True)
    closes_at = models.DateTimeField(_("Closes at"))
    reveal_at = models.DateTimeField(_("Answer shown at"))
    max_answers = models.PositiveSmallIntegerField(
        _("Ranked answers at most"), default=5, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    points_first = models.PositiveSmallIntegerField(_("Points when the first answer is right"), default=100)
    points_other = models.PositiveSmallIntegerField(_("Points when a later answer is right"), default=70)
    question = models.JSONField(help_text="what readers see until the reveal, as it was when it was scheduled")
    right_keys = models.JSONField(default=list, blank=True, help_text="keys of the vocabulary")
    right_names = models.JSONField(default=list, blank=True, help_text="wordings that the vocabulary does not know")
    answers_given = models.JSONField(default=list, blank=True, help_text="what was answered how often")
    entry_count = models.PositiveIntegerField(default=0, help_text="both counted at the reveal")
    scheduled_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField()
    approved_submission_at = models.DateTimeField(help_text="when the text that they approved was sent for review")
    revealed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ("-opens_at", "-number")
        constraints = (
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")) & Q(closes_at__lte=F("reveal_at")),
                name="weekly_opens_closes_reveals",
            ),
            models.CheckConstraint(
                condition=Q(revealed_at__isnull=True) | Q(revealed_at__gte=F("reveal_at")),
                name="weekly_nothing_revealed_early",
            ),
            models.UniqueConstraint(
                fields=("case",), condition=Q(cancelled_at__isnull=True), name="weekly_a_case_is_asked_once"
            ),
        )

    def __str__(self) -> str:
        return f"round {self.number}"

    def state(self, at: datetime) -> "Round.State":
        """What it is at that moment."""
        if self.cancelled_at and self.cancelled_at <= at:
            return self.State.CANCELLED
        if self.revealed_at and self.revealed_at <= at:
            return self.State.REVEALED
        if at < self.opens_at:
            return self.State.SCHEDULED
        return self.State.OPEN if at < self.closes_at else self.State.CLOSED


class Entry(models.Model):
    """A member's ranked answers in a round, as they were last sent before it closed."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="entries")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="weekly_entries")
    answers = models.JSONField()
    first_submitted_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    revisions = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "entries"
        constraints = (models.UniqueConstraint(fields=("round", "member"), name="weekly_one_entry_a_member"),)

    def __str__(self) -> str:
        return f"entry of member {self.member_id} in round {self.round_id}"


class ScoreQuerySet(models.QuerySet["Score"]):
    def counted(self, at: datetime) -> Self:
        """What counted at that moment."""
        return self.filter(Q(counted_until__isnull=True) | Q(counted_until__gt=at), counted_from__lte=at)


class Score(models.Model):
    """What an entry earned from one moment until a ruling changed it."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="scores")
    points = models.PositiveSmallIntegerField()
    right_place = models.PositiveSmallIntegerField(null=True, blank=True)
    counted_from = models.DateTimeField(db_index=True)
    counted_until = models.DateTimeField(null=True, blank=True)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        ordering = ("counted_from", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("entry",), condition=Q(counted_until__isnull=True), name="weekly_one_score_counts"
            ),
        )

    def __str__(self) -> str:
        return f"{self.points} for entry {self.entry_id}"


class Ruling(models.Model):
    """An editor's word on a text that the vocabulary does not settle; the last one holds for all who wrote it."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="rulings")
    text = models.CharField(max_length=200, help_text="as it was written by most")
    name = models.CharField(max_length=200, help_text="normalised")
    is_right = models.BooleanField()
    why = models.CharField(_("Why"), max_length=300, blank=True)
    given_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        ordering = ("given_at", "pk")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=("round", "name"), name="weekly_ruling_on_a_name")]

    def __str__(self) -> str:
        return f"ruling {self.pk} in round {self.round_id}"


class Diagnosis(models.Model):
    """A diagnosis that the society adds to the shipped vocabulary, or more names for a shipped one.

    It is suggested to readers only from the first reveal that used it: a name that turns up a week early is an answer.
    """

    key = models.SlugField(_("Key"), max_length=60, unique=True)
    label_ko = models.CharField(_("Name"), max_length=120, blank=True)
    label_en = models.CharField(_("Name"), max_length=120, blank=True)
    synonyms_ko = models.JSONField(_("Other names in Korean"), default=list, blank=True)
    synonyms_en = models.JSONField(_("Other names in English"), default=list, blank=True)
    accepted_for = models.JSONField(_("Is right for"), default=list, blank=True)
    parents = models.JSONField(_("Kinds it belongs to"), default=list, blank=True)
    added_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    suggested_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("key",)
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return self.key


class Comment(models.Model):
    """What a member says of a revealed case."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="comments")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(_("Comment"), max_length=2000)
    at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    why_hidden = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"comment {self.pk} on round {self.round_id}"


class Player(models.Model):
    """Whether a member's name may stand in public lists; without their word it does not."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="player")
    shows_name = models.BooleanField(_("Show my name in the public lists"), default=False)

    def __str__(self) -> str:
        return f"player {self.member_id}"


class Attempt(models.Model):
    """A member's practice on a past case: what they said first, how sure they were, how long it took."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="weekly_attempts")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="attempts")
    answers = models.JSONField()
    confidence_percent = models.PositiveSmallIntegerField()
    right_place = models.PositiveSmallIntegerField(null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"attempt {self.pk} of member {self.member_id}"
