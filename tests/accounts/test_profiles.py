"""accounts.profiles and accounts.groups: names are unique whoever comes at the same time."""

import threading

import pytest
from django.db import connection

from accounts import groups, profiles
from accounts.errors import AlreadyExists

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions):
    """Run the actions in threads of their own and return what they raised."""
    raised = []

    def run(action):
        try:
            action()
        except Exception as error:
            raised.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return raised


def test_two_people_cannot_take_one_address(bob, charlie, by):
    takers = [lambda who=who: profiles.update(who, by=by, email="New@example.com") for who in (bob, charlie)]
    assert at_once(*takers) == [AlreadyExists]


def test_two_groups_cannot_take_one_name(by):
    makers = [lambda name=name: groups.create(name, by=by) for name in ("makers", "MAKERS")]
    assert at_once(*makers) == [AlreadyExists]


def test_what_is_already_so_is_not_recorded(bob, by, recorded):
    profiles.update(bob, by=by, name="Bob", external_id="")
    assert recorded() == []
