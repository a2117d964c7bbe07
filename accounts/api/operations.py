"""Background work that a call started. It stands here because jobs knows no API. rest-api.md 5."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import answers
from accounts.api.fields import present, rfc3339, uuids_of
from accounts.api.permissions import Access
from accounts.errors import NotFound
from accounts.scopes import Scope
from jobs.models import Job


class Operation(APIView):
    """One piece of background work."""

    access = {"GET": Access("account_admin", Scope.ALL_APIS)}

    @extend_schema(responses=answers.OperationInfo, summary="Show how far background work is")
    def get(self, request: Request, operation_id: str) -> Response:
        """Answer with state (queued, running, done, failed), progress in percent, and result or error."""
        job = Job.objects.filter(pk__in=uuids_of(operation_id)).first()
        if job is None:
            raise NotFound("There is no such operation. Finished ones are kept for 30 days.")
        return Response(
            present(
                operation_id=str(job.pk),
                kind=job.kind,
                subject=job.subject,
                state=job.state,
                progress=job.progress,
                attempts=job.attempts,
                create_time=rfc3339(job.created_at),
                result=job.result,
                error=job.error or None,
            )
        )
