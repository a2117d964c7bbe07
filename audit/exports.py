"""Exports as jobs: a file of records that is made in the background and kept for a week. rest-api.md 6.

The file lies in the control database, compressed and in pieces, where every process can read it.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from audit import export, record, selection
from audit.event import By, Event
from audit.models import AuditEvent, AuditExport, AuditExportPiece
from jobs import batches, outbox
from jobs.outbox import GiveUp, Work, handles

KIND: Final = "audit.export"  # of the job
KEPT: Final = timedelta(days=7)
MOST_RECORDS: Final = 1_000_000  # of one file
MOST_BYTES: Final = 256 * 1024 * 1024  # of one file, compressed
MOST_KEPT: Final = 20  # files at one time
_PIECE: Final = 1024 * 1024  # characters, before they are compressed


class TooMany(Exception):
    """As many exports are kept as there may be."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_KEPT} exports are kept, the most there can be. Delete one, or wait until one is over.")


class NotReady(Exception):
    """The file is not whole yet, or it failed. The text says which."""


def kept() -> QuerySet[AuditExport]:
    """Return the exports that are not over, newest first."""
    return (
        AuditExport.objects.select_related("job").filter(expires_at__gt=timezone.now()).order_by("-created_at", "-id")
    )


@transaction.atomic
def create(filters: Mapping[str, str], form: str, *, whole: bool, by: By) -> AuditExport:
    """Ask for a file of the records until now that pass the filters; `whole` adds SQL text and parameters."""
    now = timezone.now()
    list(kept().select_for_update(of=("self",)).values_list("pk"))  # parallel creations wait for each other
    if kept().count() >= MOST_KEPT:
        raise TooMany
    made = AuditExport(
        filters={name: text for name, text in filters.items() if text},
        form=form,
        whole=whole,
        created_at=now,
        created_by=by.principal_id,
        created_by_name=by.principal_name,
        expires_at=now + KEPT,
    )
    made.job = outbox.enqueue(KIND, subject=str(made.pk), arguments={"export": str(made.pk)})
    made.save(force_insert=True)
    _record("create", made, by, filters=made.filters, format=form, statements=whole)
    return made


@transaction.atomic
def delete(made: AuditExport, *, by: By) -> None:
    """Delete the file before its time. One that is being made is not finished."""
    _record("delete", made, by, rows=made.rows)
    made.delete()


def download(made: AuditExport, *, by: By) -> StreamingHttpResponse:
    """Return the file as an answer, or raise NotReady. Who fetched it is recorded first."""
    if made.state == "failed":
        raise NotReady(f"The export failed: {made.error} Make a new one.")
    if made.finished_at is None:
        raise NotReady("The export is not done yet. Ask for its state first.")
    with transaction.atomic():
        _record("download", made, by, rows=made.rows, statements=made.whole)
    answer = export.as_file(_content(made), made.form)
    answer["Content-Length"] = str(made.bytes)
    return answer


@handles(KIND)
def make(work: Work) -> dict[str, int] | None:
    """Write the file of a job. Where an earlier worker died, begin anew; a file that was deleted needs nothing."""
    made = AuditExport.objects.filter(pk=work.arguments["export"], finished_at=None).first()
    if made is None:
        return None
    try:
        rows, size = _write(made, work)
    except GiveUp:
        made.pieces.all().delete()
        raise
    _finish(made, work, rows, size)
    return {"rows": rows, "bytes": size}


def sweep() -> int:
    """Delete the files that were kept for their time, and return how many."""
    return batches.delete(AuditExport.objects.filter(expires_at__lt=timezone.now()))


def _write(made: AuditExport, work: Work) -> tuple[int, int]:
    """Store the pieces of the file, and return its records and bytes."""
    # Records that come while the file is made, its own among them, would make it endless.
    events = selection.select(AuditEvent.objects.filter(at__lt=made.created_at), made.filters).order_by("at", "id")
    expected = _bounded(events)
    _media_type, write = export.FORMS[made.form]
    lines = size = stored = 0
    for number, (text, count) in enumerate(_pieces(write(events, whole=made.whole))):
        content = text.encode()
        packed = zlib.compress(content)
        lines, size, stored = lines + count, size + len(content), stored + len(packed)
        if stored > MOST_BYTES:
            raise GiveUp(
                f"The file would be larger than {MOST_BYTES >> 20} MiB compressed. Narrow it with from and to."
            )
        AuditExportPiece.objects.create(export=made, attempt=work.attempt, number=number, content=packed)
        work.progress(99 * lines // max(expected, lines))
    return lines - export.HEADINGS[made.form], size


def _finish(made: AuditExport, work: Work, rows: int, size: int) -> None:
    """Say that the file is whole, unless a worker that was believed dead came first; drop what other attempts left."""
    now = timezone.now()
    AuditExport.objects.filter(pk=made.pk, finished_at=None).update(
        finished_at=now, expires_at=now + KEPT, rows=rows, bytes=size, attempt=work.attempt
    )
    made.pieces.exclude(attempt=F("export__attempt")).delete()


def _bounded(events: QuerySet[AuditEvent]) -> int:
    expected = events[: MOST_RECORDS + 1].count()
    if expected > MOST_RECORDS:
        raise GiveUp(f"There are more than {MOST_RECORDS:,} such records. Narrow it with from and to.")
    return expected


def _pieces(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the text in pieces, each with how many lines are in it."""
    gathered: list[str] = []
    length = 0
    for line in lines:
        gathered.append(line)
        length += len(line)
        if length >= _PIECE:
            yield "".join(gathered), len(gathered)
            gathered, length = [], 0
    if gathered:
        yield "".join(gathered), len(gathered)


def _content(made: AuditExport) -> Iterator[bytes]:
    """Yield the file, with one piece in memory at a time."""
    pieces = made.pieces.filter(attempt=made.attempt).order_by("number")
    for pk in list(pieces.values_list("pk", flat=True)):
        yield zlib.decompress(pieces.values_list("content", flat=True).get(pk=pk))


def _record(verb: str, made: AuditExport, by: By, **details: object) -> None:
    action = f"audit.export.{verb}"
    record.write(Event(action=action, outcome="allowed", by=by, object=str(made.pk), details=details))
