"""What is wrong, or soon will be, with this deployment: each finding with its remedy. No secrets, no hosts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from django.core import checks
from django.db.models import Q
from django.utils import timezone

from accounts.models import NetworkAccessList, ServiceAccountSecret, User
from catalog.models import Catalog, DocumentSearch
from jobs.models import Job

Severity = Literal["info", "warning", "error"]

_SOON: Final = timedelta(days=14)
_RECENTLY: Final = timedelta(days=7)
_STALE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an admin should look at."""

    code: str
    severity: Severity
    subject: str
    message: str
    remedy: str


def findings() -> list[Finding]:
    """Return everything that was found, the worst first."""
    found = [finding for look in _LOOKS for finding in look()]
    return sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity))


def _settings() -> Iterator[Finding]:
    for message in checks.run_checks():
        if message.id and message.id.startswith("gatepost."):
            severity: Severity = "error" if message.level >= checks.ERROR else "warning"
            yield Finding(message.id, severity, "settings", message.msg, message.hint or "")


def _admins() -> Iterator[Finding]:
    people = User.objects.filter(is_active=True, is_account_admin=True, kind=User.Kind.PERSON).count()
    if people < 2:
        remedy = "Give a second person the role, so that one lost passkey locks nobody out."
        told = "One person alone is account admin." if people else "Nobody is account admin."
        yield Finding("one_admin", "warning", "roles", told, remedy)
    if not User.objects.filter(is_active=True, is_auditor=True).exists():
        remedy = "Give somebody who is no account admin the role auditor."
        yield Finding("no_auditor", "info", "roles", "Nobody can read statements in the audit record.", remedy)


def _networks() -> Iterator[Finding]:
    if not NetworkAccessList.objects.filter(enabled=True, list_type=NetworkAccessList.ListType.ALLOW).exists():
        remedy = "Make ALLOW lists with the addresses of your people and agents."
        yield Finding("open_network", "info", "network", "Every address may come in with a valid token.", remedy)


def _catalogs() -> Iterator[Finding]:
    for catalog in Catalog.objects.order_by("name"):
        subject = f"catalog {catalog.name}"
        for one in (*catalog.findings, *catalog.creator_findings):
            severity: Severity = "error" if one["severity"] == "refused" else "warning"
            yield Finding(one["code"], severity, subject, one["message"], one["remedy"])
        if catalog.refreshed_at is None or catalog.refreshed_at < timezone.now() - _STALE:
            told = "Its copy is older than 30 days, or was never made."
            yield Finding("stale_catalog", "warning", subject, told, "Refresh it.")


def _document_searches() -> Iterator[Finding]:
    lost = DocumentSearch.objects.exclude(off_because="").select_related("catalog")
    for row in lost.order_by("catalog__name", "schema", "table"):
        told = f"The search of its rows switched itself off. {row.off_because}"
        remedy = "Choose its columns anew, or end the search with `gatepost document-search delete`."
        yield Finding("document_search_off", "warning", f"table {row.catalog.name}.{row}", told, remedy)


def _secrets() -> Iterator[Finding]:
    now = timezone.now()
    ending = ServiceAccountSecret.objects.filter(expires_at__gt=now, expires_at__lt=now + _SOON)
    for secret in ending.select_related("service_account").order_by("expires_at"):
        subject = f"service account {secret.service_account.display_name}"
        told = f"A secret ends on {secret.expires_at:%Y-%m-%d}."
        yield Finding("secret_ends", "warning", subject, told, "Make a new one and put it in place.")


def _jobs() -> Iterator[Finding]:
    failed = Q(state=Job.State.FAILED, finished_at__gt=timezone.now() - _RECENTLY)
    for job in Job.objects.filter(failed).order_by("-finished_at")[:20]:
        subject = " ".join(filter(None, (job.kind, job.subject)))
        yield Finding(
            "failed_work", "warning", subject, job.error or "It failed.", "Cure the cause and start it again."
        )


_LOOKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    *(_settings, _admins, _networks, _catalogs, _document_searches, _secrets, _jobs),
)
