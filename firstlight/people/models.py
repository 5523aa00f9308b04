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
    """A person the society knows; what they may do follows from their roles alone."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=2, choices=[("ko", _("Korean")), ("en", _("English"))], default="ko")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True)
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
