"""The start page: where each role begins."""

from django.http import HttpResponse
from django.shortcuts import redirect

from audit.console.access import Role, SignedInRequest, open_to, roles_of


@open_to(Role.MEMBER)
def home(request: SignedInRequest) -> HttpResponse:
    """Admins and auditors begin at App connections, members at their tokens."""
    staff = roles_of(request.user) & {Role.ACCOUNT_ADMIN, Role.AUDITOR}
    return redirect("console-app-connections" if staff else "console-tokens")
