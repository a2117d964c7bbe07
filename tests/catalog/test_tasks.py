"""catalog.tasks: the copies of all catalogs are kept up to date."""

import pytest

from catalog import tasks
from catalog.models import Catalog
from jobs import outbox
from jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalogs(db):
    def catalog(name, *, enabled):
        return Catalog.objects.create(
            name=name, enabled=enabled, host="nowhere", database=name, user=name, password_sealed=b""
        )

    return catalog("one", enabled=True), catalog("two", enabled=True), catalog("off", enabled=False)


def test_every_catalog_that_is_on_gets_one_waiting_refresh(catalogs):
    assert tasks.refresh_all(None) == {"catalogs": 2}
    tasks.refresh_all(None)
    waiting = Job.objects.filter(kind="catalog.refresh").order_by("subject")
    assert [job.subject for job in waiting] == ["one", "two"]


def test_it_comes_through_the_outbox(catalogs):
    outbox.enqueue("catalog.refresh_all", subject="periodic")
    outbox.run_due(1)
    assert Job.objects.get(kind="catalog.refresh_all").result == {"catalogs": 2}
