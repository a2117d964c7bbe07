"""A connection that died while it was idle is replaced before the next request uses it."""

import psycopg
import pytest
from django.db import close_old_connections, connection

from tests.live import database_url
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def _backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_living_connection_is_kept():
    first = _backend()
    assert connection.is_usable()
    close_old_connections()
    assert _backend() == first


def test_a_connection_that_the_server_ended_is_replaced():
    first = _backend()
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
    until(lambda: not connection.is_usable())
    close_old_connections()  # what Django does when a request begins
    assert _backend() != first


def test_a_closed_connection_is_not_usable():
    connection.close()
    assert not connection.is_usable()
