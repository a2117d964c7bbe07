"""accounts.api.scim.filters"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.api.scim.errors import ScimRefused
from accounts.api.scim.filters import parse
from accounts.models import User

COLUMNS = {
    "username": "email",
    "displayname": "name",
    "active": "is_active",
    "id": "id",
    "applicationid": "application_id",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('userName eq "ALICE@example.com"', ["Alice"]),
        ('username EQ "alice@example.com"', ["Alice"]),
        ('userName sw "b"', ["Bob"]),
        ('displayName co "LI"', ["Alice", "Charlie"]),
        ('displayName ne "Alice"', ["Bob", "Charlie"]),
        ("active eq false", ["Charlie"]),
        ('active ne "false"', ["Alice", "Bob"]),
        ('displayName eq "Alice" or displayName eq "Bob"', ["Alice", "Bob"]),
        ('displayName eq "Alice" or displayName sw "B" and active eq false', ["Alice"]),
        ('active eq true and userName co "bob" and displayName co "o"', ["Bob"]),
        ('displayName eq "a \\"quoted\\" name"', []),
        ('applicationId eq "x"', []),
        ('applicationId ne "x"', ["Alice", "Bob", "Charlie"]),
        ('id eq "abc"', []),
        ("id eq 1", []),
    ],
)
def test_a_filter_selects(text, names, alice, bob, charlie):
    charlie.is_active = False
    charlie.save()
    found = User.objects.filter(parse(text, COLUMNS)).order_by("name")
    assert [user.name for user in found] == names


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "userName",
        "userName eq alice",
        'userName gt "a"',
        'password eq "a"',
        '(userName eq "a")',
        'not userName eq "a"',
        'userName eq "a" and',
        'userName eq "a" xor userName eq "b"',
        'userName eq "a"userName eq "b"',
        'userName eq "\\u0000"',
        'userName eq "\\ud800"',
        'userName eq "\\x"',
        "active co true",
        'active eq "maybe"',
        'userName eq "' + "x" * 3000 + '"',
    ],
)
def test_anything_else_is_an_invalid_filter(text):
    with pytest.raises(ScimRefused) as refused:
        parse(text, COLUMNS)
    assert refused.value.scim_type == "invalidFilter"


@given(st.text(max_size=80) | st.from_regex(r'(userName|active) (eq|co) ("[^"]*"|true)( (and|or) .*)?', fullmatch=True))
def test_any_text_is_a_filter_or_refused(text):
    with contextlib.suppress(ScimRefused):
        parse(text, COLUMNS)
