"""O18 and O19 of oauth.md 9 at a whole web process: slashes, HEAD, CORS, and documents that nobody else can write."""

import http.client
import json
from urllib.parse import urlsplit

import httpx2
import pytest

from mcp_endpoint.kinds import KINDS
from tests.mcp_endpoint.conftest import SHOP
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
SERVER = "/.well-known/oauth-authorization-server"
RESOURCE = "/.well-known/oauth-protected-resource"
DOCUMENTS = [SERVER, f"/oidc{SERVER}", "/.well-known/databricks-config", f"{RESOURCE}{SHOP}", RESOURCE]
ENDPOINTS = ["token", "revoke", "introspect", "device_authorization", "register", "authorize"]
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "host=evil.example;proto=https",
}


@pytest.fixture
def client(web):
    with httpx2.Client(base_url=web.base_url, timeout=30) as client:
        yield client


@requirement("O18-slash")
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", [f"/oidc/v1/{name}/" for name in ENDPOINTS] + [f"{path}/" for path in DOCUMENTS[:3]])
def test_o18_the_form_with_a_slash_is_not_there(path, method, client):
    answer = client.request(method, path)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


@requirement("O18-slash")
@pytest.mark.parametrize("path", [f"/oidc/v1/{name}" for name in ENDPOINTS] + [*DOCUMENTS, SHOP, f"{SHOP}/"])
def test_o18_no_post_to_a_protocol_path_is_redirected(path, client):
    answer = client.post(path)
    assert "location" not in answer.headers
    assert answer.status_code >= 400


@requirement("O18-path-form")
@pytest.mark.parametrize("kind", KINDS)
def test_o18_each_form_of_an_mcp_url_has_its_document_and_no_other_has_one(kind, client, web):
    names = KINDS[kind].names
    for count in range(6):
        path = f"/api/2.0/mcp/{kind}" + "".join(f"/n{n}" for n in range(count))
        answer = client.get(RESOURCE + path)
        assert answer.status_code == (200 if count in names else 404)
        if count in names:
            assert answer.json()["resource"] == web.base_url + path
            assert answer.json()["authorization_servers"] == [web.base_url]


@requirement("O18-head")
@pytest.mark.parametrize("path", DOCUMENTS)
def test_o18_documents_answer_head_and_preflight(path, client):
    head, get = client.head(path), client.get(path, headers={"Origin": "https://inspector.example"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"] == "application/json"
    assert get.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in get.headers
    assert client.options(path).status_code == 204


@requirement("O18-cors-challenge")
def test_o18_a_page_may_read_the_challenge(client, web):
    asked = {"Origin": web.base_url, "Content-Type": "application/json"}
    for answer in (client.post(SHOP, headers=asked), client.post("/oidc/v1/token", headers=asked)):
        assert answer.headers["access-control-allow-origin"] in {web.base_url, "*"}
        assert "access-control-allow-credentials" not in answer.headers
        exposed = answer.headers["access-control-expose-headers"]
        assert {"WWW-Authenticate", "Retry-After"} <= {name.strip() for name in exposed.split(",")}
    assert client.post(SHOP, headers=asked).headers["www-authenticate"].startswith("Bearer ")


def urls(value):
    """All URLs in a document."""
    if isinstance(value, dict | list):
        return [url for each in (value.values() if isinstance(value, dict) else value) for url in urls(each)]
    return [value] if isinstance(value, str) and "://" in value else []


@requirement("O19-configuration")
@pytest.mark.parametrize("path", DOCUMENTS)
def test_o19_documents_name_the_configured_origin_whatever_a_request_claims(path, client, web):
    plain = client.get(path)
    assert {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in urls(plain.json())} == {web.base_url}
    assert client.get(path, headers=FORGED).json() == plain.json()
    connection = http.client.HTTPConnection(urlsplit(web.base_url).netloc, timeout=20)
    connection.request("GET", path, headers={"Host": "evil.example"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in {400, 421}
    assert b"evil.example" not in body


@requirement("O19-configuration")
@pytest.mark.parametrize("text", ['$(calc.exe)"', "a%22%0d%0aX-Evil:%20x"])
def test_o19_what_a_path_holds_cannot_leave_its_string(text, client, web):
    path = f"/api/2.0/mcp/functions/demo/{text}"
    answer = client.get(RESOURCE + path)
    assert "x-evil" not in answer.headers
    if answer.status_code == 200:
        assert json.loads(answer.content)["authorization_servers"] == [web.base_url]
    challenge = client.post(path).headers.get("www-authenticate", "")
    assert challenge.count('"') % 2 == 0
