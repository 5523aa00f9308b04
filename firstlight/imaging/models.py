from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member, Role


class StudyQuerySet(models.QuerySet["Study"]):
    def public(self, at: datetime) -> Self:
        """Those that anyone may read since they illustrate something published."""
        return self.filter(public_since__lte=at)

    def visible_to(self, member: Member | None, *, at: datetime) -> Self:
        """Those this person may read; a stranger sees what is public and cannot tell what else exists."""
        if member is None:
            return self.public(at)
        if member.has_role(Role.EDITOR, Role.ADMINISTRATOR):
            return self
        return self.filter(Q(public_since__lte=at) | Q(received_by=member))


class Study(models.Model):
    """One study of the depository, de-identified before it came here."""

    study_instance_uid = models.CharField(max_length=64, unique=True)
    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, null=True, blank=True, related_name="studies")
    patient_id = models.CharField(max_length=64, blank=True, db_index=True, help_text="A pseudonym")
    patient_sex = models.CharField(max_length=16, blank=True)
    patient_age = models.CharField(max_length=4, blank=True)
    study_on = models.DateField(null=True, blank=True, help_text="Shifted by the site")
    study_time = models.CharField(max_length=16, blank=True)
    description = models.CharField(max_length=64, blank=True)
    ready = models.TextField(default="{}", help_text="What a search answers for it, as JSON without its address")
    received_at = models.DateTimeField(db_index=True)
    received_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True)
    public_since = models.DateTimeField(null=True, blank=True)

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at", "pk")
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return f"study {self.pk}"


class Series(models.Model):
    """One series, whose DICOM JSON is kept ready-made in the order a radiologist scrolls."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="series")
    series_instance_uid = models.CharField(max_length=64, unique=True)
    modality = models.CharField(max_length=16)
    series_number = models.IntegerField(null=True, blank=True)
    description = models.CharField(max_length=64, blank=True)
    body_part_examined = models.CharField(max_length=16, blank=True)
    slice_thickness_mm = models.FloatField(null=True, blank=True)
    instance_count = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    ready = models.TextField(default="{}", help_text="What a search answers for it beside its study's, as JSON")
    metadata_object = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the ready-made DICOM JSON")
    former_object = models.CharField(max_length=64, blank=True, help_text="The one before, while somebody may read it")
    waiting_count = models.PositiveIntegerField(default=0, help_text="Instances that its DICOM JSON does not hold yet")
    touched_at = models.DateTimeField(null=True, blank=True, help_text="When its last instance came")
    reread_at = models.DateTimeField(null=True, blank=True, help_text="When its files were last read again")

    class Meta:
        ordering = ("series_number", "pk")
        verbose_name_plural = "series"
        indexes = (
            models.Index(fields=("touched_at",), condition=Q(waiting_count__gt=0), name="imaging_series_waiting"),
        )

    def __str__(self) -> str:
        return f"series {self.pk}"

    @property
    def label(self) -> str:
        """What a reader calls it: modality, thickness, description."""
        thickness = f"{self.slice_thickness_mm:g} mm" if self.slice_thickness_mm else ""
        return " · ".join(part for part in (self.modality, thickness, self.description) if part)


class Instance(models.Model):
    """One SOP instance: where its bytes are, where each frame lies in them, and its place in the stack."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="instances")
    sop_instance_uid = models.CharField(max_length=64, unique=True)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    instance_number = models.IntegerField(null=True, blank=True)
    stored_object = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the bytes as they came")
    size = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField(null=True, blank=True)
    columns = models.PositiveIntegerField(null=True, blank=True)
    frame_count = models.PositiveIntegerField(default=0)
    frames = models.JSONField(default=list, help_text="For each frame the byte ranges [[offset, length], …]")
    frames_transfer_syntax_uid = models.CharField(max_length=64, blank=True)
    stack_index = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("stack_index", "pk")

    def __str__(self) -> str:
        return f"instance {self.pk}"


class Waiting(models.Model):
    """What is left to do for an instance until its series is settled: its DICOM JSON, and who vouches for it."""

    instance = models.OneToOneField(Instance, on_delete=models.CASCADE, primary_key=True)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="waiting")
    document = models.TextField(help_text="DICOM JSON")
    is_vouched = models.BooleanField(help_text="A site's receipt covers it; else the server signs one")
    stripped = models.JSONField(default=list, help_text="The elements that the server took out, without values")
    texts = models.PositiveIntegerField(default=0, help_text="How many elements with text the server's look read")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "waiting instances"

    def __str__(self) -> str:
        return f"instance {self.pk}, which waits"


class Rereading(models.Model):
    """A reading again of all of an outbreak's series: it can be stopped, and goes on where it was."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="rereadings")
    cleans = models.BooleanField(help_text="Today's profile also takes out what it does not keep")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("outbreak", "cleans"), condition=Q(finished_at=None), name="imaging_rereading_once"
            ),
        )

    def __str__(self) -> str:
        return f"rereading {self.pk}"


class Held(models.Model):
    """A file that could not be accepted: why, and its bytes while they can be trusted to carry no identity.

    Neither a file name nor a value from the header is kept.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        ACCEPTED = "accepted", _("Accepted after retry")
        DISCARDED = "discarded", _("Discarded")

    outbreak = models.ForeignKey(Outbreak, on_delete=models.PROTECT, null=True, blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the bytes")
    size = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=60)
    tags = models.JSONField(default=list, blank=True, help_text="The elements that gave the reason, without values")
    kept = models.BooleanField(default=False, help_text="The bytes are in the quarantine folder")
    state = models.CharField(max_length=12, choices=State, default=State.HELD)
    received_at = models.DateTimeField(db_index=True)
    received_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ("-received_at", "-pk")
        verbose_name_plural = "held files"
        constraints = (
            models.UniqueConstraint(fields=("digest", "reason"), condition=Q(state="held"), name="imaging_held_once"),
        )

    def __str__(self) -> str:
        return f"held file {self.pk}: {self.reason}"


class SigningKey(models.Model):
    """An Ed25519 public key by which receipts are signed, bound to whoever used it first; one is the server's own."""

    public_key = models.CharField(max_length=43, unique=True, help_text="base64url")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True)
    registered_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    registered_at = models.DateTimeField()
    is_ours = models.BooleanField(default=False, help_text="Of this server, which signs what it judged by itself")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-registered_at", "-pk")

    def __str__(self) -> str:
        return f"signing key {self.pk}"

    @property
    def fingerprint(self) -> str:
        """The first characters of the key, enough to compare over a telephone."""
        return f"{self.public_key[:4]} {self.public_key[4:8]} {self.public_key[8:12]}"


class Receipt(models.Model):
    """An account of what de-identification did to a study, as it was sent; one of the former schema has no key."""

    signing_key = models.ForeignKey(
        SigningKey, on_delete=models.PROTECT, null=True, blank=True, related_name="receipts"
    )
    study_instance_uid = models.CharField(max_length=64, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    document = models.JSONField()
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ("received_at",)

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Covered(models.Model):
    """One file that a receipt lists: it may be stored, and no other bytes under its UID."""

    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="covered")
    sop_instance_uid = models.CharField(max_length=64, db_index=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    pixels = models.CharField(max_length=12, blank=True, help_text="What became of text in its pixels")

    class Meta:
        verbose_name_plural = "covered files"

    def __str__(self) -> str:
        return f"file {self.pk} of receipt {self.receipt_id}"


class PeerQuerySet(models.QuerySet["Peer"]):
    def known(self) -> Self:
        """Those that may come in today."""
        return self.filter(is_active=True, member__is_active=True)


class Peer(models.Model):
    """An application entity that talks DICOM with the depository: whence it calls, as whom it stands, what it may."""

    ae_title = models.CharField(_("AE title"), max_length=16, unique=True)
    networks = models.CharField(
        _("calls from"), max_length=500, help_text=_("Addresses or networks, such as 10.1.2.3, 10.4.0.0/16")
    )
    member = models.ForeignKey(
        Member, verbose_name=_("stands as"), on_delete=models.PROTECT, related_name="peers",
        help_text=_("It sees what this member sees, and what it sends is theirs."),
    )  # fmt: skip
    outbreak = models.ForeignKey(
        Outbreak, verbose_name=_("stores into"), on_delete=models.PROTECT, null=True, blank=True, related_name="peers"
    )
    may_store = models.BooleanField(_("may store"), default=False)
    may_find = models.BooleanField(_("may search"), default=False)
    may_retrieve = models.BooleanField(_("may retrieve"), default=False)
    decides_by_scan = models.BooleanField(
        _("needs no receipt"), default=False, help_text=_("The server's own scan decides about what it sends.")
    )
    host = models.CharField(_("is called at"), max_length=255, blank=True, help_text=_("Name or address"))
    port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    uses_tls = models.BooleanField(_("is called over TLS"), default=False)
    is_active = models.BooleanField(_("is in use"), default=True)
    added_at = models.DateTimeField()

    objects = PeerQuerySet.as_manager()

    class Meta:
        ordering = ("ae_title",)

    def __str__(self) -> str:
        return f"peer {self.pk}"

    @property
    def can_be_called(self) -> bool:
        """Whether something can be sent to it."""
        return bool(self.host and self.port)


class Commitment(models.Model):
    """A peer's request that the depository answer for some instances (PS3.4 annex J), until it was told."""

    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="commitments")
    transaction_uid = models.CharField(max_length=64)
    references = models.JSONField(help_text="SOP Class UID and SOP Instance UID of each")
    asked_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    reported_at = models.DateTimeField(null=True, blank=True)
    failed = models.PositiveIntegerField(null=True, blank=True, help_text="How many it could not answer for")

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("peer", "transaction_uid"), name="imaging_commitment_once"),)

    def __str__(self) -> str:
        return f"commitment {self.pk}"
