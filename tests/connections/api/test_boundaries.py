"""connections.api.boundaries"""

import pytest

from accounts.models import Account
from audit.models import AuditEvent
from catalog.models import Catalog
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def path(public_app):
    account_id = Account.load().account_id
    return f"/api/2.0/accounts/{account_id}/oauth2/custom-app-integrations/{public_app.integration_id}"


@pytest.fixture
def shop():
    return Catalog.objects.create(name="shop", host="h", database="d", user="u", password_sealed=b"")


def field_of(answer):
    assert answer.status_code == 400, answer.json()
    [named] = [each for each in answer.json()["details"] if each["@type"].endswith("BadRequest")]
    return named["field_violations"][0]["field"].partition("[")[0]


def test_an_admin_says_from_where_an_app_may_come(admin, public_app, path):
    assert admin.get(f"{path}/ip-allowlist").json() == {"ip_addresses": []}
    wanted = {"ip_addresses": ["198.51.100.0/24", "2001:db8::/32"]}
    assert admin.send("PUT", f"{path}/ip-allowlist", wanted).json() == wanted
    assert admin.get(f"{path}/ip-allowlist").json() == wanted
    public_app.refresh_from_db()
    assert public_app.ip_allowlist == wanted["ip_addresses"]
    details = AuditEvent.objects.get(action="integration.update").details
    assert (details["before"]["ip_allowlist"], details["after"]["ip_allowlist"]) == ([], wanted["ip_addresses"])
    assert admin.send("PUT", f"{path}/ip-allowlist", {"ip_addresses": []}).json() == {"ip_addresses": []}


def test_an_admin_says_which_catalogs_an_app_can_reach(admin, shop, public_app, path):
    assert admin.get(f"{path}/allowed-catalogs").json() == {"all": True}
    wanted = {"catalogs": [shop.name]}
    assert admin.send("PUT", f"{path}/allowed-catalogs", wanted).json() == wanted
    assert admin.get(f"{path}/allowed-catalogs").json() == wanted
    public_app.refresh_from_db()
    assert public_app.allowed_catalogs == [shop.name]
    details = AuditEvent.objects.get(action="integration.update").details
    assert (details["before"]["allowed_catalogs"], details["after"]["allowed_catalogs"]) == (None, [shop.name])
    assert admin.send("PUT", f"{path}/allowed-catalogs", {"all": True}).json() == {"all": True}
    public_app.refresh_from_db()
    assert public_app.allowed_catalogs is None


@pytest.mark.parametrize(
    ("which", "body", "field"),
    [
        ("ip-allowlist", {}, "ip_addresses"),
        ("ip-allowlist", {"ip_addresses": ["198.51.100.1/24"]}, "ip_addresses"),
        ("ip-allowlist", {"ip_addresses": ["0.0.0.0/0"]}, "ip_addresses"),
        ("ip-allowlist", {"ip_addresses": ["198.51.100.1"] * 101}, "ip_addresses"),
        ("allowed-catalogs", {}, "catalogs"),
        ("allowed-catalogs", {"catalogs": []}, "catalogs"),
        ("allowed-catalogs", {"catalogs": ["nowhere"]}, "catalogs"),
        ("allowed-catalogs", {"catalogs": ["a\0"]}, "catalogs"),
        ("allowed-catalogs", {"catalogs": ["nowhere"], "all": True}, "catalogs"),
        ("allowed-catalogs", {"all": False}, "catalogs"),
        ("allowed-catalogs", {"all": "yes"}, "all"),
    ],
)
def test_what_cannot_be_is_refused_and_named(admin, public_app, path, which, body, field):
    assert field_of(admin.send("PUT", f"{path}/{which}", body)) == field
    public_app.refresh_from_db()
    assert (public_app.ip_allowlist, public_app.allowed_catalogs) == ([], None)


def test_members_neither_see_nor_set_it(caller, bob, dora, alice, path):
    for which, body in (("ip-allowlist", {"ip_addresses": []}), ("allowed-catalogs", {"all": True})):
        assert caller(dora).get(f"{path}/{which}").status_code == 200
        for who in (caller(bob), caller(dora), caller(alice, "all-apis")):
            assert who.send("PUT", f"{path}/{which}", body).status_code == 403
        assert caller(bob).get(f"{path}/{which}").status_code == 403
