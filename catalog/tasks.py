"""Background work of catalogs, through the outbox."""

from django.db import connections, transaction
from django.utils import timezone

from catalog import introspection
from catalog.kept_statements import KEPT
from catalog.models import Catalog, LongStatement
from jobs import outbox
from jobs.models import Job
from jobs.outbox import Work, handles


def request_refresh(catalog: Catalog) -> Job:
    """Ask for a refresh in the caller's transaction. A request that still waits serves all who ask."""
    return outbox.enqueue("catalog.refresh", subject=catalog.name, arguments={"catalog": catalog.pk})


def request_refresh_by_id(catalog_id: int) -> None:
    """Ask for a refresh from a thread that serves no request, and leave no connection behind in it."""
    try:
        with transaction.atomic():
            request_refresh(Catalog.objects.get(pk=catalog_id))
    finally:
        connections.close_all()


@handles("catalog.refresh")
def refresh(job: Work) -> dict[str, int] | None:
    """Refresh one catalog. A catalog that was removed meanwhile needs nothing."""
    catalog = Catalog.objects.filter(pk=job.arguments["catalog"]).first()
    return introspection.refresh(catalog) if catalog else None


@handles("catalog.refresh_all")
def refresh_all(_job: Work) -> dict[str, int]:
    """Ask for a refresh of every catalog that is switched on."""
    with transaction.atomic():
        jobs = [request_refresh(catalog) for catalog in Catalog.objects.filter(enabled=True)]
    return {"catalogs": len(jobs)}


@handles("catalog.sweep_statements")
def sweep_statements(_job: Work) -> dict[str, int]:
    """Delete results that are too old to be fetched, and statements whose process died."""
    before = timezone.now() - KEPT
    ended = LongStatement.objects.filter(finished_at__lt=before)
    lost = LongStatement.objects.filter(finished_at=None, seen_at__lt=before)
    return {"results": ended.delete()[0], "lost": lost.delete()[0]}
