import pytest
from django.urls import reverse

from accounts import tokens
from accounts.models import PersonalAccessToken
from audit.event import By
from audit.models import AuditEvent
from tests.console import signed_in
from tests.requirements import requirement

FORM = {"once": "one", "comment": "Laptop", "days": "30", "scopes": ["mcp.functions"], "reach": "all"}


@pytest.fixture
def token_of_bob(bob):
    return tokens.create(bob, by=By(principal_id=bob.id), comment="Laptop", scopes=["mcp.functions"])[0]


def add(browser, **changes):
    return browser.post(reverse("console-token-add"), {**FORM, **changes})


@requirement("AS-PAT-DIGEST")
def test_the_token_stands_only_in_the_answer_to_the_post(bob):
    browser = signed_in(bob)
    answer = add(browser)
    token = PersonalAccessToken.objects.get()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert f'{token.last_four}"' in answer.content.decode()
    assert "gp_pat_" not in str(browser.session.items())
    assert list(AuditEvent.objects.filter(action="personal_access_token.create")).__len__() == 1


def test_the_same_form_sent_twice_makes_one_token(bob):
    browser = signed_in(bob)
    add(browser)
    token = PersonalAccessToken.objects.get()
    again = add(browser)
    assert again.url == reverse("console-token-created", args=[token.token_id])
    assert browser.get(again.url).status_code == 410
    assert PersonalAccessToken.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("comment", {"comment": ""}),
        ("days", {"days": "5000"}),
        ("ends_on", {"days": "own"}),
        ("ends_on", {"days": "own", "ends_on": "2020-01-01"}),
        ("days", {"days": "own", "ends_on": "2999-01-01"}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["nonsense"]}),
        ("ip_allowlist", {"ip_allowlist": "198.51.100.7/24"}),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(bob, field, changes):
    answer = add(signed_in(bob), **changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not PersonalAccessToken.objects.exists()


def test_a_token_that_ends_on_a_day_of_ones_own_ends_with_that_day(bob):
    add(signed_in(bob), days="own", ends_on="2027-03-01")
    assert PersonalAccessToken.objects.get().expires_at.date().isoformat() == "2027-03-01"


def test_a_colleague_sees_nothing_of_a_token(charlie, token_of_bob):
    browser = signed_in(charlie)
    for name in ("console-token-revoke", "console-token-created"):
        assert browser.get(reverse(name, args=[token_of_bob.token_id])).status_code == 404
    assert token_of_bob.last_four not in browser.get(reverse("console-tokens")).content.decode()


def test_its_owner_and_an_admin_may_revoke_a_token(alice, token_of_bob):
    answer = signed_in(alice).post(reverse("console-token-revoke", args=[token_of_bob.token_id]))
    assert answer.status_code == 302
    token_of_bob.refresh_from_db()
    assert token_of_bob.revoked_at
    assert AuditEvent.objects.filter(action="personal_access_token.revoke", principal_id=alice.id).count() == 1


def test_an_auditor_may_not_revoke_a_token(dora, token_of_bob):
    assert signed_in(dora).post(reverse("console-token-revoke", args=[token_of_bob.token_id])).status_code == 404


def test_a_position_that_cannot_be_read_is_the_first_page(bob, token_of_bob):
    browser = signed_in(bob)
    for nonsense in ("", "x", "2026-01-01~a", "2026-01-01T00:00:00+00:00~\0"):
        page = browser.get(reverse("console-tokens"), {"older": nonsense})
        assert page.status_code == 200


def test_pages_follow_each_other_both_ways(bob):
    by = By(principal_id=bob.id)
    for number in range(30):
        tokens.create(bob, by=by, comment=f"Token {number:02}")
    browser = signed_in(bob)
    first = browser.get(reverse("console-tokens")).context["page"]
    second = browser.get(first.older_url).context["page"]
    back = browser.get(second.newer_url).context["page"]
    assert [row.name for row in first.rows] == [f"Token {number:02}" for number in range(29, 4, -1)]
    assert [row.name for row in second.rows] == [f"Token {number:02}" for number in range(4, -1, -1)]
    assert back.rows == first.rows
    assert not second.older_url
    assert not back.newer_url
