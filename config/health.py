"""Liveness and readiness for load balancers, the supervisor and people. No hosts, no secrets."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.models import Job

BACKLOG = timedelta(minutes=10)


@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """Answer 200 without touching anything."""
    return JsonResponse({"status": "alive"})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when this process can serve, else 503 with the names of what is missing."""
    missing = _missing()
    if missing:
        return JsonResponse({"status": "not ready", "missing": missing}, status=503, headers={"Retry-After": "1"})
    return JsonResponse({"status": "ready"})


def _missing() -> list[str]:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return ["migrations"]
        late = Job.objects.filter(state=Job.State.QUEUED, not_before__lt=timezone.now() - BACKLOG).exists()
    except DatabaseError:
        return ["control database"]
    return ["background work"] if late else []
