"""accounts.api.operations"""

import pytest

from jobs import outbox

pytestmark = pytest.mark.django_db


def path(operation_id):
    return f"/api/gatepost/v1/operations/{operation_id}"


def test_an_admin_sees_how_far_background_work_is(admin):
    job = outbox.enqueue("catalog.refresh", subject="demo")
    shown = admin.get(path(job.pk)).json()
    assert shown.pop("create_time")
    assert shown == {
        "operation_id": str(job.pk),
        "kind": "catalog.refresh",
        "subject": "demo",
        "state": "queued",
        "progress": 0,
        "attempts": 0,
    }
    job.state, job.error = "failed", "The catalog was removed."
    job.save()
    shown = admin.get(path(job.pk)).json()
    assert (shown["state"], shown["error"]) == ("failed", "The catalog was removed.")


@pytest.mark.parametrize("operation_id", ["6a7e0e9e-6f6e-4a53-9d35-d9b1b0ea4b2f", "x", "1"])
def test_what_does_not_exist_is_404(admin, operation_id):
    answer = admin.get(path(operation_id))
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_member_may_not_look(caller, bob):
    assert caller(bob).get(path(outbox.enqueue("x").pk)).status_code == 403
