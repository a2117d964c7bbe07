"""Connecting, changing and removing catalogs. A login role with too much power is never connected."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
_SECRETS: Final = ("password", "creator_password")
_SSLMODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_BOUNDS: Final = {
    "port": (1, 65_535),
    "statement_timeout_ms": (100, 3_600_000),
    "row_limit": (1, 100_000),
    "byte_limit": (1_000, 100_000_000),
    "max_connections": (1, 200),
    "affected_row_limit": (1, 1_000_000),
    "plan_cost_limit": (1, 1_000_000_000_000),
}
_TEXTS: Final = {"host": 255, "database": 63, "user": 63}
_CREATOR: Final = ("creator_user", "creator_password", "creator_schema")
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
    """Test the connections of a catalog again: the login role's, and the creating role's. Stores nothing."""
    result = test(target_of(catalog))
    if result.error:
        return result
    found = introspection.creator_findings(catalog)
    is_poor = all(finding.severity != "refused" for finding in found)
    return replace(result, ok=result.ok and is_poor, findings=(*result.findings, *found))


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
    given = {field: value for field, value in fields.items() if field != "creator_password"}
    catalog = Catalog(name=name, created_by=by.principal_id, password_sealed=seal(password), **given)
    _set_creator(catalog, fields)
    result = _test_or_refuse(catalog)
    _look_at_creator(catalog)
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
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        for field, value in changes.items():
            if field not in _SECRETS:
                setattr(catalog, field, value)
        if "password" in changes:
            catalog.password_sealed = seal(changes["password"])
        if any(field in changes for field in ("user", *_CREATOR)):
            _set_creator(catalog, changes)
        moved = any(field in changes for field in (*_TARGET_FIELDS, "password"))
        if moved:
            result = _test_or_refuse(catalog)
            catalog.server_version, catalog.findings = result.server_version, [f.as_json() for f in result.findings]
            request_refresh(catalog)
        if moved or any(field in changes for field in _CREATOR):
            _look_at_creator(catalog)
        catalog.version += 1
        catalog.save()
        _record(
            "catalog.update", catalog, by, _plain(changes) | {name: "changed" for name in _SECRETS if name in changes}
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
    _refuse("user", result.findings)
    return result


def _set_creator(catalog: Catalog, given: Mapping[str, Any]) -> None:
    """Complete the creating role, or take it away where the catalog has none any more. Raise Invalid for a half of one."""
    if not catalog.creator_user:
        if given.get("creator_schema") or given.get("creator_password"):
            raise Invalid({"creator_user": ["Required."]})
        catalog.creator_password_sealed, catalog.creator_schema = b"", ""
        return
    if "creator_password" in given:
        catalog.creator_password_sealed = seal(given["creator_password"])
    faults = {
        "creator_user": "Use another role than the login role." if catalog.creator_user == catalog.user else "",
        "creator_password": "" if catalog.creator_password_sealed else "Required.",
        "creator_schema": "" if catalog.creator_schema else "Required.",
    }
    if any(faults.values()):
        raise Invalid({name: [fault] for name, fault in faults.items() if fault})


def _look_at_creator(catalog: Catalog) -> None:
    found = introspection.creator_findings(catalog)
    _refuse("creator_user", found)
    catalog.creator_findings = [finding.as_json() for finding in found]


def _refuse(field: str, found: Sequence[Finding]) -> None:
    faults = [f"{finding.message} Cure: {finding.remedy}" for finding in found if finding.severity == "refused"]
    if faults:
        raise Invalid({field: faults})


def _validate(fields: Mapping[str, Any], required: tuple[str, ...] = ()) -> None:
    errors = {name: message for name, value in fields.items() if (message := _fault(name, value))}
    errors |= {name: "Required." for name in required if name not in fields}
    if errors:
        raise Invalid({name: [message] for name, message in errors.items()})


def _fault(name: str, value: Any) -> str | None:
    """Return what is wrong with the value of a field, if anything."""
    if name == "plan_cost_limit" and value is None:
        return None
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
    if name == "creator_schema" and (value.startswith("pg_") or value == "information_schema"):
        return "Use a schema of your own."
    if name in {"creator_user", "creator_schema"} and len(value.encode()) > _TEXTS["user"]:
        return f"Use at most {_TEXTS['user']} characters."
    if name in _TEXTS and not 1 <= len(value.encode()) <= _TEXTS[name]:
        return f"Use 1 to {_TEXTS[name]} characters."
    if name == "confirm_writes" and value not in ConfirmWrites.values:
        return f"Use one of {', '.join(ConfirmWrites.values)}."
    if name == "host" and ("," in value or any(character.isspace() for character in value)):
        return "Use one host name, address or socket folder."
    return None


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _SECRETS}


def _record(action: str, catalog: Catalog, by: By, details: Mapping[str, Any]) -> None:
    record.write(Event(action=action, outcome="allowed", by=by, object=catalog.name, details=details))
