"""Network access lists of the account (console and account API) and of the workspace (everything else)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class NetworkAccessList(models.Model):
    """An ALLOW or BLOCK list of addresses and CIDR ranges, kept exactly as they were sent."""

    class Surface(models.TextChoices):
        ACCOUNT = "account"
        WORKSPACE = "workspace"

    class ListType(models.TextChoices):
        ALLOW = "ALLOW"
        BLOCK = "BLOCK"

    list_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    surface = models.CharField(max_length=10, choices=Surface.choices)
    label = models.CharField(max_length=255)
    list_type = models.CharField(max_length=5, choices=ListType.choices)
    ip_addresses = ArrayField(models.TextField())
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField()
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.BigIntegerField()

    def __str__(self) -> str:
        return self.label
