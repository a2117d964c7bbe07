"""What a principal or group may do with a catalog object. Objects are named, so that a privilege survives a refresh."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Coalesce
from django.utils import timezone


class Privilege(models.Model):
    """One action on one securable for one principal or group; inherited downwards."""

    class Action(models.TextChoices):
        USE_CATALOG = "USE_CATALOG"
        USE_SCHEMA = "USE_SCHEMA"
        SELECT = "SELECT"
        MODIFY = "MODIFY"
        EXECUTE = "EXECUTE"

    class Securable(models.TextChoices):
        CATALOG = "catalog"
        SCHEMA = "schema"
        TABLE = "table"
        FUNCTION = "function"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="privileges")
    group = models.ForeignKey("accounts.Group", null=True, on_delete=models.CASCADE, related_name="privileges")
    action = models.CharField(max_length=20, choices=Action.choices)
    securable = models.CharField(max_length=10, choices=Securable.choices)
    catalog = models.ForeignKey("catalog.Catalog", on_delete=models.CASCADE, related_name="privileges")
    schema = models.CharField(max_length=63, blank=True)
    object = models.CharField(max_length=63, blank=True, help_text="Name of the table or function.")
    signature = models.TextField(blank=True, help_text="Argument types of the function; part of its identity.")
    restriction = models.JSONField(
        null=True, help_text="Of SELECT on a table: {masks: {column: null or hash}, row_filter: {column, equals}}."
    )
    granted_at = models.DateTimeField(default=timezone.now)
    granted_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="privilege_of_user_or_group",
                condition=Q(user__isnull=False, group__isnull=True) | Q(user__isnull=True, group__isnull=False),
            ),
            models.CheckConstraint(
                name="restricted_select_on_table",
                condition=Q(restriction__isnull=True) | Q(action="SELECT", securable="table"),
            ),
            models.UniqueConstraint(
                Coalesce("user", 0),
                Coalesce("group", 0),
                F("action"),
                F("securable"),
                F("catalog"),
                F("schema"),
                F("object"),
                MD5("signature"),  # a signature can be longer than an index entry may be
                name="unique_privilege",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} on {self.securable}"

    @property
    def holder(self) -> Any:
        """Return the user or the group that holds it."""
        return self.user or self.group

    @property
    def holder_name(self) -> str:
        """Return the name by which admins know the holder."""
        return self.user.user_name if self.user else self.group.name if self.group else ""

    @property
    def place(self) -> str:
        """Return what it is on."""
        name = ".".join(filter(None, (self.catalog.name, self.schema, self.object)))
        return f"{name}({self.signature})" if self.securable == self.Securable.FUNCTION else name
