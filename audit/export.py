"""Audit records as files: one JSON object a line, or CSV (RFC 4180). They are written as they are read."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from audit.models import AuditEvent

MOST: Final = 100_000  # records of one file
_CHUNK: Final = 1000
_PLAIN: Final = (
    *("action", "reason", "principal_id", "principal_kind", "principal_name", "client_id", "client_name"),
    *("credential_kind", "credential_id", "scopes", "object", "address", "request_id", "attempt_id"),
    *("duration_ms", "row_count", "details"),
)
_WHOLE: Final = ("statement", "parameters")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # where a spreadsheet begins to calculate


def bounded(events: QuerySet[AuditEvent]) -> tuple[QuerySet[AuditEvent], str]:
    """Return the records of one file, oldest first, and the time from which the next goes on, or nothing.

    Records of one microsecond stay together.
    """
    ordered = events.order_by("at", "id")
    beyond = ordered.values_list("at", flat=True)[MOST : MOST + 1].first()
    return (ordered.filter(at__lt=beyond), beyond.isoformat()) if beyond else (ordered, "")


def response(
    events: QuerySet[AuditEvent], form: str, *, whole: bool = False, next_from: str = ""
) -> StreamingHttpResponse:
    """Return the file as an answer."""
    _media_type, write = FORMS[form]
    answer = as_file(write(events, whole=whole), form)
    if next_from:
        answer["X-Next-From"] = next_from
    return answer


def as_file(content: Iterable[str] | Iterable[bytes], form: str) -> StreamingHttpResponse:
    """Return an answer that a browser stores as a file and nobody keeps on the way."""
    answer = StreamingHttpResponse(content, content_type=FORMS[form][0])
    answer["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def ndjson(events: QuerySet[AuditEvent], *, whole: bool) -> Iterator[str]:
    """Yield a line for each record, without empty columns."""
    for row in _rows(events, whole=whole):
        told = {name: value for name, value in row.items() if value not in (None, "", [], {})}
        yield _json(told) + "\n"


def as_csv(events: QuerySet[AuditEvent], *, whole: bool) -> Iterator[str]:
    """Yield a heading, then a line for each record. Lists and objects are JSON in their cell."""
    line = StringIO()
    writer = csv.writer(line)
    writer.writerow(_names(whole=whole))
    for row in _rows(events, whole=whole):
        yield _taken(line)
        writer.writerow([_cell(value) for value in row.values()])
    yield _taken(line)


FORMS: Final[dict[str, tuple[str, Callable[..., Iterator[str]]]]] = {
    "ndjson": ("application/x-ndjson", ndjson),
    "csv": ("text/csv", as_csv),
}
HEADINGS: Final = {"ndjson": 0, "csv": 1}  # lines that are no record


def _names(*, whole: bool) -> tuple[str, ...]:
    return ("event_id", "time", "decision", *_PLAIN, *(_WHOLE if whole else ()))


def _rows(events: QuerySet[AuditEvent], *, whole: bool) -> Iterator[dict[str, Any]]:
    events = events if whole else events.defer(*_WHOLE)
    for event in events.iterator(chunk_size=_CHUNK):
        own = {"event_id": event.event_id, "time": event.at, "decision": event.outcome}
        yield {name: own[name] if name in own else getattr(event, name) for name in _names(whole=whole)}


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return _json(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _taken(line: StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text
