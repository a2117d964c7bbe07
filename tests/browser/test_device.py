"""RFC 8628 3.3 clicked in a browser: the person types the code, reads the warning and decides."""

import httpx2
import pytest

from catalog.models import Catalog, Privilege
from connections import integrations
from connections.models import Session
from tests.browser.world import BY
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def started(live_server, bob):
    """A device that waits, for a catalog that bob may use."""
    demo = Catalog.objects.create(name="demo", host="127.0.0.1", database="demo", user="demo", password_sealed=b"")
    Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=demo)
    app, _ = integrations.create(
        by=BY, name="Desk", redirect_urls=["http://localhost/callback"], scopes=["mcp.functions", "mcp.write"]
    )
    form = {"client_id": app.client_id, "scope": "mcp.functions mcp.write"}
    started = httpx2.post(f"{live_server.url}/oidc/v1/device_authorization", data=form, timeout=30).json()
    return {**started, "client_id": app.client_id}


def poll(live_server, started):
    form = {"grant_type": GRANT_TYPE, "client_id": started["client_id"], "device_code": started["device_code"]}
    return httpx2.post(f"{live_server.url}/oidc/v1/token", data=form, timeout=30).json()


def faults(page, axe_source):
    return page.evaluate(
        f"{axe_source}; axe.run().then(r => r.violations.map(v => v.id + v.nodes.map(n => n.html).join()))"
    )


@requirement("AS-DEVICE-FLOW", "AS-DEVICE-TYPED")
def test_a_person_types_the_code_and_allows_the_device(sign_in, live_server, bob, started, axe_source):
    page = sign_in(bob)
    page.goto(f"/device?user_code={started['user_code']}")
    assert page.get_by_label("Code").input_value() == ""
    assert faults(page, axe_source) == []
    page.get_by_label("Code").fill(started["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    assert page.get_by_role("heading", name="Desk asks for access").is_visible()
    assert "in front of you" in page.get_by_role("note").inner_text()
    assert not page.get_by_label("Change data").is_checked()
    assert faults(page, axe_source) == []
    page.get_by_role("button", name="Allow Desk").click()
    assert page.get_by_role("heading", name="Device connected").evaluate("e => e === document.activeElement")
    assert faults(page, axe_source) == []
    assert poll(live_server, started)["scope"] == "mcp.functions"


def test_a_person_cancels_and_the_device_is_told(sign_in, live_server, bob, started):
    page = sign_in(bob)
    page.goto("/device")
    page.get_by_label("Code").fill(started["user_code"])
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("heading", name="Device not connected").is_visible()
    assert poll(live_server, started)["error"] == "access_denied"
    assert not Session.objects.exists()
