"""RFC 8628: a device without a browser shows a code, a person types it elsewhere, and the device polls for its tokens."""

import secrets as random
from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from oauthlib.common import Request

from accounts import scopes as known_scopes
from accounts import secrets
from connections import sessions
from connections.models import AppIntegration, DeviceGrant
from connections.oauth import asked_scopes, attempt, errors, targets
from connections.resources import EVERYTHING

GRANT_TYPE: Final = AppIntegration.GRANT_DEVICE_CODE
LIFETIME: Final = timedelta(minutes=10)
INTERVAL: Final = 5  # seconds
PATH: Final = "/device"
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 6.1: no vowels, so no words; nothing that looks like a digit
_LENGTH: Final = 8


def begin(request: Request) -> dict[str, Any]:
    """RFC 8628 3.2: store the request under the digests of two new codes, and return what the device shows."""
    names = asked_scopes.check((request.scope or "").split() or asked_scopes.default(request), request)
    client: AppIntegration = request.client
    missing = [name for name in client.user_authorized_scopes if not known_scopes.covers(frozenset(names), name)]
    if missing:
        description = f"This client needs these scopes too: {' '.join(missing)}."
        raise attempt.refusal(request, errors.InvalidScope, description, reason="required_scope_missing")
    audience = targets.asked(request, request.decoded_body or []) or EVERYTHING
    device_code = secrets.make(secrets.Prefix.DEVICE_CODE)
    user_code = "".join(random.choice(_LETTERS) for _ in range(_LENGTH))
    DeviceGrant.objects.create(
        device_code=secrets.digest(device_code).hex(),
        user_code=_digest(user_code),
        integration=client,
        scope=" ".join(names),
        audience=audience,
        interval=INTERVAL,
        expires=timezone.now() + LIFETIME,
    )
    here = attempt.of(request)
    here.scopes = tuple(names)
    here.details["resource"] = audience
    return {
        "device_code": device_code,
        "user_code": f"{user_code[:4]}-{user_code[4:]}",
        "verification_uri": here.issuer + PATH,
        "expires_in": int(LIFETIME.total_seconds()),
        "interval": INTERVAL,
    }


def typed(text: str) -> DeviceGrant | None:
    """Return the request that waits under the code that a person typed. RFC 8628 6.1: case and dashes do not matter."""
    letters = "".join(character for character in text.upper() if character in _LETTERS)
    return waiting().select_related("integration").filter(user_code=_digest(letters)).first()


def waiting() -> QuerySet[DeviceGrant]:
    """Return the requests that a person may still answer."""
    return DeviceGrant.objects.filter(
        status=DeviceGrant.AUTHORIZATION_PENDING, expires__gt=timezone.now(), integration__enabled=True
    )


def redeem(raw: str, request: Request) -> None:
    """RFC 8628 3.4: take the device code for this request, or say how it stands. It works once."""
    grant, now, here = _locked(raw, request), timezone.now(), attempt.of(request)
    if grant.session_id is not None:
        here.session = session = sessions.loaded(grant.session_id)
        here.user = session.user
    if grant.used_at is not None:
        sessions.revoke(attempt.certain(here.session), "device_code_replayed")
        raise _refusal(request, "device_code_replayed")
    if grant.status == DeviceGrant.DENIED:
        raise attempt.refusal(request, errors.Declined, "The person did not allow it.", reason="declined")
    if grant.expires <= now:
        raise attempt.refusal(request, errors.ExpiredToken, "The code has expired. Begin again.", reason="expired")
    if here.session is None:
        raise _not_yet(grant, request)
    problem = sessions.problem(here.session, now)
    if problem:
        raise _refusal(request, problem)
    grant.used_at = now
    grant.save(update_fields=["used_at"])
    request.user, request.scopes = here.session.user, sessions.scopes_left(here.session)
    here.audience = targets.narrowed(request, here.session.audience, errors.InvalidTarget)


def _not_yet(grant: DeviceGrant, request: Request) -> Exception:
    now, earlier = timezone.now(), grant.polled_at
    too_early = earlier is not None and now < earlier + timedelta(seconds=grant.interval)
    if too_early:
        # RFC 8628 3.5: the interval MUST be increased by 5 seconds for this and all subsequent requests.
        grant.interval += INTERVAL
    grant.polled_at = now
    grant.save(update_fields=["polled_at", "interval"])
    if too_early:
        description = f"Wait {grant.interval} seconds between two requests."
        return attempt.refusal(request, errors.SlowDown, description, reason="slow_down")
    attempt.of(request).is_recorded = False  # nothing is decided yet
    return errors.AuthorizationPending(description="The person has not answered yet.", request=request)


def _locked(raw: str, request: Request) -> DeviceGrant:
    if secrets.prefix_of(raw) is not secrets.Prefix.DEVICE_CODE:
        raise _refusal(request, "unknown_device_code")
    grant = DeviceGrant.objects.select_for_update().filter(device_code=secrets.digest(raw).hex()).first()
    if grant is None:
        raise _refusal(request, "unknown_device_code")
    if grant.integration_id != request.client.pk:
        raise _refusal(request, "device_code_of_another_client")
    return grant


def _refusal(request: Request, reason: str) -> Exception:
    return attempt.refusal(request, errors.InvalidGrant, "The device code is not valid. Begin again.", reason=reason)


def _digest(user_code: str) -> str:
    """Return a keyed digest: eight letters alone could be found by trying."""
    return salted_hmac("connections.oauth.device", user_code, algorithm="sha256").hexdigest()
