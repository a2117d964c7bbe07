"""connections.api.budgets"""

import pytest

from connections.models import Budget
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/budgets"


def test_budgets_are_set_listed_and_removed(admin):
    set_ = admin.send("PUT", X, {"level": "account", "calls_per_day": 1000, "seconds": 20})
    assert set_.status_code == 200, set_.content
    told = set_.json()
    assert {k: v for k, v in told.items() if k != "update_time"} == {
        "level": "account",
        "subject": "",
        "calls_per_day": 1000,
        "seconds": 20,
    }
    assert admin.send("GET", X).json() == {"budgets": [told]}
    assert admin.send("DELETE", f"{X}?level=account").json() == {}
    assert admin.send("DELETE", f"{X}?level=account").status_code == 404


def test_what_means_nothing_is_refused(admin, caller, bob):
    for body in ({"level": "account"}, {"level": "account", "rows": "5"}, {"rows": 5}, {"level": "account", "days": 1}):
        assert admin.send("PUT", X, body).status_code == 400
    assert caller(bob).send("PUT", X, {"level": "account", "rows": 5}).status_code == 403
    assert caller(bob).send("GET", X).status_code == 403
    assert not Budget.objects.exists()
