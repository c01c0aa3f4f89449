"""Who exists: tenants, their people, and the devices these carry."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from backend.kit.ids import new_id


class Org(models.Model):
    """A tenant: nothing crosses from one to another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person is in the org; territories say where."""

    REP = "rep"
    MANAGER = "manager"
    ADMIN = "admin"
    PARTNER = "partner"


OUTSIDERS: frozenset[str] = frozenset({Role.PARTNER})
"""The roles of people of another firm, from whom fields are hidden (docs/adr/0015-hidden-fields.md)."""


class UserManager(BaseUserManager["User"]):
    """Finds users by name and makes the operator's own account."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Makes a user with a hashed password (unusable when None)."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Makes the operator of the admin pages."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. The manager tree is acyclic (rules.check_manager)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="users", null=True, blank=True)
    username = models.CharField(max_length=150, unique=True)
    full_name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REP)
    manager = models.ForeignKey("self", on_delete=models.PROTECT, related_name="reports", null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    start_lat = models.FloatField(null=True, blank=True)
    start_lng = models.FloatField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()
    USERNAME_FIELD = "username"

    @property
    def name_shown(self) -> str:
        """Returns the name others read: the full name, or where nobody gave one the name to sign in with."""
        return self.full_name or self.username

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_unique"),
            models.CheckConstraint(condition=~Q(manager=F("id")), name="user_not_own_manager"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
        ]


class Device(models.Model):
    """One installation of a client on one phone; a reinstall is a new device."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="devices")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=100, blank=True)
    platform = models.CharField(max_length=20, blank=True)
    install_key = models.CharField(max_length=64)
    token_generation = models.IntegerField(default=1, help_text="Raised to end every token issued before.")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    version = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "install_key"], name="device_install_once"),
        ]


class RefreshToken(models.Model):
    """One link of a device's refresh chain; only a hash is kept."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="refresh_tokens")
    generation = models.IntegerField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class SignInAttempts(models.Model):
    """How often a name at an address, or an address, failed to sign in; the key is a hash of them."""

    key = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(db_index=True)
    count = models.IntegerField()
