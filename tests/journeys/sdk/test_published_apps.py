"""rest-api.md 4.2: published apps are switched on and off."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict
from databricks.sdk.service.oauth2 import TokenAccessPolicy

from tests.journeys.sdk.connecting import wire


def test_what_can_be_switched_on_is_public_and_known(account, gatepost):
    apps = {app.app_id: app for app in account.o_auth_published_apps.list()}
    assert {"claude", "databricks-cli", "gatepost-cli"} <= apps.keys()
    for app in apps.values():
        assert app.is_confidential_client is False
        assert app.client_id
        assert app.name
        assert app.scopes
    path = f"/api/2.0/accounts/{gatepost.facts['account_id']}/oauth2/published-apps"
    assert len(list(account.o_auth_published_apps.list(page_size=2))) == len(apps)
    assert len(wire(account, path, page_size=2)["apps"]) == 2
    with pytest.raises(BadRequest):
        wire(account, path, page_size=-1)


def test_an_app_is_on_once_and_off_and_on_again(account):
    policy = TokenAccessPolicy(access_token_ttl_in_minutes=30)
    on = account.published_app_integration.create(app_id="claude", token_access_policy=policy).integration_id
    with pytest.raises(ResourceConflict):
        account.published_app_integration.create(app_id="claude")
    shown = account.published_app_integration.get(on)
    assert (shown.app_id, shown.integration_id, type(shown.created_by)) == ("claude", on, int)
    assert shown.create_time.endswith("Z")
    policy = TokenAccessPolicy(refresh_token_ttl_in_minutes=20_000)
    account.published_app_integration.update(on, token_access_policy=policy)
    shown = account.published_app_integration.get(on).token_access_policy
    assert (shown.access_token_ttl_in_minutes, shown.refresh_token_ttl_in_minutes) == (30, 20_000)
    assert on in [row.integration_id for row in account.published_app_integration.list(page_size=1)]
    policy = TokenAccessPolicy(access_token_ttl_in_minutes=4)
    with pytest.raises(BadRequest):
        account.published_app_integration.update(on, token_access_policy=policy)
    account.published_app_integration.delete(on)
    for call in (account.published_app_integration.get, account.published_app_integration.delete):
        with pytest.raises(NotFound):
            call(on)
    again = account.published_app_integration.create(app_id="claude").integration_id
    account.published_app_integration.delete(again)


def test_an_app_that_is_not_published_is_not_found(account):
    with pytest.raises(NotFound, match="nothing"):
        account.published_app_integration.create(app_id="nothing")
