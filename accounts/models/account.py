"""The one account of this deployment and the identifiers that clients know it by."""

import secrets
import uuid
from typing import Any

from django.db import models


def new_workspace_id() -> int:
    """Return a random number of 16 digits."""
    return secrets.randbelow(9 * 10**15) + 10**15


class Account(models.Model):
    """The single row, made by the first migration run. Its identifiers never change."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    account_id = models.UUIDField(default=uuid.uuid4, editable=False)
    workspace_id = models.BigIntegerField(default=new_workspace_id, editable=False)
    settings = models.JSONField(default=dict, help_text="Workspace settings that differ from their defaults.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_account")]

    def __str__(self) -> str:
        return str(self.account_id)

    @classmethod
    def load(cls, **fields: Any) -> "Account":
        """Return the account, made at the first call."""
        return cls.objects.get_or_create(id=1, defaults=fields)[0]

    @classmethod
    def lock(cls) -> None:
        """Let changes of account-wide rules (last admin, quotas, lock-out) wait for each other until they commit."""
        cls.load()
        cls.objects.select_for_update().get(id=1)
