"""The SCIM endpoints. One class for a kind of row; the account and the workspace surface show the same rows."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import groups, people, service_accounts
from accounts.api import answers
from accounts.api.attribution import by_of, holder_of
from accounts.api.permissions import Access
from accounts.api.scim import bodies, documents, members, principals
from accounts.api.scim.errors import ScimRefused
from accounts.api.scim.patch import changes_of
from accounts.api.scim.resources import Collection, Resource, ScimView
from accounts.models import Account, Group, User

_USER_COLUMNS = {
    "username": "email",
    "displayname": "name",
    "externalid": "external_id",
    "active": "is_active",
    "id": "id",
}
_SERVICE_COLUMNS = {
    "applicationid": "application_id",
    "displayname": "name",
    "externalid": "external_id",
    "active": "is_active",
    "id": "id",
}
_GROUP_COLUMNS = {"displayname": "name", "externalid": "external_id", "id": "id"}


class UserRows(ScimView):
    """People."""

    columns = _USER_COLUMNS
    noun = "person"

    def rows(self) -> QuerySet[User]:
        """Return the people."""
        return User.objects.filter(kind=User.Kind.PERSON).prefetch_related("groups")

    def document(self, row: User) -> dict[str, Any]:
        """Return a person."""
        return documents.user(row)


class Users(UserRows, Collection):
    """People: list and create."""

    def create(self, request: Request) -> User:
        """Make a person, who gets no password here."""
        email = bodies.text("userName", bodies.body_of(request).get("userName"))
        person = people.create(email, by=by_of(request))
        principals.apply(person, principals.replacement_of(person, bodies.body_of(request)), by=by_of(request))
        return person


class UserResource(UserRows, Resource):
    """One person."""


class ServicePrincipalRows(ScimView):
    """Service accounts."""

    columns = _SERVICE_COLUMNS
    noun = "service account"

    def rows(self) -> QuerySet[User]:
        """Return the service accounts."""
        return User.objects.filter(kind=User.Kind.SERVICE).prefetch_related("groups")

    def document(self, row: User) -> dict[str, Any]:
        """Return a service account."""
        return documents.service_principal(row)


class ServicePrincipals(ServicePrincipalRows, Collection):
    """Service accounts: list and create."""

    def create(self, request: Request) -> User:
        """Make a service account without secrets."""
        given = bodies.body_of(request).get("applicationId")
        application_id = bodies.application_id(given) if given else None
        name = bodies.text("displayName", bodies.body_of(request).get("displayName") or given or "Service account")
        account = service_accounts.create(name, by=by_of(request), application_id=application_id)
        principals.apply(account, principals.replacement_of(account, bodies.body_of(request)), by=by_of(request))
        return account


class ServicePrincipalResource(ServicePrincipalRows, Resource):
    """One service account."""


class GroupRows(ScimView):
    """Groups."""

    columns = _GROUP_COLUMNS
    noun = "group"

    def rows(self) -> QuerySet[Group]:
        """Return the groups."""
        return Group.objects.prefetch_related("members")

    def document(self, row: Group) -> dict[str, Any]:
        """Return a group."""
        return documents.group(row)


class Groups(GroupRows, Collection):
    """Groups: list and create."""

    def create(self, request: Request) -> Group:
        """Make a group."""
        draft = members.replacement_of(bodies.body_of(request))
        if draft.name is None:
            raise ScimRefused("invalidValue", "A group needs a displayName.")
        return groups.create(
            draft.name, by=by_of(request), external_id=draft.external_id or "", members=draft.members or ()
        )


class GroupResource(GroupRows, Resource):
    """One group."""

    def change(self, row: Group, request: Request) -> None:
        """Do what PATCH asks."""
        members.patch(row, changes_of(bodies.body_of(request)), by=by_of(request))

    def replace(self, row: Group, request: Request) -> None:
        """Do what PUT asks: members that are not sent go."""
        draft = members.replacement_of(bodies.body_of(request))
        groups.update(
            row, by=by_of(request), name=draft.name, external_id=draft.external_id, members=draft.members or ()
        )

    def remove(self, row: Group, request: Request) -> None:
        """Delete the group."""
        groups.delete(row, by=by_of(request))


class Me(ScimView):
    """The caller."""

    access = {"GET": Access("any", None)}
    columns: ClassVar[Mapping[str, str]] = {}
    noun = "principal"

    @extend_schema(responses=answers.ScimResource, summary="Show who calls")
    def get(self, request: Request) -> Response:
        """Answer with the caller as a SCIM user, whatever the token may do besides."""
        principal = User.objects.prefetch_related("groups").get(pk=holder_of(request).principal.id)
        document = documents.selected(documents.user(principal), request.query_params)
        return Response(document, headers={"x-databricks-org-id": str(Account.load().workspace_id)})
