"""What the benchmark prepares is what clients bring; its figures are made by hand, with `python -m benchmarks token`."""

import pytest

from accounts.models import User
from benchmarks.peers import ours_prepare
from config.seed import MEMBER

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_prepared_code_brings_an_access_and_a_refresh_token(token, public_app):
    User.objects.create_person(MEMBER, "Max Member")
    form, _ = ours_prepare.main(public_app.client_id, 2)
    answer = token({**form, "grant_type": "authorization_code", "client_id": public_app.client_id}).json()
    assert answer["refresh_token"]
    refreshed = token(
        {"grant_type": "refresh_token", "client_id": public_app.client_id, "refresh_token": answer["refresh_token"]}
    ).json()
    assert refreshed["refresh_token"] != answer["refresh_token"]
