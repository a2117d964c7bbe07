"""O15 of oauth.md 9 over HTTP: who loses the right to a call loses the one that runs, and the next one, in a second."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from accounts import activation, service_accounts
from accounts.models import Group, User
from audit.event import NOBODY
from catalog.models import Privilege
from connections import consents, integrations
from connections.models import Consent
from connections.narrowing import Narrowed
from tests import live
from tests.catalog.conftest import as_admin
from tests.mcp_endpoint.conftest import issue_token, make_world
from tests.mcp_endpoint.doors import message, send
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
SLEEP = message("tools/call", {"name": "demo__shop__sleep", "arguments": {"seconds": 25}})
PING = message("tools/list")
WITHIN = 1.0  # seconds


class Cast:
    """One person, alone in a group that opens the catalog, and one app that the person allowed."""

    def __init__(self, catalog, name):
        self.group = Group.objects.create(name=name)
        self.person = User.objects.create_person(f"{name}@example.com", name)
        self.person.groups.add(self.group)
        for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE"):
            Privilege.objects.create(group=self.group, action=action, securable="catalog", catalog=catalog)
        urls, scopes = ["https://app.example.com/cb"], ["mcp.functions"]
        self.app = integrations.create(by=NOBODY, name=name, redirect_urls=urls, scopes=scopes)[0]
        self.token = issue_token(self.person, self.app)

    @property
    def consent(self):
        return Consent.objects.get(user=self.person)


def narrow(cast, **changes):
    kept = {"scopes": tuple(cast.consent.scopes), "catalogs": None, "ends_at": cast.consent.ends_at}
    consents.narrow(cast.consent, Narrowed(**{**kept, **changes}), by=NOBODY)


ENDINGS = {
    "person-off": (401, lambda cast: activation.set_active(cast.person, False, by=NOBODY)),
    "app-off": (403, lambda cast: integrations.set_enabled(cast.app, False, by=NOBODY)),
    "app-deleted": (401, lambda cast: integrations.delete(cast.app, by=NOBODY)),
    "consent-taken-back": (401, lambda cast: consents.revoke(cast.consent, by=NOBODY)),
    "consent-narrowed": (404, lambda cast: narrow(cast, catalogs=("elsewhere",))),
    "group-left": (404, lambda cast: cast.person.groups.remove(cast.group)),
    "privilege-taken": (404, lambda cast: Privilege.objects.filter(group=cast.group).delete()),
}


def statements(workshop):
    with as_admin() as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state = 'active' AND query LIKE '%%sleep%%'"
        )
        return connection.execute(query, [workshop.database]).fetchone()[0]


def ends(web, token, status, end, workshop, pool):
    """Let a call run, end the right to it, and see both it and the next one refused."""
    running = pool.submit(send, web, SLEEP, token)
    until(lambda: statements(workshop) == 1, limit=10)
    end()
    assert running.result(timeout=WITHIN)[0] == status
    until(lambda: statements(workshop) == 0, limit=WITHIN)
    assert send(web, PING, token)[0] == status


@requirement("O15-running", "O15-person", "O15-app", "O15-consent", "O15-edited", "O15-group", "O15-service-account")
def test_o15_each_ending_refuses_the_next_call_and_cancels_the_running_one(transactional_db, workshop):
    catalog = make_world(workshop).catalog
    casts = {name: Cast(catalog, name) for name in ENDINGS}
    account = service_accounts.create("nightly", by=NOBODY)
    _, secret = service_accounts.add_secret(account, by=NOBODY)
    for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE"):
        Privilege.objects.create(user=account, action=action, securable="catalog", catalog=catalog)
    with live.web() as web, ThreadPoolExecutor(1) as pool:
        for name, (status, end) in ENDINGS.items():
            cast = casts[name]
            ends(web, cast.token, status, lambda end=end, cast=cast: end(cast), workshop, pool)
        form, auth = {"grant_type": "client_credentials"}, (str(account.application_id), secret)
        token = httpx2.post(f"{web.base_url}/oidc/v1/token", data=form, auth=auth).json()["access_token"]
        ends(web, token, 401, lambda: activation.delete(account, by=NOBODY), workshop, pool)
