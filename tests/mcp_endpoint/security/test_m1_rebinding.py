"""M1 of mcp.md 7: a page that rebinds its name to this server gets nothing, and nothing is recorded as a call."""

from urllib.parse import urlsplit

import pytest

from tests.mcp_endpoint.doors import message, send
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@requirement("M1-host")
@pytest.mark.parametrize("token", ["bob", None])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "localhost:1"]
)
def test_m1_a_foreign_host_is_misdirected(host, token, world, web, recorded):
    host = host.format(port=urlsplit(web.base_url).port)
    status, headers, _ = send(web, message("ping"), world.tokens.get(token), Host=host)
    assert (status, "www-authenticate" in headers) == (421, False)
    assert recorded() == []


@requirement("M1-origin")
@pytest.mark.parametrize("token", ["bob", None])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://"])
def test_m1_a_foreign_origin_is_forbidden(origin, token, world, web, recorded):
    status, headers, _ = send(web, message("ping"), world.tokens.get(token), Origin=origin)
    assert (status, "www-authenticate" in headers) == (403, False)
    assert "access-control-allow-origin" not in headers
    assert recorded() == []
