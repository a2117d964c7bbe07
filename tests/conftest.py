"""The cast: alice (account admin), bob (same group as alice), charlie (stranger), dora (auditor), etl (service account).

`db` is enough for code that reads through Django. What reads through the owning loop (`tokens.verify`, durable audit
records, MCP calls) sees committed data only: mark such tests with `django_db(transaction=True)`.
"""

import pytest
from celery import current_app
from django.db import connection

from accounts import uses
from accounts.models import Group, User
from audit import event_loop


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let tests empty the audit record, which the database refuses otherwise: they begin with empty tables.

    At the end close all connections before the database is dropped: ours, and Django's in threads that asgiref keeps.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("audit_auditevent", "audit_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_no_truncate")
    yield
    event_loop.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _own_broker():
    """Wake no worker of the developer's own deployment."""
    current_app.conf.update(broker_url="memory://", broker_transport_options={})


@pytest.fixture(autouse=True)
def _forget_uses():
    """Times of use are written later: do not let them appear in the next test."""
    yield
    uses._noted.clear()


@pytest.fixture
def analysts(db):
    return Group.objects.create(name="analysts")


@pytest.fixture
def alice(analysts):
    alice = User.objects.create_person("alice@example.com", "Alice", is_account_admin=True)
    alice.groups.add(analysts)
    return alice


@pytest.fixture
def bob(analysts):
    bob = User.objects.create_person("bob@example.com", "Bob")
    bob.groups.add(analysts)
    return bob


@pytest.fixture
def charlie(db):
    return User.objects.create_person("charlie@example.com", "Charlie")


@pytest.fixture
def dora(db):
    return User.objects.create_person("dora@example.com", "Dora", is_auditor=True)


@pytest.fixture
def etl(db):
    return User.objects.create_service_account("etl")
