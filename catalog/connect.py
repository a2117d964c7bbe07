"""Connecting, changing and removing catalogs. A login role with too much power is never connected."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.db import IntegrityError, transaction

from accounts.errors import AlreadyExists, Invalid
from audit import record
from audit.event import By, Event
from catalog import introspection, login_role
from catalog.login_role import Finding
from catalog.models import Catalog, ConfirmWrites
from catalog.sealing import seal
from catalog.target import Target, unreachable_because
from catalog.tasks import request_refresh
from catalog.vault import target_of

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_SSLMODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_BOUNDS: Final = {
    "port": (1, 65_535),
    "statement_timeout_ms": (100, 3_600_000),
    "row_limit": (1, 100_000),
    "byte_limit": (1_000, 100_000_000),
    "max_connections": (1, 200),
    "affected_row_limit": (1, 1_000_000),
}
_TEXTS: Final = {"host": 255, "database": 63, "user": 63}
_TARGET_FIELDS: Final = ("host", "port", "database", "user", "sslmode")
_REQUIRED: Final = ("host", "database", "user", "password")
_TEST_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test of a connection found. `error` never holds host, user or password."""

    __test__ = False  # not a test, whatever pytest thinks of the name

    ok: bool
    server_version: str = ""
    role: str = ""
    findings: tuple[Finding, ...] = ()
    error: str = ""


def test(target: Target) -> TestResult:
    """Connect once and judge the login role. Stores nothing."""
    try:
        with introspection.connect(target, _TEST_MS) as connection:
            facts = login_role.facts(connection)
    except psycopg.Error as error:
        return TestResult(ok=False, error=unreachable_because(str(error)))
    found = tuple(login_role.findings(target, facts))
    is_poor = all(finding.severity != "refused" for finding in found)
    return TestResult(is_poor, facts["server_version"], facts["role"], found)


def test_stored(catalog: Catalog) -> TestResult:
    """Test the connection of a catalog again. Stores nothing."""
    return test(target_of(catalog))


def target_from(fields: Mapping[str, Any]) -> Target:
    """Check the fields of a connection that is not stored, and return its target."""
    _validate(fields, required=_REQUIRED)
    given = {name: fields[name] for name in _TARGET_FIELDS if name in fields}
    return Target(**{"port": 5432, **given, "password": fields["password"]})


def find(name: str) -> Catalog | None:
    """Return the catalog of that name, if there is one."""
    return Catalog.objects.filter(name=name).first() if _NAME.fullmatch(name) else None


def connect(*, by: By, name: str, password: str, **fields: Any) -> Catalog:
    """Test the connection, store the catalog and ask for its first refresh. Defaults are those of the model."""
    _validate({"name": name, "password": password, **fields}, required=_REQUIRED)
    catalog = Catalog(name=name, created_by=by.principal_id, password_sealed=seal(password), **fields)
    result = _test_or_refuse(catalog)
    catalog.server_version, catalog.findings = result.server_version, [f.as_json() for f in result.findings]
    try:
        with transaction.atomic():
            catalog.save(force_insert=True)
            _record("catalog.connect", catalog, by, {**_plain(fields), "findings": [f.code for f in result.findings]})
            request_refresh(catalog)
    except IntegrityError:
        raise AlreadyExists(f"A catalog named {name} exists. Choose another name.") from None
    return catalog


def update(catalog: Catalog, *, by: By, **changes: Any) -> Catalog:
    """Change settings; a changed connection is tested first, and pools to the old one close."""
    _validate(changes)
    password = changes.pop("password", None)
    with transaction.atomic():
        catalog = Catalog.objects.select_for_update().get(pk=catalog.pk)
        for field, value in changes.items():
            setattr(catalog, field, value)
        if password is not None:
            catalog.password_sealed = seal(password)
        if password is not None or any(field in changes for field in _TARGET_FIELDS):
            result = _test_or_refuse(catalog)
            catalog.server_version, catalog.findings = result.server_version, [f.as_json() for f in result.findings]
            request_refresh(catalog)
        catalog.version += 1
        catalog.save()
        _record(
            "catalog.update", catalog, by, _plain(changes) | ({"password": "changed"} if password is not None else {})
        )
    return catalog


def remove(catalog: Catalog, *, by: By) -> None:
    """Forget the catalog, its copy and its privileges. Nothing changes in the database itself."""
    with transaction.atomic():
        _record("catalog.remove", catalog, by, {"privileges": catalog.privileges.count()})
        catalog.delete()


def _test_or_refuse(catalog: Catalog) -> TestResult:
    result = test(target_of(catalog))
    if result.error:
        raise Invalid({"host": [result.error]})
    if not result.ok:
        refused = [f"{f.message} Cure: {f.remedy}" for f in result.findings if f.severity == "refused"]
        raise Invalid({"user": refused})
    return result


def _validate(fields: Mapping[str, Any], required: tuple[str, ...] = ()) -> None:
    errors = {name: message for name, value in fields.items() if (message := _fault(name, value))}
    errors |= {name: "Required." for name in required if name not in fields}
    if errors:
        raise Invalid({name: [message] for name, message in errors.items()})


def _fault(name: str, value: Any) -> str | None:
    """Return what is wrong with the value of a field, if anything."""
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"Use a whole number from {low} to {high}."
    if name in {"read_only", "enabled"}:
        return None if isinstance(value, bool) else "Use true or false."
    if name == "trusted_schemas":
        fits = isinstance(value, list) and all(
            isinstance(each, str) and 1 <= len(each.encode()) <= 63 for each in value
        )
        return None if fits else "Use a list of schema names."
    if not isinstance(value, str) or "\0" in value:
        return "Use text."
    return _fault_in_text(name, value)


def _fault_in_text(name: str, value: str) -> str | None:
    if name == "name" and not _NAME.fullmatch(value):
        return "Use 1 to 63 of the characters A-Z, a-z, 0-9, _ and -."
    if name == "sslmode" and value not in _SSLMODES:
        return f"Use one of {', '.join(_SSLMODES)}."
    if name in _TEXTS and not 1 <= len(value.encode()) <= _TEXTS[name]:
        return f"Use 1 to {_TEXTS[name]} characters."
    if name == "confirm_writes" and value not in ConfirmWrites.values:
        return f"Use one of {', '.join(ConfirmWrites.values)}."
    if name == "host" and ("," in value or any(character.isspace() for character in value)):
        return "Use one host name, address or socket folder."
    return None


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "password"}


def _record(action: str, catalog: Catalog, by: By, details: Mapping[str, Any]) -> None:
    record.write(Event(action=action, outcome="allowed", by=by, object=catalog.name, details=details))
