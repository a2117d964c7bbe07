"""Which lists guard which path, through the real authentication. rest-api.md 4.7."""

import pytest

from accounts import tokens
from accounts.models import Account, NetworkAccessList
from audit.event import NOBODY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("surface", ["account", "workspace"])
def test_each_surface_has_lists_of_its_own(client, alice, etl, surface):
    _, raw = tokens.create(alice, by=NOBODY)
    NetworkAccessList.objects.create(
        surface=surface, label="x", list_type="BLOCK", ip_addresses=["127.0.0.1"], created_by=1, updated_by=1
    )
    secrets = f"servicePrincipals/{etl.pk}/credentials/secrets"
    paths = {
        "account": [f"/api/2.0/accounts/{Account.load().account_id}/{secrets}"],
        "workspace": [f"/api/2.0/accounts/{secrets}", "/api/2.0/token/list", "/api/2.0/preview/scim/v2/Me"],
    }
    for guarded, of_surface in paths.items():
        for path in of_surface:
            answer = client.get(path, headers={"Authorization": f"Bearer {raw}"})
            assert answer.status_code == (403 if guarded == surface else 200), path
            assert "WWW-Authenticate" not in answer.headers
