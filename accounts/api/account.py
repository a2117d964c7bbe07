"""Views under /api/2.0/accounts/{account_id}: another account does not exist here."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.errors import NotFound
from accounts.models import Account


class AccountView(APIView):
    """Takes account_id out of the URL and compares it. Views without it in their URL may derive from it too."""

    account_id: uuid.UUID | None = None

    def dispatch(
        self, request: HttpRequest, *args: Any, account_id: uuid.UUID | None = None, **kwargs: Any
    ) -> HttpResponseBase:
        """Keep the account_id of the path, so that handlers need not take it."""
        self.account_id = account_id
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication and access: is it this account?"""
        super().initial(request, *args, **kwargs)
        if self.account_id is not None and self.account_id != Account.load().account_id:
            raise NotFound(f"There is no account {self.account_id} here.")
