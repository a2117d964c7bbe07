"""M10 of mcp.md 7: the policy of a catalog decides, and an approval ends with the policy it was given under."""

import pytest

from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import message, post
from tests.mcp_endpoint.security.test_m10_approvals import COUNT, approve, ask, policy
from tests.requirements import requirement

# Numbers of their own: the counter of the workshop keeps what other tests of this process counted.
pytestmark = pytest.mark.django_db(transaction=True)


@requirement("M10-policy")
def test_m10_an_approval_ends_with_the_policy_it_was_given_under(own_world):
    policy(own_world, "always")
    approval = approve(ask(own_world, 1))
    policy(own_world, "when_possible")
    refused = ask(own_world, 1, **approval)
    assert refused["isError"]
    assert "changed since" in refused["content"][0]["text"]


@requirement("M10-cannot-ask")
def test_m10_a_client_that_cannot_ask_writes_only_where_the_policy_lets_it(own_world):
    value = message("tools/call", {"name": COUNT, "arguments": {"n": 8101}})
    write = lambda: post(SHOP, value, own_world.tokens["alice"], "2025-11-25").json["result"]  # noqa: E731
    policy(own_world, "always")
    assert write()["isError"]
    policy(own_world, "when_possible")
    assert not write().get("isError")
    assert ask(own_world, 8102)["resultType"] == "input_required"
    policy(own_world, "never")
    assert not ask(own_world, 8102).get("isError")
