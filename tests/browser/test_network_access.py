"""Network access lists in the console: made, tested, changed, tried and removed; without JavaScript too."""

import pytest
from django.urls import reverse

from accounts import network_trials
from accounts.models import NetworkAccessList
from audit.models import AuditEvent

HERE = "127.0.0.0/8\n::1"


def add(page, surface, label, ranges, kind="ALLOW"):
    page.goto(reverse("console-network-list-add", args=[surface]))
    page.get_by_label("Label").fill(label)
    page.get_by_label("Type").select_option(kind)
    page.get_by_label("Addresses").fill(ranges)
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_list_is_made_tested_changed_and_removed(alice, sign_in, script):
    page = sign_in(alice, script=script)
    page.goto(reverse("console-network-access"))
    assert page.get_by_text("No lists: every address may come in.").count() == 2
    add(page, "account", "Office", "198.51.100.7/24")
    assert page.get_by_text("Did you mean 198.51.100.0/24?").first.is_visible()
    add(page, "account", "Office", "0.0.0.0/0")
    assert page.get_by_text("0.0.0.0/0 is every address, so no limit.").first.is_visible()
    add(page, "account", "Office", f"{HERE}\n198.51.100.0/24")
    assert page.get_by_text("“Office” is saved.").is_visible()
    assert page.get_by_text("256 addresses").is_visible()
    add(page, "account", "Guests", "198.51.100.9", kind="BLOCK")
    page.get_by_label("Address", exact=True).fill("198.51.100.9")
    page.get_by_role("button", name="Test").click()
    assert page.get_by_text("may not come in, by “Guests”, line 198.51.100.9.").is_visible()

    page.get_by_role("link", name="Change Guests").click()
    page.get_by_label("In force").uncheck()
    page.get_by_role("button", name="Save").click()
    assert not NetworkAccessList.objects.get(label="Guests").enabled
    for label in ("Guests", "Office"):
        page.get_by_role("link", name=f"Remove {label}").click()
        page.get_by_role("button", name="Remove network access list").click()
    assert not NetworkAccessList.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="ip_access_list.").order_by("id")
    assert [event.action.partition(".")[2] for event in events] == ["create", "create", "update", "delete", "delete"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_change_that_locks_out_is_refused_at_the_field_and_can_be_tried(alice, sign_in, script):
    page = sign_in(alice, script=script)
    add(page, "workspace", "Elsewhere", "198.51.100.0/24")
    assert page.get_by_text("This would lock you out.").first.is_visible()
    assert page.get_by_label("Addresses").get_attribute("aria-invalid") == "true"
    assert not NetworkAccessList.objects.exists()
    page.get_by_label("Try it for ten minutes").fill("Somewhere")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("Type the label exactly as it stands above.").first.is_visible()
    page.get_by_label("Try it for ten minutes").fill("Elsewhere")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("A change is on trial.").is_visible()
    assert page.get_by_text("you cannot confirm it from here").is_visible()
    assert network_trials.running("workspace")

    page.goto(reverse("console-network-trial-confirm", args=["workspace"]))
    page.get_by_role("button", name="Confirm change").click()
    assert page.get_by_text("Confirm from an address that the lists admit.").is_visible()
    page.get_by_role("link", name="Undo change").click()
    page.get_by_role("button", name="Undo change").click()
    assert page.get_by_text("The change was undone.").is_visible()
    assert not NetworkAccessList.objects.exists()
    assert page.goto(reverse("console-network-trial-undo", args=["workspace"])).status == 404


def test_a_trial_of_the_console_shuts_its_author_out_until_it_is_undone(alice, sign_in):
    page = sign_in(alice)
    add(page, "account", "Elsewhere", "198.51.100.0/24")
    page.get_by_label("Try it for ten minutes").fill("Elsewhere")
    page.get_by_role("button", name="Save").click()
    assert page.goto(reverse("console-network-access")).status == 403


def test_an_auditor_reads_them_and_a_member_does_not(bob, dora, sign_in):
    page = sign_in(dora)
    assert page.goto(reverse("console-network-access")).status == 200
    assert not page.get_by_role("link", name="Add a list").count()
    assert page.goto(reverse("console-network-list-add", args=["workspace"])).status == 403
    assert sign_in(bob).goto(reverse("console-network-access")).status == 403
