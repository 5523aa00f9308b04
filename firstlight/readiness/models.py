from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member
from firstlight.readiness.playbook import Playbook, read_playbook
from firstlight.readiness.rules import Corner, Happening, ItemState, RoomEvent, middle, pause_minutes

ITEM_STATES = {
    ItemState.OPEN: _("Not begun"),
    ItemState.IN_PROGRESS: _("In progress"),
    ItemState.DONE: _("Done"),
    ItemState.NOT_APPLICABLE: _("Not applicable"),
}
HAPPENINGS = {
    Happening.PATIENT_IN: _("Patient in"),
    Happening.PATIENT_OUT: _("Patient out"),
    Happening.CLEANING_STARTED: _("Cleaning started"),
    Happening.CLEANING_ENDED: _("Cleaning ended"),
}


class LastingQuerySet(models.QuerySet[Any]):
    def there(self, at: datetime) -> Self:
        """What had been added by that moment and not yet taken away."""
        return self.filter(added_at__lte=at).filter(Q(removed_at__isnull=True) | Q(removed_at__gt=at))


class Lasting(models.Model):
    """Something that is there from one moment until another: taken away, it stays for `?on=`."""

    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = LastingQuerySet.as_manager()

    class Meta:
        abstract = True


class Edition(models.Model):
    """The exact wording of a playbook that some department works by; kept, whatever later versions say."""

    key = models.SlugField()
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the document")
    document = models.JSONField()

    class Meta:
        ordering = ("key", "version", "pk")

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    @property
    def playbook(self) -> Playbook:
        """The playbook in these words."""
        if "_playbook" not in self.__dict__:
            self.__dict__["_playbook"] = read_playbook(self.document)
        found: Playbook = self.__dict__["_playbook"]
        return found


class OutbreakPlaybook(models.Model):
    """The edition that an outbreak goes by from that moment on."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="playbooks")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT)
    since = models.DateTimeField()

    class Meta:
        ordering = ("since", "pk")

    def __str__(self) -> str:
        return f"{self.edition} for outbreak {self.outbreak_id}"


class Board(models.Model):
    """One department working through one edition in one outbreak."""

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="boards")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="boards")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT)
    started_at = models.DateTimeField()

    class Meta:
        ordering = ("institution__name_en",)
        constraints = (
            models.UniqueConstraint(fields=("outbreak", "institution"), name="readiness_one_board_a_department"),
        )

    def __str__(self) -> str:
        return f"board {self.pk}"

    @property
    def playbook(self) -> Playbook:
        """What this board works through."""
        return self.edition.playbook


class ItemChange(models.Model):
    """How an item stood from that moment on: the last one before a moment is its state, and all are its history."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("State"), max_length=16, choices=list(ITEM_STATES.items()), default=ItemState.OPEN)
    owner = models.CharField(
        _("Owner"), max_length=80, blank=True, help_text=_("A person or a duty, such as “chief radiographer”.")
    )
    due_on = models.DateField(_("Due"), null=True, blank=True)
    evidence = models.TextField(
        _("Evidence"), blank=True, help_text=_("Where one can see that it is done. Never anything about a patient.")
    )
    evidence_link = models.URLField(_("Link to the evidence"), blank=True, max_length=500)
    comment = models.TextField(_("Comment"), blank=True)

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=("board", "at")),)

    def __str__(self) -> str:
        return f"item {self.number} of board {self.board_id}"

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in {ItemState.DONE, ItemState.NOT_APPLICABLE}


class Reference(Lasting):
    """A link from an item to what it follows: a guideline's or a notice's version, by its address."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="references")
    number = models.PositiveIntegerField()
    label = models.CharField(_("Name and version"), max_length=160)
    address = models.CharField(_("Address"), max_length=500, blank=True)

    class Meta:
        ordering = ("added_at",)

    def __str__(self) -> str:
        return self.label


class Sharing(Lasting):
    """The time during which a department lets its score be counted, nameless, among the others'."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="sharings")

    def __str__(self) -> str:
        return f"sharing of board {self.board_id}"


class Plan(Lasting):
    """A floor plan on which zones are drawn; its picture lies in the store under its digest."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="plans")
    name = models.CharField(_("Name of the plan"), max_length=80)
    digest = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ("added_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def label_size(self) -> int:
        """How large a zone's name is written, in the picture's pixels."""
        return max(12, self.width // 36)


class Zone(Lasting):
    """A stretch of a floor plan, its corners in per cent of the picture's width and height."""

    class Kind(models.TextChoices):
        CLEAN = "clean", _("Clean")
        SEMI = "semi", _("Semi-contaminated")
        CONTAMINATED = "contaminated", _("Contaminated")

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="zones")
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind)
    label = models.CharField(_("Name"), max_length=40)
    corners = models.JSONField()

    class Meta:
        ordering = ("added_at", "pk")

    def __str__(self) -> str:
        return self.label

    @property
    def corners_text(self) -> str:
        """The corners as SVG and the form write them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.corners)

    @property
    def middle(self) -> Corner:
        """Where its name is written."""
        return middle([(x, y) for x, y in self.corners])


class PlanSigning(models.Model):
    """Someone put their name to a plan's zones; a later change of the zones ends it."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="signings")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("signed_at",)

    def __str__(self) -> str:
        return f"signing of plan {self.plan_id}"


class Team(Lasting):
    """People who work together and meet no other team."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(_("Team"), max_length=40)
    place = models.CharField(_("Works where and when"), max_length=160, blank=True)
    people = models.TextField(_("Team members"), blank=True, help_text=_("One name a line."))

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> list[str]:
        """Its members."""
        return [line.strip() for line in self.people.splitlines() if line.strip()]


class Drill(Lasting):
    """An exercise, planned or held."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="drills")
    title = models.CharField(_("What is exercised"), max_length=160)
    held_on = models.DateField(_("Day"))
    lessons = models.TextField(_("What was learned"), blank=True)

    class Meta:
        ordering = ("-held_on",)

    def __str__(self) -> str:
        return self.title


class DeviceKind(models.TextChoices):
    CT = "ct", _("CT")
    RADIOGRAPHY = "radiography", _("Radiography")
    PORTABLE = "portable", _("Portable radiography")
    MRI = "mri", _("MRI")
    ULTRASOUND = "ultrasound", _("Ultrasound")
    OTHER = "other", _("Other")


class Approval(Lasting):
    """A disinfectant on a device, and what its vendor says."""

    class Agent(models.TextChoices):
        ALCOHOL = "alcohol", _("Alcohol")
        CHLORINE = "chlorine", _("Chlorine-based")
        PEROXIDE = "peroxide", _("Hydrogen peroxide")
        QUATERNARY = "quaternary", _("Quaternary ammonium")
        ULTRAVIOLET = "ultraviolet", _("Ultraviolet")
        PLASMA = "plasma", _("Plasma")
        SPRAY = "spray", _("Spray")
        OTHER_AGENT = "other", _("Another")

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("Approved by the vendor")
        REFUSED = "refused", _("Refused by the vendor")
        ASKED = "asked", _("Vendor asked, no answer yet")

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="approvals")
    device = models.CharField(_("Device"), max_length=80)
    kind = models.CharField(_("Kind of device"), max_length=12, choices=DeviceKind)
    agent = models.CharField(_("Disinfectant"), max_length=12, choices=Agent)
    product = models.CharField(_("Product and concentration"), max_length=80, blank=True)
    contact_minutes = models.DecimalField(
        _("Contact time in minutes"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    verdict = models.CharField(_("Vendor's word"), max_length=10, choices=Verdict, default=Verdict.ASKED)
    document = models.CharField(_("Vendor's document"), max_length=160, blank=True)

    class Meta:
        ordering = ("device", "agent")

    def __str__(self) -> str:
        return f"{self.agent} on {self.kind}"


class Room(Lasting):
    """A room in which patients are examined, in any outbreak; its ventilation says how long its air takes to clear."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="rooms")
    name_ko = models.CharField(_("name in Korean"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=60)
    kind = models.CharField(_("Kind of device"), max_length=12, choices=DeviceKind, default=DeviceKind.CT)
    air_changes_per_hour = models.DecimalField(
        _("Air changes per hour"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(200)],
        help_text=_("As the facilities team measured it. Left empty, the pause is 60 minutes."),
    )
    measured_on = models.DateField(_("Measured on"), null=True, blank=True)
    removal_percent = models.DecimalField(
        _("Share of airborne particles to remove"),
        max_digits=4,
        decimal_places=1,
        choices=[(Decimal("99.0"), "99 %"), (Decimal("99.9"), "99.9 %")],
        default=Decimal("99.9"),
    )
    mixing_factor = models.DecimalField(
        _("Mixing factor"),
        max_digits=3,
        decimal_places=1,
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("1 where the air mixes perfectly, up to 10 where it stands."),
    )

    class Meta:
        ordering = ("name_en",)

    def __str__(self) -> str:
        return self.name_en

    @property
    def pause_minutes(self) -> int | None:
        """How long the air takes to clear; None while nobody has measured it."""
        if self.air_changes_per_hour is None:
            return None
        return pause_minutes(
            float(self.air_changes_per_hour),
            removal_percent=float(self.removal_percent),
            mixing_factor=float(self.mixing_factor),
        )


class RoomLogEntry(models.Model):
    """A line of a room's log; a visit is a number of that room, so that no patient is named anywhere."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="log")
    what = models.CharField(max_length=20, choices=list(HAPPENINGS.items()))
    at = models.DateTimeField()
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    visit = models.PositiveIntegerField()
    isolation = models.BooleanField(default=True)
    pause_minutes = models.PositiveIntegerField(default=0, help_text="as the room's ventilation asked for that day")
    was_early = models.BooleanField(default=False, help_text="a patient came in before the room was free")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=("room", "at")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(undone_at__gte=F("at")), name="readiness_undone_after_it_was"
            ),
        )

    def __str__(self) -> str:
        return f"{self.what} in room {self.room_id}"

    @property
    def event(self) -> RoomEvent:
        """The line as the rules read it."""
        return RoomEvent(self.what, self.at, self.visit, self.isolation, self.pause_minutes)
