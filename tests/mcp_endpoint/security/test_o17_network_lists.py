"""O17 of oauth.md 9: who the network access lists take the caller for, behind proxies, at every door."""

import httpx2
import orjson
import pytest

from accounts import service_accounts
from accounts.models import NetworkAccessList
from audit.event import NOBODY
from tests import live
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import headers_for, message
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
PROXIES = {"GATEPOST_TRUSTED_PROXIES": "127.0.0.1 10.0.0.0/8", "GATEPOST_TOKEN_FAILURES_PER_MINUTE": "1000"}
OFFICE, BLOCKED, HOME = "198.51.100.7", "198.51.100.66", "203.0.113.9"
LET_IN = [
    OFFICE,
    f"::ffff:{OFFICE}",
    f"{HOME}, {OFFICE}",  # what the client wrote itself does not count against it either
    f"{OFFICE}, 10.0.0.2",
    f"{OFFICE}, 10.0.0.3, 10.0.0.2",
    f"{OFFICE}:4711",
]
REFUSED = [
    None,  # the proxy itself
    HOME,
    BLOCKED,
    f"::ffff:{BLOCKED}",
    f"{OFFICE}, {HOME}",  # forged: the proxy saw the second
    f"{OFFICE}, {HOME}, 10.0.0.2",
    f"{OFFICE}, ::ffff:{HOME}",
    f"{OFFICE}, nonsense",
    f"{OFFICE},",
]


def network_lists(list_type, *ranges):
    """Make the same list for both surfaces: pages belong to the account, everything else to the workspace."""
    for surface in ("workspace", "account"):
        fields = {"label": list_type, "list_type": list_type, "ip_addresses": list(ranges)}
        NetworkAccessList.objects.create(surface=surface, created_by=1, updated_by=1, **fields)


@pytest.fixture
def office(own_world):
    """Only the office may come in, and one address of it may not."""
    network_lists("BLOCK", BLOCKED)
    network_lists("ALLOW", "198.51.100.0/24")
    return NetworkAccessList.objects.filter(list_type="ALLOW")


class Doors:
    """The same caller at the MCP endpoint, the REST API, the token endpoint and the sign-in page."""

    def __init__(self, world, base_url):
        self.base_url = base_url
        account = service_accounts.create("nightly", by=NOBODY)
        _, secret = service_accounts.add_secret(account, by=NOBODY)
        self.auth, self.token = (str(account.application_id), secret), world.tokens["bob"]

    def statuses(self, *headers):
        """Return the status at each door, for these header lines."""
        ping = message("ping")
        bearer = ("Authorization", f"Bearer {self.token}")
        mcp = [*headers_for(ping, self.token, Host=None).items(), *headers]
        form = {"grant_type": "client_credentials"}
        with httpx2.Client(base_url=self.base_url, timeout=30) as client:
            return {
                "mcp": client.post(SHOP, content=orjson.dumps(ping), headers=mcp).status_code,
                "rest": client.get("/api/2.0/preview/scim/v2/Me", headers=[bearer, *headers]).status_code,
                "token": client.post("/oidc/v1/token", data=form, auth=self.auth, headers=headers).status_code,
                "page": client.get("/sign-in", headers=headers).status_code,
            }


IN, OUT = dict.fromkeys(("mcp", "rest", "token", "page"), 200), dict.fromkeys(("mcp", "rest", "token", "page"), 403)


def forwarded(value):
    return [] if value is None else [("X-Forwarded-For", value)]


@requirement("O17-forged-header", "O17-ipv4-mapped", "O17-proxy-depth", "O17-empty-list")
def test_o17_behind_proxies_the_address_is_the_one_that_the_last_trusted_proxy_saw(own_world, office):
    with live.web(PROXIES) as web:
        doors = Doors(own_world, web.base_url)
        assert {value: doors.statuses(*forwarded(value)) for value in LET_IN} == dict.fromkeys(LET_IN, IN)
        assert {value: doors.statuses(*forwarded(value)) for value in REFUSED} == dict.fromkeys(REFUSED, OUT)
        assert doors.statuses(*forwarded(OFFICE), *forwarded(HOME)) == OUT  # two lines are one list
        for name in ("X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP"):
            assert doors.statuses((name, f"for={OFFICE}" if name == "Forwarded" else OFFICE)) == OUT
        office.update(ip_addresses=[])  # an empty list lets nobody in
        until(lambda: doors.statuses(*forwarded(OFFICE)) == OUT, limit=5)


@requirement("O17-forged-header")
def test_o17_without_a_trusted_proxy_no_header_says_where_a_caller_is(own_world, office):
    with live.web() as web:
        doors = Doors(own_world, web.base_url)
        for value in (OFFICE, f"::ffff:{OFFICE}", f"{OFFICE}, 10.0.0.2", f"{OFFICE}, 127.0.0.1"):
            assert doors.statuses(*forwarded(value)) == OUT
        office.update(ip_addresses=["127.0.0.0/8"])
        until(lambda: doors.statuses(*forwarded(HOME)) == IN, limit=5)
