"""accounts.network_lists"""

import threading
from dataclasses import replace
from ipaddress import ip_address

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts import network_lists, network_trials, tasks
from accounts.errors import Invalid, InvalidState, QuotaExceeded
from accounts.models import NetworkAccessList
from audit.models import AuditEvent
from jobs import outbox
from jobs.models import Job
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(by):
    def make(*ranges, kind="ALLOW", surface="workspace", enabled=True, by=by):
        return network_lists.create(
            surface, by=by, label="office", list_type=kind, ip_addresses=ranges, enabled=enabled
        )

    return make


def test_ranges_are_kept_exactly_as_sent(make):
    sent = ["198.51.100.0/24", "2001:DB8::/32", "::ffff:10.0.0.1", "198.51.100.0/24"]
    entry = make(*sent)
    entry.refresh_from_db()
    assert entry.ip_addresses == sent


@pytest.mark.parametrize(
    ("kind", "ranges"),
    [("ALLOW", ["203.0.113.0/24"]), ("BLOCK", ["198.51.100.0/24"]), ("BLOCK", ["::/0", "0.0.0.0/0"])],
)
@requirement("AS-NETWORK-GUARD")
def test_a_list_that_locks_out_its_author_is_not_stored(make, recorded, kind, ranges):
    with pytest.raises(InvalidState, match=r"198\.51\.100\.7"):
        make(*ranges, kind=kind)
    assert not NetworkAccessList.objects.exists()
    assert recorded() == []


@requirement("AS-NETWORK-GUARD")
def test_changes_enabling_and_deletion_are_guarded_too(make, by):
    mine, others = make("198.51.100.0/24"), make("203.0.113.0/24")
    block = make("198.51.100.7", kind="BLOCK", enabled=False)
    for attempt in (
        lambda: network_lists.update(mine, by=by, ip_addresses=["192.0.2.1"]),
        lambda: network_lists.update(mine, by=by, enabled=False),
        lambda: network_lists.update(others, by=by, list_type="BLOCK", ip_addresses=["198.51.0.0/16"]),
        lambda: network_lists.update(block, by=by, enabled=True),
        lambda: network_lists.delete(mine, by=by),
    ):
        with pytest.raises(InvalidState):
            attempt()
    mine.refresh_from_db()
    assert (mine.enabled, mine.ip_addresses) == (True, ["198.51.100.0/24"])
    network_lists.delete(others, by=by)
    network_lists.delete(mine, by=by)


def test_the_surfaces_do_not_guard_each_other(make, by):
    make("198.51.100.7", surface="account")
    make("198.51.100.0/24", surface="workspace")
    assert network_lists.policy("account").refusal(ip_address("198.51.100.8"))
    assert network_lists.policy("workspace").refusal(ip_address("198.51.100.8")) is None


def test_disabled_lists_do_not_count_for_access(make):
    make("203.0.113.0/24", enabled=False)
    assert network_lists.policy("workspace").refusal(ip_address("198.51.100.8")) is None


def test_the_quota_counts_all_lists_of_a_surface(make, by, monkeypatch):
    monkeypatch.setattr(network_lists, "QUOTA", 3)
    first = make("198.51.100.0/24", "10.0.0.1")
    with pytest.raises(QuotaExceeded):
        make("10.0.0.2", "10.0.0.3", enabled=False)
    with pytest.raises(QuotaExceeded):
        network_lists.update(first, by=by, ip_addresses=["198.51.100.0/24", *["10.0.0.1"] * 3])
    make("198.51.100.0/24", "10.0.0.1", "10.0.0.2", surface="account")
    make("10.0.0.2")


@pytest.mark.django_db(transaction=True)
def test_parallel_creates_cannot_pass_the_quota_together(make, monkeypatch):
    monkeypatch.setattr(network_lists, "QUOTA", 3)
    refused = []

    def create():
        try:
            make("198.51.100.0/24", "10.0.0.1")
        except QuotaExceeded as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(refused) == 3
    assert NetworkAccessList.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 256}, "label"),
        ({"list_type": "allow"}, "list_type"),
        ({"ip_addresses": []}, "ip_addresses"),
        ({"ip_addresses": ["198.51.100.7/24"]}, "ip_addresses"),
    ],
)
def test_bad_input_names_the_field(make, by, changes, field):
    entry = make("198.51.100.0/24")
    with pytest.raises(Invalid) as refused:
        network_lists.update(entry, by=by, **changes)
    assert list(refused.value.errors) == [field]


def test_an_author_without_an_address_is_locked_out_by_any_list(make, by):
    with pytest.raises(InvalidState):
        make("198.51.100.0/24", by=replace(by, address=None))


def test_the_machine_itself_is_the_way_back_in(make, recorded, capsys):
    make("198.51.100.0/24")
    make("198.51.100.0/24", surface="account")
    call_command("ip_access_lists", "--disable-all")
    assert not NetworkAccessList.objects.filter(enabled=True).exists()
    assert recorded()[2:] == ["ip_access_list.update", "ip_access_list.update"]
    assert "2" in capsys.readouterr().out


class TestTrial:
    """A change that would lock out its author, for ten minutes."""

    @pytest.fixture
    def tried(self, make, by):
        entry = make("198.51.100.0/24")
        network_lists.update(entry, by=by, on_trial=True, label="elsewhere", ip_addresses=["203.0.113.0/24"])
        return entry

    @pytest.fixture
    def elsewhere(self, by):
        return replace(by, address=ip_address("203.0.113.9"))

    def due(self):
        """Do what is due, as a worker does that has loaded the tasks."""
        assert tasks.undo_network_trial
        assert outbox.run_due() == 0
        Job.objects.update(not_before=timezone.now() - network_trials.LASTS)  # the time of a transaction stands still
        assert outbox.run_due() == 1

    @requirement("NETWORK-TRIAL")
    def test_it_is_in_force_and_undone_by_itself(self, tried, recorded):
        tried.refresh_from_db()
        assert (tried.label, network_trials.running("workspace").before["label"]) == ("elsewhere", "office")
        assert network_lists.policy("workspace").refusal(ip_address("198.51.100.7"))
        self.due()
        tried.refresh_from_db()
        assert (tried.label, tried.ip_addresses) == ("office", ["198.51.100.0/24"])
        assert network_trials.running("workspace") is None
        assert recorded() == ["ip_access_list.create", "ip_access_list.update", "ip_access_list.undo"]
        assert AuditEvent.objects.get(action="ip_access_list.update").details["on_trial"] is True

    @requirement("NETWORK-TRIAL")
    def test_a_new_list_goes_again(self, make, by):
        network_lists.create(
            "workspace", by=by, label="x", list_type="ALLOW", ip_addresses=["203.0.113.0/24"], on_trial=True
        )
        self.due()
        assert not NetworkAccessList.objects.exists()

    @requirement("NETWORK-TRIAL")
    def test_it_is_confirmed_only_from_an_address_that_the_lists_admit(self, tried, by, elsewhere):
        with pytest.raises(InvalidState, match=r"198\.51\.100\.7"):
            network_lists.confirm("workspace", by=by)
        network_lists.confirm("workspace", by=elsewhere)
        assert outbox.run_due() == 0
        assert not Job.objects.exists()
        tried.refresh_from_db()
        assert tried.label == "elsewhere"
        with pytest.raises(InvalidState):
            network_lists.confirm("workspace", by=elsewhere)

    def test_it_is_undone_at_once_by_who_wants_that(self, tried, by):
        network_lists.undo("workspace", by=by)
        tried.refresh_from_db()
        assert (tried.label, network_trials.running("workspace")) == ("office", None)

    def test_nothing_else_changes_meanwhile(self, tried, make, by, elsewhere):
        for attempt in (
            lambda: make("203.0.113.0/24", by=elsewhere),
            lambda: network_lists.update(tried, by=elsewhere, label="x"),
            lambda: network_lists.delete(tried, by=elsewhere),
        ):
            with pytest.raises(InvalidState, match="on trial"):
                attempt()
        make("198.51.100.0/24", surface="account")

    def test_the_way_back_from_the_machine_ends_it(self, tried):
        call_command("ip_access_lists", "--disable-all")
        assert not Job.objects.exists()
        tried.refresh_from_db()
        assert (tried.label, tried.enabled) == ("elsewhere", False)

    def test_what_locks_nobody_out_is_no_trial(self, make, by):
        entry = make("198.51.100.0/24")
        network_lists.update(entry, by=by, on_trial=True, label="x")
        assert network_trials.running("workspace") is None


@pytest.mark.parametrize(
    ("address", "label", "line"),
    [
        ("198.51.100.7", "office", "198.51.100.0/24"),
        ("198.51.100.9", "guests", "198.51.100.9"),
        ("203.0.113.1", "office", ""),
    ],
)
def test_the_list_and_line_that_decide_are_named(make, by, address, label, line):
    make("192.0.2.1", "198.51.100.0/24")
    guests = make("198.51.100.8", "198.51.100.9", kind="BLOCK")
    network_lists.update(guests, by=by, label="guests")
    make(address, kind="BLOCK", enabled=False)
    entry, found = network_lists.decides("workspace", ip_address(address))
    assert (entry.label, found) == (label, line)


def test_without_lists_nothing_decides():
    assert network_lists.decides("account", ip_address("192.0.2.1")) == (None, "")
