"""Tokens of a service account, made by an account admin on its behalf: with one, bound to a server, it has an API key."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from accounts.console.tokens import Offer, make
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest, application_id: UUID, offer: Offer) -> HttpResponse:
    """Show the form; make the token and show it in the answer to the POST."""
    account = get_object_or_404(User, kind=User.Kind.SERVICE, application_id=application_id)
    return make(request, account, offer, parent=account.display_name)
