from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from firstlight.people.models import ContactPoint, Member, Severity


class MailingQuerySet(models.QuerySet["Mailing"]):
    def going_out(self, at: datetime) -> Self:
        """Those whose messages may leave now, the most pressing first."""
        return self.filter(state=Mailing.State.SENDING, starts_at__lte=at).order_by("-severity", "starts_at", "pk")

    def unaddressed(self) -> Self:
        """Those whose audience is not written out yet; written ahead of their start, so that they leave on time."""
        return self.filter(state=Mailing.State.SENDING, addressed_at__isnull=True).order_by("-severity", "pk")


class Mailing(models.Model):
    """One thing sent to many. Whose it is and who shall get it are words to the postman: a reference and a topic."""

    class State(models.TextChoices):
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Sent")

    reference = models.CharField(
        max_length=80, help_text="as in notice:12; the part before the colon finds its audience"
    )
    topic = models.CharField(max_length=80, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.INFORMATION)
    round = models.PositiveSmallIntegerField(default=1, help_text="1, and more for each repetition")
    state = models.CharField(max_length=8, choices=State, default=State.SENDING)
    pause_reason = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    addressed_to = models.BigIntegerField(default=0, help_text="the last member whose rows are written")
    addressed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    falls_back = models.BooleanField(default=True, help_text="an undelivered text message is followed by an e-mail")
    is_exercise = models.BooleanField(default=False)
    pardoned_failures = models.PositiveIntegerField(default=0, help_text="failures up to the last time it was resumed")
    pardoned_outcomes = models.PositiveIntegerField(default=0, help_text="outcomes up to then: the alarm counts on")

    objects = MailingQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("reference", "round"), name="delivery_one_mailing_a_round"),)

    def __str__(self) -> str:
        return self.reference


class Wording(models.Model):
    """What a mailing says on one channel in one language; `{ack}` and its like become each person's own link."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="wordings")
    channel = models.CharField(max_length=5, choices=ContactPoint.Channel)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("mailing", "channel", "language"), name="delivery_one_wording"),)

    def __str__(self) -> str:
        return f"{self.channel} in {self.language} of mailing {self.mailing_id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> Self:
        """Waiting, and its hour has come."""
        return self.filter(state=Delivery.State.CREATED, due_at__lte=at)

    def in_doubt(self, at: datetime) -> Self:
        """Claimed by a sender that did not come back in time."""
        return self.filter(state=Delivery.State.SENDING, claimed_until__lte=at)


class Delivery(models.Model):
    """One mailing to one member over one channel, and what became of it."""

    class State(models.TextChoices):
        CREATED = "created", _("Waiting")
        SENDING = "sending", _("Being handed over")
        SENT = "sent", _("Handed over")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")
        UNKNOWN = "unknown", _("Unknown")
        STOPPED = "stopped", _("Stopped")
        DIGEST = "digest", _("Kept for the digest")

    mailing = models.ForeignKey(
        Mailing,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the indexes below begin with it
    )
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    contact = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    channel = models.CharField(max_length=5, choices=ContactPoint.Channel)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=9, choices=State, default=State.CREATED)
    due_at = models.DateTimeField(help_text="after quiet hours, and after a temporary failure")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=80, blank=True)
    claimed_until = models.DateTimeField(null=True)
    carrier = models.CharField(max_length=80, blank=True)
    carrier_id = models.CharField(max_length=160, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="the carrier's own code and words, without address")
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="when its fate was known")
    falls_back_for = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="fallback")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("mailing", "member", "channel"), name="delivery_one_row_a_member_and_channel"
            ),
        )
        indexes = (
            models.Index(fields=("mailing", "channel", "due_at"), condition=Q(state="created"), name="delivery_due"),
            models.Index(fields=("claimed_until",), condition=Q(state="sending"), name="delivery_claimed"),
            models.Index(fields=("mailing", "state"), name="delivery_of_mailing"),
            models.Index(fields=("carrier", "carrier_id"), condition=~Q(carrier_id=""), name="delivery_carrier_id"),
            models.Index(fields=("sent_at",), condition=Q(state="sent"), name="delivery_without_fate"),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Attempt(models.Model):
    """One handing over of one delivery, or one word of its carrier: the line-by-line log of what happened to it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    what = models.CharField(max_length=12, help_text="an answer or a fate")
    carrier = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.what} of delivery {self.delivery_id}"


class Shift(models.Model):
    """Which process does one kind of work, a channel's sending or the clock's chores: one at a time.

    So a carrier's rate and lines hold, however many processes stand by.
    """

    work = models.CharField(max_length=10, unique=True)
    held_by = models.CharField(max_length=80, blank=True)
    held_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"shift: {self.work}"


class Line(models.Model):
    """What the process that sends last knew of a carrier; for people to see, never for the sending itself."""

    class Trust(models.TextChoices):
        CLOSED = "closed", _("In use")
        HALF_OPEN = "half open", _("Being tried again")
        OPEN = "open", _("Given a rest")

    carrier = models.CharField(max_length=80)
    channel = models.CharField(max_length=5, choices=ContactPoint.Channel)
    place = models.PositiveSmallIntegerField(default=0, help_text="0 is used first")
    trust = models.CharField(max_length=9, choices=Trust, default=Trust.CLOSED)
    down_since = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True, help_text="the last error as the carrier's code")
    trouble_at = models.DateTimeField(null=True)
    per_second = models.FloatField(default=0.0, help_text="handed over lately")
    seen_at = models.DateTimeField(null=True, help_text="when this was written")
    forged_calls = models.PositiveIntegerField(default=0, help_text="reports that this server's code did not sign")

    class Meta:
        ordering = ("channel", "place")
        constraints = (models.UniqueConstraint(fields=("channel", "carrier"), name="delivery_one_line_a_carrier"),)

    def __str__(self) -> str:
        return self.carrier
