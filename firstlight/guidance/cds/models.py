from django.db import models
from django.utils.translation import gettext_lazy as _

from firstlight.guidance.cds.ids import MOST_KINDS
from firstlight.people.models import Member


class OrderSystem(models.Model):
    """An order system whose calls are signed: who issues its tokens, and the public keys they are verified by."""

    name = models.CharField(_("name"), max_length=120)
    issuer = models.CharField(_("issuer"), max_length=300, unique=True, help_text=_("iss of its tokens, word by word."))
    keys = models.JSONField(_("public keys"), default=dict, blank=True, help_text=_("Its JWK Set."))
    keys_url = models.URLField(
        _("address of its public keys"), max_length=300, blank=True, help_text=_("jku of its tokens; https alone.")
    )
    keys_fetched_at = models.DateTimeField(null=True, blank=True)
    registered_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return f"order system {self.pk}"


class SeenToken(models.Model):
    """A token that was used once and may not come again; only its digest is kept, until it would have expired."""

    system = models.ForeignKey(OrderSystem, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its jti")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("system", "digest"), name="guidance_token_used_once"),)

    def __str__(self) -> str:
        return f"token {self.pk}"


class CardKind(models.Model):
    """All cards that say the same: of one service at one hook, by one version of guidelines, on one examination."""

    id = models.AutoField(primary_key=True)
    service = models.CharField(max_length=130)
    hook = models.CharField(max_length=20)
    guidelines = models.CharField(max_length=400, help_text="slug@number of each guideline that it rests on")
    modality = models.CharField(max_length=30, blank=True)
    rating = models.CharField(max_length=20, blank=True)
    recommendations = models.CharField(max_length=400, blank=True, help_text="the ids that it gives")

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("service", "hook", "guidelines", "modality", "rating", "recommendations"),
                name="guidance_one_kind_of_card",
            ),
            models.CheckConstraint(condition=models.Q(pk__lt=MOST_KINDS), name="guidance_kind_fits_its_uuid"),
        )

    def __str__(self) -> str:
        return f"kind {self.pk} of cards"


class CardCount(models.Model):
    """How many cards of a kind were given on a day."""

    kind = models.ForeignKey(CardKind, on_delete=models.CASCADE, related_name="counts")
    on = models.DateField()
    given = models.PositiveBigIntegerField(default=0)
    is_replay = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "on"), name="guidance_cards_counted_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.given} cards of kind {self.kind_id}"


class Feedback(models.Model):
    """What became of one card, as its order system told: no person, no patient, no free words."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        OVERRIDDEN = "overridden", _("Overridden")

    kind = models.ForeignKey(CardKind, on_delete=models.CASCADE, related_name="feedback")
    card = models.UUIDField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    suggestions = models.JSONField(default=list, blank=True, help_text="The numbers of those that were accepted")
    reason = models.CharField(max_length=40, blank=True, help_text="One of ours, or 'other'")
    has_comment = models.BooleanField(default=False, help_text="Words were written beside it; they are not kept")
    outcome_at = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    system = models.ForeignKey(OrderSystem, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_replay = models.BooleanField(default=False)

    class Meta:
        ordering = ("-received_at", "-pk")
        verbose_name_plural = "feedback"
        constraints = (
            models.UniqueConstraint(fields=("card", "outcome", "outcome_at"), name="guidance_feedback_told_once"),
        )

    def __str__(self) -> str:
        return f"feedback {self.pk}"
