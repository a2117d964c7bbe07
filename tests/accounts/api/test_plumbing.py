"""accounts.api: errors, access, bodies, pages. The views here exist for these tests only."""

import json
from datetime import timedelta

import pytest
from django.core.signing import TimestampSigner
from django.db import OperationalError
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.api.fields import Body, Flag, Text, Whole
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import AlreadyExists, Invalid, InvalidState, NotAllowed, NotFound, QuotaExceeded
from accounts.models import Group
from connections.grant import Grant, Narrowing, Principal

factory = APIRequestFactory()
pytestmark = pytest.mark.django_db  # a refusal leaves an audit record


def grant(*scopes, admin=False, auditor=False, kind="person"):
    return Grant(
        principal=Principal(
            id=7,
            kind=kind,
            name="alice@example.com",
            groups=frozenset(),
            is_account_admin=admin,
            is_auditor=auditor,
        ),
        client=None,
        credential_kind="pat",
        credential_id="t",
        session_id=None,
        scopes=frozenset(scopes),
        audience=("/",),
        narrowing=Narrowing(),
        expires_at=timezone.now() + timedelta(hours=1),
        address=None,
    )


ANYBODY = Access("any", None)


def view_that(act, needed=ANYBODY):
    class View(APIView):
        authentication_classes = []
        access = {"POST": needed}

        def post(self, request):
            return Response(act(request))

    return View.as_view()


def ask(view, auth, data=None, **options):
    request = factory.post("/api/test", json.dumps(data or {}), content_type="application/json", **options)
    force_authenticate(request, user=auth.principal if auth else None, token=auth)
    response = view(request)
    response.render()
    return response, json.loads(response.content)


def refuse(error):
    def act(request):
        raise error

    return view_that(act)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid({"name": ["too long"]}), 400, "INVALID_PARAMETER_VALUE"),
        (InvalidState("no"), 400, "INVALID_STATE"),
        (QuotaExceeded("no"), 400, "QUOTA_EXCEEDED"),
        (NotAllowed("no"), 403, "PERMISSION_DENIED"),
        (NotFound("no"), 404, "RESOURCE_DOES_NOT_EXIST"),
        (AlreadyExists("no"), 409, "RESOURCE_ALREADY_EXISTS"),
        (serializers.ValidationError({"a": {"b": ["bad"]}}), 400, "INVALID_PARAMETER_VALUE"),
        (OperationalError("secret host"), 503, "TEMPORARILY_UNAVAILABLE"),
        (RuntimeError("secret"), 500, "INTERNAL_ERROR"),
    ],
)
def test_each_refusal_has_its_status_and_code(error, status, code):
    response, body = ask(refuse(error), grant())
    assert (response.status_code, body["error_code"]) == (status, code)
    assert "secret" not in body["message"]
    assert "error" not in body


def test_field_errors_name_the_field():
    _, body = ask(refuse(serializers.ValidationError({"a": {"b": ["bad"]}, "c": [{}, {"d": ["worse"]}]})), grant())
    assert body["message"] == "a.b: bad; c.d: worse"
    assert {"field": "a.b", "description": "bad"} in body["details"][1]["field_violations"]


def test_without_a_token_the_answer_is_401_with_a_challenge():
    response, body = ask(view_that(lambda request: {}), None)
    assert response["WWW-Authenticate"] == 'Bearer realm="gatepost"'
    assert body["error_code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("role", "auth", "allowed"),
    [
        ("any", grant(kind="service"), True),
        ("person", grant(kind="service"), False),
        ("reader", grant(), False),
        ("reader", grant(auditor=True), True),
        ("reader", grant(admin=True), True),
        ("account_admin", grant(auditor=True), False),
        ("account_admin", grant(admin=True), True),
        ("auditor", grant(admin=True), False),
    ],
)
def test_the_role_decides(role, auth, allowed):
    response, _ = ask(view_that(lambda request: {}, Access(role, None)), auth)
    assert response.status_code == (200 if allowed else 403)


def test_a_missing_scope_is_named_in_the_challenge():
    response, _ = ask(view_that(lambda request: {}, Access("any", "access-management")), grant("all-apis"))
    assert response.status_code == 403
    assert response["WWW-Authenticate"] == (
        'Bearer realm="gatepost", error="insufficient_scope", scope="access-management"'
    )


def test_an_including_scope_is_enough():
    response, _ = ask(view_that(lambda request: {}, Access("any", "mcp.functions")), grant("all-apis"))
    assert response.status_code == 200


def test_a_method_without_declared_access_is_refused():
    class View(APIView):
        authentication_classes = []

        def post(self, request):
            return Response({})

    response, body = ask(View.as_view(), grant("all-apis", admin=True))
    assert (response.status_code, body["error_code"]) == (405, "ENDPOINT_NOT_FOUND")


class Example(Body):
    name = Text(max_length=5)
    count = Whole(required=False)
    wanted = Flag(required=False)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": "x", "nmae": "y"}, "nmae"),
        ({"name": "x", "count": "5"}, "count"),
        ({"name": "x", "count": 5.0}, "count"),
        ({"name": "x", "count": True}, "count"),
        ({"name": "x", "wanted": "true"}, "wanted"),
        ({"name": 5}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "too long"}, "name"),
        ({}, "name"),
    ],
)
def test_bodies_are_strict(data, field):
    response, body = ask(view_that(lambda request: Example.of(request)), grant(), data)
    assert response.status_code == 400
    assert body["details"][1]["field_violations"][0]["field"] == field


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b'{"a":NaN}', b'"x"', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_malformed(raw):
    request = factory.post("/api/test", raw, content_type="application/json")
    force_authenticate(request, token=grant())
    response = view_that(lambda request: request.data)(request)
    assert (response.status_code, response.data["error_code"]) == (400, "MALFORMED_REQUEST")


def test_a_body_over_the_limit_is_413(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response, _ = ask(view_that(lambda request: request.data), grant(), {"a": "x" * 200})
    assert response.status_code == 413


def test_another_content_type_is_415():
    request = factory.post("/api/test", b"a=1", content_type="application/x-www-form-urlencoded")
    force_authenticate(request, token=grant())
    assert view_that(lambda request: request.data)(request).status_code == 415


def test_accept_html_gets_json():
    response, _ = ask(view_that(lambda request: {"a": 1}), grant(), HTTP_ACCEPT="text/html")
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_path_is_json(client, method):
    response = getattr(client, method)("/api/2.0/nothing/here")
    assert response.status_code == 404
    assert response.json()["error_code"] == "ENDPOINT_NOT_FOUND"
    assert response.json()["details"][0]["request_id"] == response["X-Request-Id"]


class Groups(APIView):
    authentication_classes = []
    access = {"GET": Access("any", None)}

    def get(self, request):
        name = request.query_params.get("name", "")
        rows, token = page_of(
            Group.objects.filter(name__startswith=name), request, order=("created_at", "id"), filters={"name": name}
        )
        return Response({"names": [row.name for row in rows], "token": token})


def walk(**parameters):
    request = factory.get("/api/groups", parameters)
    force_authenticate(request, token=grant())
    return Groups.as_view()(request).data


@pytest.fixture
def groups(db):
    now = timezone.now()
    return [Group.objects.create(name=f"g{n}", created_at=now + timedelta(seconds=n // 2)) for n in range(5)]


def test_a_walk_meets_each_row_once(groups):
    first = walk(page_size=2)
    Group.objects.create(name="early", created_at=groups[0].created_at - timedelta(days=1))
    second = walk(page_size=2, page_token=first["token"])
    third = walk(page_size=2, page_token=second["token"])
    assert first["names"] + second["names"] + third["names"] == ["g0", "g1", "g2", "g3", "g4"]
    assert third["token"] is None


def test_a_page_token_is_bound_to_its_filter(groups):
    token = walk(page_size=2)["token"]
    assert walk(page_size=2, page_token=token, name="g")["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("token", ["x", "a:b:c", TimestampSigner().sign("x")], ids=["noise", "parts", "signed"])
def test_a_bad_page_token_is_400(groups, token):
    assert walk(page_token=token)["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("size", ["-1", "x", "1.5", "²"])
def test_a_bad_page_size_is_400(groups, size):
    assert walk(page_size=size)["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("size", ["0", "5", "99999999999999999999"])
def test_zero_is_the_default_and_too_much_is_the_cap(groups, size):
    assert len(walk(page_size=size)["names"]) == 5
