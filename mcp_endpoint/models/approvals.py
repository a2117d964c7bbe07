"""Approvals of writing calls that were used: none is used twice."""

from django.db import models


class UsedApproval(models.Model):
    """One row for each, until its state would have expired anyway. Written by mcp_endpoint.confirmation."""

    id = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.id
