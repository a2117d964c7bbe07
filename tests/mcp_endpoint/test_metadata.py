"""RFC 9728 documents through both doors."""

import pytest

from mcp_endpoint.kinds import KINDS
from tests.mcp_endpoint.doors import DOORS
from tests.requirements import requirement

BASE = "/.well-known/oauth-protected-resource"
SALES = "/api/2.0/mcp/functions/demo/sales"
HEADERS = {"Host": "localhost:8000"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=DOORS)
def door(request):
    return DOORS[request.param]


@pytest.mark.parametrize("path", [SALES, SALES + "/", SALES + "/get_customer", "/api/2.0/mcp/functions/a%2Fb/%C3%A9"])
@requirement("RS-METADATA", "RS-METADATA-LEAST")
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
@requirement("RS-METADATA-ELSEWHERE")
def test_the_root_document_names_the_deployment(door, path):
    answer = door("GET", BASE + path, HEADERS)
    assert answer.json["resource"] == "http://localhost:8000"


@pytest.mark.parametrize("kind", KINDS)
@requirement("RS-METADATA-LEAST")
def test_no_document_asks_for_more_than_reading(door, kind):
    path = f"/api/2.0/mcp/{kind}" + "/x" * KINDS[kind].names[-1]
    for document in (door("GET", BASE + path, HEADERS).json, door("GET", BASE, HEADERS).json):
        assert document["scopes_supported"]
        assert not {"offline_access", "mcp.write", "all-apis"} & set(document["scopes_supported"])


@pytest.mark.parametrize("path", ["x", "/x", "/api/2.0/mcp/functions/demo", "/api/2.0/mcp/nothing/a/b", SALES + "/a/b"])
@requirement("RS-METADATA-ELSEWHERE")
def test_other_paths_have_no_document(door, path):
    assert door("GET", BASE + path, HEADERS).status == 404


@requirement("RS-METADATA-CORS")
@pytest.mark.parametrize("word", ["vector-search", "ai-search"])
@requirement("AS-RESOURCE-ALIAS")
def test_each_spelling_of_vector_search_names_itself(door, word):
    path = f"/api/2.0/mcp/{word}/demo/docs"
    document = door("GET", BASE + path, HEADERS).json
    assert document["resource"] == f"http://localhost:8000{path}"
    assert document["scopes_supported"] == ["mcp.vectorsearch"]


def test_head_has_the_headers_and_no_body(door):
    answer = door("HEAD", BASE + SALES, HEADERS)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


@requirement("RS-METADATA-CORS")
def test_any_page_may_ask_and_nobody_may_post(door):
    assert door("OPTIONS", BASE + SALES, HEADERS).headers["access-control-allow-origin"] == "*"
    assert door("POST", BASE + SALES, HEADERS).status == 405


def test_the_public_url_is_named_in_production(door, settings):
    settings.GATEPOST_PUBLIC_URL = "https://gate.example.com"
    settings.ALLOWED_HOSTS = ["gate.example.com"]
    answer = door("GET", BASE + SALES, {"Host": "gate.example.com"})
    assert answer.json["resource"] == f"https://gate.example.com{SALES}"
    assert door("GET", BASE + SALES, {"Host": "localhost:8000"}).status in {400, 421}
