"""accounts.api.idempotency: a creation that is sent again after a lost answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import tasks
from accounts.models import IdempotentAnswer, NetworkAccessList, PersonalAccessToken, User
from config.openapi.document import document

pytestmark = pytest.mark.django_db
CREATE = "/api/2.0/token/create"
LISTS = "/api/2.0/ip-access-lists"
NO_CREATIONS = {
    "/sql/statements",
    "/cancel",
    "/token/delete",
    "/test",
    "/refresh",
    "/enable",
    "/disable",
    "/approve",
    "/reject",
    "/accept",
}
KEY = {"Idempotency-Key": "k1"}
NEW = {"label": "here", "list_type": "BLOCK", "ip_addresses": ["203.0.113.9"]}


def test_the_same_key_and_body_give_the_same_id_without_the_secret(admin):
    first = admin.send("POST", CREATE, {"comment": "ci"}, **KEY).json()
    again = admin.send("POST", CREATE, {"comment": "ci"}, **KEY)
    assert again.status_code == 200
    assert again.json() == {"token_info": first["token_info"]}
    assert first["token_value"].startswith("gp_pat_")
    assert PersonalAccessToken.objects.count() == 1
    assert "gp_pat_" not in str(IdempotentAnswer.objects.values_list("answer", flat=True))


def test_without_a_key_a_second_object_is_made(admin):
    for _ in range(2):
        admin.send("POST", CREATE, {})
    assert PersonalAccessToken.objects.count() == 2


def test_another_body_is_409(admin):
    admin.send("POST", LISTS, NEW, **KEY)
    answer = admin.send("POST", LISTS, {**NEW, "label": "there"}, **KEY)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "RESOURCE_ALREADY_EXISTS")
    assert NetworkAccessList.objects.count() == 1


def test_a_key_belongs_to_one_caller_and_one_path(caller, admin, alice, dora):
    admin.send("POST", CREATE, {}, **KEY)
    caller(dora).send("POST", CREATE, {}, **KEY)
    admin.send("POST", LISTS, NEW, **KEY)
    assert PersonalAccessToken.objects.count() == 2
    assert NetworkAccessList.objects.count() == 1


def test_a_refused_creation_does_not_use_the_key_up(admin):
    assert admin.send("POST", LISTS, {**NEW, "ip_addresses": ["nonsense"]}, **KEY).status_code == 400
    assert admin.send("POST", LISTS, NEW, **KEY).status_code == 200


def test_the_status_of_a_creation_comes_again_too(admin):
    path, body = "/api/2.0/preview/scim/v2/Users", {"userName": "eve@example.com"}
    first, again = (admin.send("POST", path, body, **KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201


def test_after_a_day_the_key_is_forgotten(admin):
    admin.send("POST", CREATE, {}, **KEY)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "token_value" in admin.send("POST", CREATE, {"comment": "new"}, **KEY).json()
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert tasks.forget(None) == {"answers": 1, "links": 0}


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ü"])
def test_a_key_that_is_none_is_400(admin, key):
    assert admin.send("POST", CREATE, {}, **{"Idempotency-Key": key}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_make_one(caller, alice):
    def send(_):
        try:
            return caller(alice).send("POST", CREATE, {"comment": "race"}, **KEY).json()["token_info"]["token_id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert PersonalAccessToken.objects.count() == 1
    assert User.objects.count() == 1


def test_every_creation_takes_a_key():
    for path, operations in document()["paths"].items():
        if "post" in operations and not any(path.endswith(end) for end in NO_CREATIONS):
            names = [parameter["name"] for parameter in operations["post"].get("parameters", ())]
            assert "Idempotency-Key" in names, path
