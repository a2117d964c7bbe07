"""Setting budgets: how much one principal may use. connections.spending enforces them."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from accounts.models import PersonalAccessToken
from audit import record
from audit.event import By, Event
from catalog.models import Catalog
from connections.models import AppIntegration, Budget

LIMITS: Final = (
    "calls_per_day",
    "rows_per_day",
    "bytes_per_day",
    "concurrent_calls",
    "rows",
    "bytes",
    "seconds",
    "plan_cost",
)
_MOST: Final = 2_000_000_000


def all_budgets() -> QuerySet[Budget]:
    """Return every budget."""
    return Budget.objects.order_by("level", "subject")


def put(level: str, subject: str, limits: Mapping[str, int | None], *, by: By) -> Budget:
    """Make these the limits of the level and subject; what is left out is unlimited. At least one must be given."""
    _check(level, subject, limits)
    given = {name: limits.get(name) for name in LIMITS}
    with transaction.atomic():
        found = Budget.objects.select_for_update().filter(level=level, subject=subject).first()
        before = _limits(found) if found else None
        budget = found or Budget(level=level, subject=subject)
        for name, value in given.items():
            setattr(budget, name, value)
        budget.updated_at = timezone.now()
        budget.save()
        _record("budget.set", budget, by, before, _limits(budget))
    return budget


def remove(level: str, subject: str, *, by: By) -> None:
    """Take the limits away. Raise NotFound when there are none."""
    with transaction.atomic():
        budget = Budget.objects.select_for_update().filter(level=level, subject=subject).first()
        if budget is None:
            raise NotFound(f"There is no budget of the {level} {subject}.".replace(" .", "."))
        _record("budget.remove", budget, by, _limits(budget), None)
        budget.delete()


def _check(level: str, subject: str, limits: Mapping[str, int | None]) -> None:
    if level not in Budget.Level.values:
        raise Invalid({"level": [f"Use one of {', '.join(Budget.Level.values)}."]})
    if not _exists(level, subject):
        told = "Leave it empty." if level == Budget.Level.ACCOUNT else f"There is no {level} {subject!r}."
        raise Invalid({"subject": [told]})
    faults = {name: [f"Use a whole number from 1 to {_MOST}."] for name in LIMITS if not _fits(limits.get(name))}
    if faults:
        raise Invalid(faults)
    if not any(limits.get(name) for name in LIMITS):
        raise Invalid({"calls_per_day": ["Give at least one limit, or remove the budget."]})


def _fits(value: int | None) -> bool:
    return value is None or 1 <= value <= _MOST


def _exists(level: str, subject: str) -> bool:
    if "\0" in subject:
        return False
    match level:
        case Budget.Level.CATALOG:
            return Catalog.objects.filter(name=subject).exists()
        case Budget.Level.CLIENT:
            return AppIntegration.objects.filter(client_id=subject).exists()
        case Budget.Level.TOKEN:
            return PersonalAccessToken.objects.filter(token_id=subject).exists()
    return subject == ""


def _limits(budget: Budget) -> dict[str, int]:
    return {name: value for name in LIMITS if (value := getattr(budget, name)) is not None}


def _record(action: str, budget: Budget, by: By, before: Any, after: Any) -> None:
    details = {"before": before, "after": after}
    record.write(Event(action=action, outcome="allowed", by=by, object=str(budget), details=details))
