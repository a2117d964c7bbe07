"""RFC 8414, and the framework traps of O18 and O14 of oauth.md 9."""

import pytest

from accounts.models import Account
from audit.models import AuditEvent
from connections.oauth import endpoint
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
SERVER = "/.well-known/oauth-authorization-server"


def account_id():
    return Account.load().account_id


@requirement(
    "O9-flag", "AS-PKCE-METADATA", "AS-ISS-ANNOUNCED", "AS-METADATA", "AS-METADATA-ISSUER", "AS-METADATA-METHODS"
)
def test_the_document_is_the_same_on_each_of_its_paths(http, server):
    document = http.get(SERVER).json()
    assert document["issuer"] == server
    assert document["token_endpoint"] == f"{server}/oidc/v1/token"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ]
    assert document["device_authorization_endpoint"] == f"{server}/oidc/v1/device_authorization"
    assert document["introspection_endpoint"] == f"{server}/oidc/v1/introspect"
    methods = document["token_endpoint_auth_methods_supported"]
    assert methods == ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
    assert document["introspection_endpoint_auth_methods_supported"] == methods[1:]
    for name in ("token", "revocation", "introspection"):
        assert document[f"{name}_endpoint_auth_signing_alg_values_supported"] == ["ES256", "EdDSA", "RS256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert http.get(f"/oidc{SERVER}").json() == document
    assert http.get(f"/oidc/accounts/{account_id()}{SERVER}").json() == document


@requirement("AS-METADATA-ISSUER")
def test_the_spelling_of_loopback_that_was_asked_is_the_issuer(http, server):
    port = server.rpartition(":")[2]
    assert http.get(SERVER, headers={"Host": f"127.0.0.1:{port}"}).json()["issuer"] == f"http://127.0.0.1:{port}"


def test_another_account_does_not_exist(http):
    other = "/oidc/accounts/00000000-0000-4000-8000-000000000000"
    assert http.get(f"{other}{SERVER}").status_code == 404
    assert http.post(f"{other}/v1/token", data={"grant_type": "x"}).status_code == 404


def test_the_sdk_document_names_the_account_as_text(http, server):
    assert http.get("/.well-known/databricks-config").json() == {
        "oidc_endpoint": f"{server}/oidc",
        "account_id": str(account_id()),
        "workspace_id": str(Account.load().workspace_id),
        "host_type": "unified",
    }


@pytest.mark.parametrize("prefix", ["", "/oidc", "/oidc/accounts/00000000-0000-4000-8000-000000000000"])
@requirement("AS-METADATA-OIDC")
def test_there_is_no_half_openid_document(prefix, http):
    path = f"{prefix}/.well-known/openid-configuration"
    response = http.get(path)
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("path", [SERVER, f"/oidc{SERVER}", "/.well-known/databricks-config"])
@requirement("O18-slash", "O18-head", "AS-METADATA-CORS")
def test_o18_documents_answer_head_and_every_origin_and_nothing_with_a_slash(path, http):
    head = http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert http.get(path, headers={"Origin": "https://x.example"}).headers["Access-Control-Allow-Origin"] == "*"
    assert http.options(path).status_code == 204
    assert http.post(path).status_code == 405
    assert http.get(f"{path}/").status_code == 404


@pytest.mark.parametrize("path", ["/oidc/v1/token", "/oidc/v1/revoke"])
@requirement("O18-slash", "AS-TOKEN-FORM")
def test_o18_endpoints_have_one_form_and_no_redirect(path, http):
    assert http.post(f"{path}/", data={}).status_code == 404
    assert http.get(path).status_code == 405
    assert http.get(path).json()["error"] == "invalid_request"
    preflight = http.options(path, headers={"Origin": "https://x.example"})
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in preflight.headers


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"params": {"access_token": "gp_at_x"}, "data": {"grant_type": "x"}}, 400),
        ({"params": {"grant_type": "client_credentials"}, "data": {"grant_type": "client_credentials"}}, 400),
        ({"data": {}}, 400),
        ({"data": {"grant_type": ["refresh_token", "refresh_token"]}}, 400),
        ({"data": {"grant_type": "refresh_token", "client_id": "a\x00b"}}, 400),
        ({"json": {"grant_type": "client_credentials"}}, 400),
        ({"content": b"\xff\xfe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"data": {"x": "a" * endpoint.MAX_BODY}}, 413),
    ],
)
@requirement("O14-query", "AS-TOKEN-FORM", "RS-NOT-IN-QUERY")
def test_o14_a_malformed_token_request_is_an_invalid_request_with_one_record(request_, status, http):
    response = http.post("/oidc/v1/token", **request_)
    assert (response.status_code, response.json()["error"]) == (status, "invalid_request")
    assert response.json()["error_description"]
    assert AuditEvent.objects.count() == 1


@requirement("AS-NO-PASSWORD")
def test_an_unknown_grant_type_is_unsupported(http):
    response = http.post("/oidc/v1/token", data={"grant_type": "password", "username": "x", "password": "y"})
    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")
