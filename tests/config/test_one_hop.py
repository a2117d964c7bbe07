"""The short way to the OAuth endpoints, in a web process like that of `up`."""

import httpx2
import pytest

from config.one_hop import MAX_BODY
from tests.live import web

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def http():
    with web() as process, httpx2.Client(base_url=process.base_url) as client:
        yield client


def test_a_form_reaches_its_endpoint_and_what_applies_to_every_answer_applies_here(http):
    answer = http.post("/oidc/v1/token", data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "Set-Cookie" not in answer.headers
    assert http.post("/oidc/v1/token", headers={"Host": "elsewhere.example"}).status_code == 400


def test_a_body_that_is_too_long_is_refused(http):
    for size in (MAX_BODY, MAX_BODY + 1):
        answer = http.post("/oidc/v1/token", content=b"a" * size, headers=FORM)
        assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_a_body_of_unknown_length_is_no_form(http):
    answer = http.post("/oidc/v1/token", content=iter([b"grant_type=", b"a" * MAX_BODY]), headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_other_methods_and_pages_are_answered_too(http):
    assert http.get("/oidc/v1/token").status_code == 405
    assert http.options("/oidc/v1/token").status_code == 204
    assert http.get("/oidc/v1/token/").status_code == 404
    assert http.get("/oidc/v1/authorize").status_code == 400
    assert http.get("/.well-known/oauth-authorization-server").status_code == 200
