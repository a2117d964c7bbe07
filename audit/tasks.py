"""Background work of audit: sealing, and exports."""

from django.utils import timezone

from audit import chain, exports
from audit.models import AuditExport
from jobs import batches
from jobs.outbox import Work, handles


@handles("audit.seal")
def seal(work: Work) -> dict[str, int]:
    """Seal the records of the last minute. Running it again does no harm."""
    return {"sealed": chain.seal()}


@handles(exports.KIND)
def export(work: Work) -> dict[str, int] | None:
    """Write the file of an export."""
    return exports.make(work)


@handles("audit.sweep_exports")
def sweep_exports(work: Work) -> dict[str, int]:
    """Delete the files that were kept for their time."""
    return {"exports": batches.delete(AuditExport.objects.filter(expires_at__lt=timezone.now()))}
