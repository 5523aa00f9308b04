from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from firstlight.delivery.models import Mailing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Severity


class NoticeQuerySet(models.QuerySet["Notice"]):
    def issued(self, at: datetime) -> Self:
        """Out by that moment, whether it still stands or not."""
        return self.filter(state=Notice.State.ISSUED, issued_at__lte=at)

    def standing(self, at: datetime) -> Self:
        """Issued, not expired, and not followed by an update or a cancellation that was out by that moment."""
        follower = Notice.objects.issued(at).filter(follows=OuterRef("pk"))
        return (
            self.issued(at)
            .filter(~Exists(follower))
            .exclude(kind=Notice.Kind.CANCEL)
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        )


class Notice(models.Model):
    """A warning to members, in two languages and two lengths; once issued it never changes, only what follows it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        ISSUED = "issued", _("Issued")
        WITHDRAWN = "withdrawn", _("Withdrawn before it went out")

    class Kind(models.TextChoices):
        ALERT = "alert", _("Notice")
        UPDATE = "update", _("Update")
        CANCEL = "cancel", _("Cancellation")

    class Urgency(models.TextChoices):
        IMMEDIATE = "Immediate", _("Act immediately")
        EXPECTED = "Expected", _("Act soon, within the hour")
        FUTURE = "Future", _("Act in the near future")
        PAST = "Past", _("No action any more")
        UNKNOWN = "Unknown", _("Urgency not known")

    class Certainty(models.TextChoices):
        OBSERVED = "Observed", _("Observed")
        LIKELY = "Likely", _("Likely (over 50 %)")
        POSSIBLE = "Possible", _("Possible, not likely")
        UNLIKELY = "Unlikely", _("Not expected")
        UNKNOWN = "Unknown", _("Certainty not known")

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.ALERT)
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    outbreak = models.ForeignKey(
        Outbreak, on_delete=models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("Outbreak")
    )
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    severity = models.PositiveSmallIntegerField(_("Tier"), choices=Severity, default=Severity.ADVISORY)
    urgency = models.CharField(_("Urgency"), max_length=10, choices=Urgency, default=Urgency.UNKNOWN)
    certainty = models.CharField(_("Certainty"), max_length=10, choices=Certainty, default=Certainty.UNKNOWN)
    title_ko = models.CharField(_("Title"), max_length=150, blank=True)
    title_en = models.CharField(_("Title"), max_length=150, blank=True)
    sms_ko = models.TextField(_("Text message"), blank=True)
    sms_en = models.TextField(_("Text message"), blank=True)
    body_ko = models.TextField(_("Full text"), blank=True)
    body_en = models.TextField(_("Full text"), blank=True)
    source = models.CharField(
        _("Source"), max_length=300, blank=True, help_text=_("Where this knowledge comes from, and as of when.")
    )
    expires_at = models.DateTimeField(_("Stands until"), null=True, blank=True)
    scheduled_for = models.DateTimeField(_("Send at"), null=True, blank=True)
    wants_answer = models.BooleanField(_("Ask each reader to confirm"), default=False)
    audience = models.JSONField(
        default=dict, blank=True, help_text="roles, institutions, specialties; empty is everyone"
    )
    is_exercise = models.BooleanField(_("Exercise"), default=False)
    is_replay = models.BooleanField(default=False, help_text="played again: it was never sent from here")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(help_text="the last change of a word or a link")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    override_reason = models.CharField(
        max_length=300, blank=True, help_text="why one person issued it alone, in an emergency"
    )
    looked_over_at = models.DateTimeField(
        null=True, blank=True, help_text="when a second person read what one had issued alone"
    )
    looked_over_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField(null=True, blank=True, db_index=True)
    returned_because = models.CharField(max_length=300, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        indexes = (
            models.Index(fields=("-severity", "-issued_at"), condition=Q(state="issued"), name="alerts_pressing"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(approved_by=F("submitted_by")) | ~Q(override_reason=""),
                name="alerts_nobody_approves_their_own",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | Q(issued_at__isnull=False, approved_by__isnull=False),
                name="alerts_issued_was_approved",
            ),
            models.CheckConstraint(
                condition=Q(kind="alert", follows__isnull=True) | Q(~Q(kind="alert"), follows__isnull=False),
                name="alerts_update_and_cancel_follow",
            ),
            models.UniqueConstraint(
                fields=("follows",),
                condition=Q(state="issued"),
                name="alerts_followed_once",
            ),
        )

    def __str__(self) -> str:
        return f"notice {self.number}"

    @property
    def reference(self) -> str:
        """The name under which its mailings go out."""
        return f"notice:{self.pk}"

    @property
    def topic(self) -> str:
        """What members choose or leave: its outbreak, or the society's own news."""
        return topic_of(self.outbreak)

    def mailings(self) -> models.QuerySet[Mailing]:
        """Its sends: the first, and each repetition."""
        return Mailing.objects.filter(reference=self.reference).order_by("round")


def topic_of(outbreak: Outbreak | None) -> str:
    """The topic under which an outbreak's notices go; without an outbreak, the society's own."""
    return f"outbreak:{outbreak.slug}" if outbreak else "society"


class Authorship(models.Model):
    """Someone who wrote in a notice, and so may never approve it."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="authorships")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    first_wrote_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice", "member"), name="alerts_author_once"),)

    def __str__(self) -> str:
        return f"member {self.member_id} of notice {self.notice_id}"


class NoticeLink(models.Model):
    """What a notice points at: a case, a guideline's version, a paper, any address."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=20, help_text="the kind that an app registered, or 'address'")
    key = models.CharField(max_length=300, help_text="what that app finds it by, or the address itself")
    title_ko = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("place", "pk")
        constraints = (models.UniqueConstraint(fields=("notice", "kind", "key"), name="alerts_link_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of notice {self.notice_id}"


class Acknowledgement(models.Model):
    """A member's word that they read a notice."""

    class How(models.TextChoices):
        LINK = "link", _("by the link in the message")
        REPLY = "reply", _("by answering the text message")
        PAGE = "page", _("on the notice's page")

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="acknowledgements")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="acknowledgements")
    at = models.DateTimeField()
    how = models.CharField(max_length=5, choices=How)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice", "member"), name="alerts_acknowledged_once"),)

    def __str__(self) -> str:
        return f"member {self.member_id} of notice {self.notice_id}"


class DigestRun(models.Model):
    """One time that the digest was put together: all from `since` to `until`, no moment twice and none left out."""

    rhythm = models.CharField(max_length=6, choices=Member.Digest)
    since = models.DateTimeField()
    until = models.DateTimeField()
    at = models.DateTimeField(help_text="also the mark on what had been kept for it")
    topics = models.JSONField(default=list, help_text="of what is in it; a choice about any other makes no group")

    class Meta:
        ordering = ("-until", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("rhythm", "until"), name="alerts_one_digest_a_time"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="alerts_digest_ends_after_it_began"),
        )

    def __str__(self) -> str:
        return f"{self.rhythm} digest {self.pk}"


class DigestGroup(models.Model):
    """Those who get the same digest: one language, the same topics left, the same notices kept for it."""

    run = models.ForeignKey(DigestRun, on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    unwanted = models.JSONField(default=list)
    kept = models.JSONField(default=list, help_text="references of the mailings that were kept")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "number"), name="alerts_digest_group_number"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The name under which its mailing goes out."""
        return f"digest:{self.run_id}:{self.number}"
