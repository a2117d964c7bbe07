"""config.doctor by its endpoint"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import service_accounts
from audit.event import By
from catalog.models import Catalog, DocumentSearch
from jobs.models import Job
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/doctor"


def codes(client):
    return {finding["code"]: finding for finding in client.get(X).json()["findings"]}


def test_what_is_wrong_is_told_with_its_remedy(admin, alice, etl):
    service_accounts.add_secret(etl, by=By(principal_id=alice.pk), lifetime_seconds=3600, scopes=[])
    Job.objects.create(
        kind="catalog.refresh", subject="demo", state="failed", finished_at=timezone.now(), error="Gone."
    )
    finding = {"code": "superuser", "severity": "refused", "message": "It is a superuser.", "remedy": "Take it."}
    Catalog.objects.create(
        name="demo",
        host="h",
        database="d",
        user="u",
        password_sealed=b"",
        findings=[finding],
        refreshed_at=timezone.now(),
    )
    found = codes(admin)
    assert {"one_admin", "open_network", "no_auditor", "secret_ends", "failed_work", "superuser"} <= set(found)
    assert found["superuser"]["severity"] == "error"
    assert (found["failed_work"]["subject"], found["failed_work"]["message"]) == ("catalog.refresh demo", "Gone.")
    answer = admin.get(X).json()
    assert answer["ok"] is False
    assert answer["findings"][0]["severity"] == "error"


def test_an_old_copy_is_stale(admin):
    Catalog.objects.create(
        name="old",
        host="h",
        database="d",
        user="u",
        password_sealed=b"",
        refreshed_at=timezone.now() - timedelta(days=31),
    )
    assert codes(admin)["stale_catalog"]["subject"] == "catalog old"


def test_a_document_search_that_switched_itself_off_is_told(admin):
    where = {"host": "h", "database": "d", "user": "u", "password_sealed": b"", "refreshed_at": timezone.now()}
    catalog = Catalog.objects.create(name="demo", **where)
    how = {"title_column": "subject", "text_columns": ["body"], "configuration": "english", "enabled": False}
    DocumentSearch.objects.create(catalog=catalog, schema="support", table="letters", **how)
    assert "document_search_off" not in codes(admin)
    lost = {"off_because": "The table 'tickets' is gone."}
    DocumentSearch.objects.create(catalog=catalog, schema="support", table="tickets", **how, **lost)
    found = codes(admin)["document_search_off"]
    assert (found["severity"], found["subject"]) == ("warning", "table demo.support.tickets")
    assert "'tickets' is gone" in found["message"]


def test_it_is_for_admins_and_auditors(caller, bob, dora):
    assert caller(bob).get(X).status_code == 403
    assert caller(dora).get(X).status_code == 200
