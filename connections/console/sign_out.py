"""Signing out of the console, and of every app at once if the person wants that."""

from typing import Any, cast

from allauth.account.views import LogoutView
from django.http import HttpResponse

from accounts.console.by import by_of
from accounts.models import User
from connections import consents, sessions


class SignOut(LogoutView):
    """Ends the console session; tokens and apps stay unless the person ends the apps too."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say how many apps there are to end."""
        person = cast(User, self.request.user)  # strangers are sent away before
        return {**super().get_context_data(**kwargs), "app_sessions": sessions.live_of(person).count()}

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out. The apps end first: afterwards nobody knows whose they were."""
        person = self.request.user
        if isinstance(person, User) and self.request.POST.get("apps") == "on":
            consents.revoke_all(person, by=by_of(self.request))
        response: HttpResponse = super().post(*args, **kwargs)
        return response
