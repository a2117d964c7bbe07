"""oauth.md 10: how many statements a token costs, BEGIN and COMMIT included."""

from urllib.parse import urlencode

import pytest

from accounts.models import Account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def account(transactional_db):
    """The row of the account, which is made once in a deployment and emptied between tests."""
    return Account.load()


@pytest.fixture
def post(client):
    Account.load()  # made at the first request of a deployment

    def post(form):
        response = client.post("/oidc/v1/token", urlencode(form), content_type="application/x-www-form-urlencoded")
        assert response.status_code == 200
        return response.json()

    return post


def test_a_code_takes_eight_statements_and_a_refresh_seven(post, authorize, bob, public_app, django_assert_num_queries):
    form = authorize(bob, public_app)
    with django_assert_num_queries(8):
        answer = post(form)
    refresh = {"grant_type": "refresh_token", "client_id": public_app.client_id}
    with django_assert_num_queries(7):
        post({**refresh, "refresh_token": answer["refresh_token"]})
