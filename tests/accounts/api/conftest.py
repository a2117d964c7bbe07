"""Callers of the API with a Grant made for the test. tests/journeys comes through the real authentication."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from connections.grant import Grant, Narrowing, Principal

ALL = ("all-apis", "access-management")


def grant_of(user, *scopes):
    return Grant(
        principal=Principal(
            id=user.pk,
            kind=user.kind,
            name=user.user_name,
            groups=frozenset(),
            is_account_admin=user.is_account_admin,
            is_auditor=user.is_auditor,
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


class Caller(APIClient):
    """Sends JSON as one principal."""

    def send(self, method, path, body=None, **headers):
        options = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.generic(method, path, **options, headers=headers)


@pytest.fixture
def caller():
    def caller(user, *scopes):
        client = Caller(REMOTE_ADDR="198.51.100.7")
        client.force_authenticate(user=user, token=grant_of(user, *(scopes or ALL)))
        return client

    return caller


@pytest.fixture
def admin(caller, alice):
    return caller(alice)
