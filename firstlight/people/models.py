from datetime import datetime
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    MEMBER = "member", _("Member")
    EDITOR = "editor", _("Editor")
    READER = "reader", _("Reader")
    COORDINATOR = "coordinator", _("Site coordinator")
    COMMITTEE = "committee", _("Access committee")
    ADMINISTRATOR = "administrator", _("Administrator")


class Severity(models.IntegerChoices):
    """How much something presses; each channel of a member has a tier from which it is used."""

    INFORMATION = 1, _("For information")
    ADVISORY = 2, _("Advisory")
    WARNING = 3, _("Warning")
    EMERGENCY = 4, _("Emergency")


class Specialty(models.TextChoices):
    CHEST = "chest", _("Chest radiology")
    CARDIOVASCULAR = "cardiovascular", _("Cardiovascular radiology")
    ABDOMINAL = "abdominal", _("Abdominal radiology")
    NEURO = "neuro", _("Neuroradiology and head and neck")
    MUSCULOSKELETAL = "musculoskeletal", _("Musculoskeletal radiology")
    BREAST = "breast", _("Breast radiology")
    GENITOURINARY = "genitourinary", _("Genitourinary radiology")
    PAEDIATRIC = "paediatric", _("Paediatric radiology")
    INTERVENTIONAL = "interventional", _("Interventional radiology")
    EMERGENCY = "emergency", _("Emergency radiology")
    ULTRASOUND = "ultrasound", _("Ultrasound")
    GENERAL = "general", _("General radiology")
    TRAINEE = "trainee", _("Radiologist in training")
    RADIOGRAPHER = "radiographer", _("Radiographer")
    OTHER = "other", _("Another specialty")


class Institution(models.Model):
    slug = models.SlugField(unique=True)
    name_ko = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    country = models.CharField(max_length=2, default="KR", help_text="ISO 3166-1 alpha-2")

    class Meta:
        ordering = ("name_en",)

    def __str__(self) -> str:
        return self.name_en


class MemberManager(BaseUserManager["Member"]):
    def get_by_natural_key(self, username: str | None) -> "Member":
        return self.get(email__iexact=username)


class Member(AbstractBaseUser):
    """A person the society knows; what they may do follows from their roles alone.

    `email` is the name they sign in with; without one they have a phone and no account. How they are reached is in
    their contact points.
    """

    class Digest(models.TextChoices):
        NONE = "none", _("No digest")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")

    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(_("Name"), max_length=120)
    language = models.CharField(
        _("Language"), max_length=2, choices=[("ko", _("Korean")), ("en", _("English"))], default="ko"
    )
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("Institution")
    )
    specialty = models.CharField(_("Specialty"), max_length=20, choices=Specialty, blank=True)
    time_zone = models.CharField(
        _("Time zone"), max_length=40, blank=True, help_text=_("As in Asia/Seoul; empty is the site's own.")
    )
    digest = models.CharField(_("Digest by e-mail"), max_length=6, choices=Digest, default=Digest.WEEKLY)
    weekly_cap = models.PositiveSmallIntegerField(
        _("At most this many notices a week"),
        null=True,
        blank=True,
        help_text=_("Beyond it, what does not press waits for the digest. Empty is the site's own number."),
    )
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects: ClassVar[MemberManager] = MemberManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def has_role(self, *roles: Role) -> bool:
        """Whether one of these roles was granted; an administrator has only what was granted, like anyone."""
        return not self._roles.isdisjoint(roles)

    @property
    def _roles(self) -> frozenset[str]:
        # Kept with the object: one request asks many times, and an object lives for one request.
        if "_granted" not in self.__dict__:
            self.__dict__["_granted"] = frozenset(self.grants.values_list("role", flat=True))
        granted: frozenset[str] = self.__dict__["_granted"]
        return granted


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def reachable(self) -> Self:
        """Where something may be sent: wanted, verified, not dead, of a member who is there."""
        return self.filter(member__is_active=True, is_wanted=True, verified_at__isnull=False, dead_since__isnull=True)

    def unverified(self) -> Self:
        """Where it must be asked first whether the address is the member's own."""
        return self.filter(member__is_active=True, is_wanted=True, verified_at__isnull=True, dead_since__isnull=True)


class ContactPoint(models.Model):
    """An address by which a member is reached, and from which tier and at what hours they want it used."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")

    class Verified(models.TextChoices):
        LINK = "link", _("by opening a link sent to it")
        CODE = "code", _("by a code sent to it")
        SOCIETY = "society", _("by the society, which vouches for it")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(_("Channel"), max_length=5, choices=Channel)
    address = models.CharField(_("Address"), max_length=254, help_text="an e-mail address in small letters, or E.164")
    added_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_how = models.CharField(max_length=8, choices=Verified, blank=True)
    is_wanted = models.BooleanField(_("Use it"), default=True, help_text="what the last consent says")
    least_severity = models.PositiveSmallIntegerField(
        _("From which tier"), choices=Severity, default=Severity.INFORMATION
    )
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("Quiet until"), null=True, blank=True)
    dead_since = models.DateTimeField(null=True, blank=True)
    dead_reason = models.CharField(max_length=120, blank=True, help_text="the carrier's code, never the address")

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("channel", "address"), name="people_one_member_an_address"),
            models.UniqueConstraint(fields=("member", "channel"), name="people_one_address_a_channel"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="people_quiet_hours_begin_and_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} of member {self.member_id}"


class TopicChoice(models.Model):
    """A topic that a member chose or left; topics without a choice are wanted."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="topic_choices")
    topic = models.CharField(max_length=80)
    is_wanted = models.BooleanField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "topic"), name="people_one_choice_a_topic"),)

    def __str__(self) -> str:
        return f"{self.topic} of member {self.member_id}"


class Consent(models.Model):
    """A member's word on one channel, given or taken back; written once, never changed."""

    class How(models.TextChoices):
        IMPORT = "import", _("with the society's list")
        OWN_PAGE = "own page", _("on their own page")
        ONE_CLICK = "one click", _("by the unsubscribe button of their mail program")
        REPLY = "reply", _("by a text message")
        DESK = "desk", _("told to an administrator")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=5, choices=ContactPoint.Channel)
    is_given = models.BooleanField()
    at = models.DateTimeField()
    how = models.CharField(max_length=10, choices=How)
    wording = models.CharField(max_length=40, help_text="version of the text they agreed to")

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{'given' if self.is_given else 'taken back'}: {self.channel} of member {self.member_id}"


class RoleGrant(models.Model):
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    granted_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "role"), name="people_one_grant_a_role"),)

    def __str__(self) -> str:
        return f"{self.role} for member {self.member_id}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(revoked_at__isnull=True, member__is_active=True).filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at)
        )


class ApiToken(models.Model):
    """A key for a program, kept only as its SHA-256."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class VerificationQuerySet(models.QuerySet["Verification"]):
    def open(self, at: datetime) -> Self:
        """Those that can still be answered."""
        return self.filter(answered_at__isnull=True, expires_at__gt=at, tries__lt=Verification.MOST_TRIES)


class Verification(models.Model):
    """A question whether an address is the member's own: a link or a code was sent to it."""

    MOST_TRIES = 5

    contact = models.ForeignKey(ContactPoint, on_delete=models.CASCADE, related_name="verifications")
    digest = models.CharField(max_length=64, help_text="of the address asked, and of the code if one was sent")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        indexes = (models.Index(fields=("contact", "-asked_at"), name="people_last_asked"),)

    def __str__(self) -> str:
        return f"verification of contact {self.contact_id}"


class MemberList(models.Model):
    """A members' list that was handed in: first looked at, then taken in on an administrator's word."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being looked at")
        CHECKED = "checked", _("Waiting for your word")
        REFUSED = "refused", _("Cannot be read")
        IMPORTING = "importing", _("Being taken in")
        DONE = "done", _("Taken in")
        DISCARDED = "discarded", _("Discarded")

    state = models.CharField(max_length=9, choices=State, default=State.CHECKING)
    file = models.CharField(max_length=64, blank=True, help_text="its name in the store; empty when it was removed")
    handed_in_at = models.DateTimeField()
    handed_in_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    is_vouched = models.BooleanField(_("The society vouches for these addresses"), default=False)
    consent_wording = models.CharField(max_length=40, blank=True, help_text="empty when consent is not known")
    fault = models.CharField(max_length=20, blank=True)
    fault_detail = models.CharField(max_length=20, blank=True)
    line = models.PositiveIntegerField(default=0, help_text="the last line that was looked at, or taken in")
    last_line = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(help_text="when the work on it last went forward")
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    bad_count = models.PositiveIntegerField(default=0)
    roles = models.JSONField(default=dict, help_text="how often it grants each role beyond member")
    institutions = models.JSONField(default=list, help_text="the names of those that are new with it")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-handed_in_at", "-pk")

    def __str__(self) -> str:
        return f"members' list {self.pk}"

    @property
    def row_count(self) -> int:
        """Every row looked at."""
        return self.new_count + self.changed_count + self.unchanged_count + self.bad_count


class BadListRow(models.Model):
    """A row of a members' list that cannot be used, with every reason; kept until the list is forgotten."""

    list = models.ForeignKey(MemberList, on_delete=models.CASCADE, related_name="bad_rows")
    line = models.PositiveIntegerField()
    complaints = models.JSONField(help_text="[fault, detail] for each")
    cells = models.JSONField(help_text="what stood in each column that was understood")

    class Meta:
        ordering = ("line",)
        constraints = (models.UniqueConstraint(fields=("list", "line"), name="people_bad_row_once"),)

    def __str__(self) -> str:
        return f"line {self.line} of list {self.list_id}"
