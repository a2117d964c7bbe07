"""catalog.api.changes"""

import pytest
from django.db.models import F

from audit.models import AuditEvent
from catalog import quarantine
from catalog.models import Catalog, Relation, Routine

pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/catalogs/workshop"


@pytest.fixture
def changed(catalog):
    add = Routine.objects.get(name="add")
    Routine.objects.filter(pk=add.pk).update(accepted=quarantine.routine_facts(vars(add)) | {"comment": "Before."})
    part = Relation.objects.get(name="part")
    Relation.objects.filter(pk=part.pk).update(accepted=quarantine.relation_facts(vars(part)) | {"comment": "Parts."})
    Catalog.objects.update(version=F("version") + 1)


def test_changes_are_listed_and_accepted(admin, changed):
    listed = admin.send("GET", f"{X}/changes").json()
    assert listed["count"] == 2
    add, part = listed["changes"]
    assert (add["securable_type"], add["object"]) == ("function", "shop.add(integer,integer)")
    assert add["differences"] == [{"field": "comment", "before": "Before.", "after": "Adds two numbers"}]
    assert part["object"] == "shop.part"

    accepted = admin.send("POST", f"{X}/changes/accept", {"ids": [add["id"]]})
    assert accepted.json() == {"accepted": ["shop.add(integer,integer)"]}
    assert admin.send("GET", f"{X}/changes").json()["count"] == 1


def test_an_id_that_waits_no_more_changes_nothing(admin, changed):
    waiting = [change["id"] for change in admin.send("GET", f"{X}/changes").json()["changes"]]
    answer = admin.send("POST", f"{X}/changes/accept", {"ids": [*waiting, "0" * 32]})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STATE")
    assert admin.send("GET", f"{X}/changes").json()["count"] == 2
    for ids in ([], None, "all", [7]):
        assert admin.send("POST", f"{X}/changes/accept", {"ids": ids}).status_code == 400


def test_only_an_account_admin_accepts_and_marks(caller, bob, changed):
    who = caller(bob)
    assert who.send("GET", f"{X}/changes").status_code == 403
    assert who.send("POST", f"{X}/changes/accept", {"ids": ["x"]}).status_code == 403
    mark = {"schema": "shop", "function": "add", "writes": True}
    assert who.send("PUT", f"{X}/functions/mark", mark).status_code == 403


def test_a_function_is_marked_as_writing(admin, catalog):
    mark = {"schema": "shop", "function": "add", "writes": True}
    answer = {"function": "workshop.shop.add(integer,integer)", "writes": True}
    assert admin.send("PUT", f"{X}/functions/mark", mark).json() == answer
    assert Routine.objects.get(name="add").writes
    assert AuditEvent.objects.filter(action="function.mark").count() == 1
    assert admin.send("PUT", f"{X}/functions/mark", mark | {"function": "missing"}).status_code == 404
    assert admin.send("PUT", f"{X}/functions/mark", mark | {"function": "echo"}).status_code == 400
    assert admin.send("PUT", f"{X}/functions/mark", mark | {"writes": "yes"}).status_code == 400
