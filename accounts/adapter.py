"""How django-allauth signs people in here: nobody registers, service accounts never come in, everything is recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import activation, links, reauthentication, sealing, sign_ins
from accounts.addresses import address_of
from accounts.console.by import by_of
from accounts.models import User

_PURPOSE = "sign-in secret"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-in with a password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers: an account admin makes people."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """After sign-in only targets of this very origin are followed."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count attempts by the address that the network lists see. Without one (a Unix socket) all count together."""
        return str(address_of(request) or "unknown")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures of an account at one address: strangers elsewhere cannot lock its owner out."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}@{self.get_client_ip(request)}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong password."""
        person = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
        sign_ins.denied(request, "wrong_credentials", person=person)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse who is deactivated, and whoever is no person, however they proved who they are."""
        if user.is_active and not user.is_service_account:
            answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
            return answer
        sign_ins.denied(request, "principal_disabled" if not user.is_active else "no_person", person=user)
        clear_login(request)
        refusal: HttpResponse = self.respond_user_inactive(request, user)
        return refusal

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for a confirmation unless the person has just signed in or confirmed."""
        if not super().is_reauthentication_required(app=app) or reauthentication.is_recent(self.request):
            return False
        reauthentication.refuse_who_cannot_confirm(self.request)
        return True

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Change or reset a password, and record it."""
        super().set_password(user, password)
        activation.write("set_password", user, by_of(self.request, user))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Leave allauth's key out: the mail carries a link of ours, of which only the digest is kept."""
        return ""

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send a link with which the person chooses a password."""
        raw, _ends_at = links.make_for_password(user, by=by_of(self.request), life=links.MAILED_LINK_LIFE)
        super().send_password_reset_mail(user, email, {**context, "password_reset_url": links.password_url(raw)})

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin the session after all steps, and record it."""
        methods = [str(proof["method"]) for proof in get_authentication_records(request, user)]
        super().login(request, user)
        sign_ins.allowed(request, user, method=", ".join(dict.fromkeys(methods)) or "link")

    def logout(self, request: HttpRequest) -> None:
        """End the session, and record it."""
        if isinstance(request.user, User):
            sign_ins.ended(request, request.user)
        super().logout(request)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Second factors and passkeys."""

    def encrypt(self, text: str) -> str:
        """Keep TOTP keys and seeds of recovery codes sealed."""
        return sealing.seal(text, purpose=_PURPOSE).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what encrypt sealed."""
        return sealing.unseal(encrypted_text.encode(), purpose=_PURPOSE)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Record a wrong code or passkey of somebody who is signing in."""
        if code == "incorrect_code" and not self.request.user.is_authenticated:
            pending = unstash_login(self.request, peek=True)
            sign_ins.denied(self.request, "wrong_second_factor", person=pending.user if pending else None)
        error: ValidationError = super().validation_error(code, *args)
        return error
