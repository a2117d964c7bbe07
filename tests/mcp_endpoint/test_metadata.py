"""RFC 9728 documents through both doors."""

import pytest

from tests.mcp_endpoint.doors import DOORS

BASE = "/.well-known/oauth-protected-resource"
SALES = "/api/2.0/mcp/functions/demo/sales"
HEADERS = {"Host": "localhost:8000"}

pytestmark = pytest.mark.django_db


@pytest.fixture(params=DOORS)
def door(request):
    return DOORS[request.param]


@pytest.mark.parametrize("path", [SALES, SALES + "/", SALES + "/get_customer", "/api/2.0/mcp/functions/a%2Fb/%C3%A9"])
def test_the_document_names_the_url_letter_by_letter(door, path):
    answer = door("GET", BASE + path, HEADERS)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json == {
        "resource": f"http://localhost:8000{path}",
        "authorization_servers": ["http://localhost:8000"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp.functions"],
        "resource_name": "Gatepost functions",
    }


def test_the_spelling_that_was_asked_is_named(door):
    answer = door("GET", BASE + SALES, {"Host": "127.0.0.1:8000"})
    assert answer.json["resource"] == f"http://127.0.0.1:8000{SALES}"


@pytest.mark.parametrize("path", ["", "/"])
def test_the_root_document_names_the_deployment(door, path):
    answer = door("GET", BASE + path, HEADERS)
    assert answer.json["resource"] == "http://localhost:8000"


@pytest.mark.parametrize("path", ["x", "/x", "/api/2.0/mcp/functions/demo", "/api/2.0/mcp/nothing/a/b", SALES + "/a/b"])
def test_other_paths_have_no_document(door, path):
    assert door("GET", BASE + path, HEADERS).status == 404


def test_head_has_the_headers_and_no_body(door):
    answer = door("HEAD", BASE + SALES, HEADERS)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def test_any_page_may_ask_and_nobody_may_post(door):
    assert door("OPTIONS", BASE + SALES, HEADERS).headers["access-control-allow-origin"] == "*"
    assert door("POST", BASE + SALES, HEADERS).status == 405


def test_the_public_url_is_named_in_production(door, settings):
    settings.GATEPOST_PUBLIC_URL = "https://gate.example.com"
    settings.ALLOWED_HOSTS = ["gate.example.com"]
    answer = door("GET", BASE + SALES, {"Host": "gate.example.com"})
    assert answer.json["resource"] == f"https://gate.example.com{SALES}"
    assert door("GET", BASE + SALES, {"Host": "localhost:8000"}).status in {400, 421}
