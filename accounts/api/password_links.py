"""Links with which people choose their password: an invitation, or help for who forgot it. rest-api.md 6."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import links
from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.fields import Body, ids_of, rfc3339
from accounts.api.idempotency import idempotent
from accounts.api.permissions import Access
from accounts.errors import NotFound
from accounts.models import User
from accounts.scopes import Scope


class NewPasswordLink(Body):
    """Nothing is to be chosen."""


class PasswordLinks(APIView):
    """The password link of one person."""

    access = {"POST": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(
        request=NewPasswordLink, responses=answers.PasswordLink, summary="Make a link to choose a password with"
    )
    @idempotent
    def post(self, request: Request, user_id: str) -> Response:
        """Answer with the link, here and never again. It works once, within 72 hours, and ends the one before it."""
        NewPasswordLink.of(request)
        person = User.objects.filter(kind=User.Kind.PERSON, pk__in=ids_of(user_id)).first()
        if person is None:
            raise NotFound(f"There is no person with the id {user_id!r}.")
        raw, ends_at = links.make_for_password(person, by=by_of(request))
        return Response({"url": links.password_url(raw), "expire_time": rfc3339(ends_at)})
