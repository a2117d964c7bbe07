"""The theme switch: a cookie that the server reads, so that no page flashes."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from audit.console.access import Role, SignedInRequest, open_to

COOKIE = "theme"
ONE_YEAR = 365 * 24 * 3600


@require_POST
@open_to(Role.MEMBER)
def switch(request: SignedInRequest) -> HttpResponse:
    """Store light or dark; anything else goes back to what the system says."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = HttpResponseRedirect(back if safe else "/")
    theme = request.POST.get("theme")
    if theme in {"light", "dark"}:
        response.set_cookie(
            COOKIE, theme, max_age=ONE_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
