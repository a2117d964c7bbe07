"""connections.api.authentication"""

import pytest
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api.errors import explain, headers_of
from accounts.errors import Invalid
from connections.api.authentication import GrantAuthentication
from connections.errors import AddressRefused, InsufficientScope, InvalidToken
from tests.connections.test_verify import network_list, pat, verify
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


def authenticate(path="/api/2.0/token/list", authorization=None):
    headers = {} if authorization is None else {"Authorization": authorization}
    sent = APIRequestFactory().get(path, headers=headers, REMOTE_ADDR="198.51.100.7")
    return GrantAuthentication().authenticate(Request(sent))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_a_bearer_token_makes_user_and_grant(bob, scheme):
    raw, _ = pat(bob)
    user, grant = authenticate(authorization=f"{scheme} {raw}")
    assert user is grant.principal
    assert grant == verify(raw)


@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi", "gp_pat_x"])
def test_without_a_bearer_token_there_is_nobody(authorization):
    assert authenticate(authorization=authorization) is None


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "Bearer x", "Bearer a b", "Bearer \xff"])
def test_a_bad_token_is_401_with_its_challenge(authorization):
    with pytest.raises(InvalidToken) as caught:
        authenticate(authorization=authorization)
    assert explain(caught.value)[:2] == (401, "UNAUTHENTICATED")
    challenge = headers_of(caught.value, 401)["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="gatepost", error="invalid_token"')


def test_a_request_without_token_is_challenged_without_error():
    request = Request(APIRequestFactory().get("/"))
    assert GrantAuthentication().authenticate_header(request) == 'Bearer realm="gatepost"'
    assert headers_of(NotAuthenticated(), 401) == {"WWW-Authenticate": 'Bearer realm="gatepost"'}


@requirement("RS-NOT-IN-QUERY")
def test_a_token_in_the_url_is_refused(bob):
    with pytest.raises(Invalid):
        authenticate(f"/api/2.0/token/list?access_token={pat(bob)[0]}")


@requirement("RS-AUDIENCE-REST")
def test_a_token_for_an_mcp_url_does_not_open_the_rest_api(bob):
    raw, _ = pat(bob, resources=["/api/2.0/mcp/sql"])
    with pytest.raises(InvalidToken):
        authenticate(authorization=f"Bearer {raw}")


def test_account_paths_obey_the_lists_of_the_account(bob):
    network_list("BLOCK", "198.51.100.7", surface="account")
    raw, _ = pat(bob)
    assert authenticate(authorization=f"Bearer {raw}")
    with pytest.raises(AddressRefused) as caught:
        authenticate("/api/2.0/accounts/x/scim/v2/Users", f"Bearer {raw}")
    assert explain(caught.value)[:2] == (403, "PERMISSION_DENIED")


def test_the_scope_challenge_names_all_scopes():
    refusal = InsufficientScope(["mcp.sql", "mcp.functions"])
    assert headers_of(refusal, 403) == {
        "WWW-Authenticate": 'Bearer realm="gatepost", error="insufficient_scope", scope="mcp.functions mcp.sql"'
    }
