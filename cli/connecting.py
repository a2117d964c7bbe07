"""Which server, and with which credential: GATEPOST_HOST and GATEPOST_TOKEN, or a profile, renewed when it is due."""

import os
import time
from dataclasses import replace

from cli import oauth, profiles
from cli.errors import Refused, WrongUsage
from cli.profiles import Profile
from cli.transport import Api

_DEFAULT = "default"
_EARLY = 60  # seconds before the end, so that a token does not die on its way


def profile_name(given: str | None) -> str:
    """Return the profile in use."""
    return given or os.environ.get("GATEPOST_PROFILE") or _DEFAULT


def connect(given_profile: str | None, *, is_open: bool = False) -> Api:
    """Return the API of the server in use. A profile that was named wins over the environment, which wins over others.

    `is_open`: no credential is needed, and none is sent.
    """
    env = {} if given_profile else os.environ
    host, token, account_id = (env.get(f"GATEPOST_{name}", "") for name in ("HOST", "TOKEN", "ACCOUNT_ID"))
    host = profiles.origin(host) if host else ""
    name = profile_name(given_profile)
    if is_open:
        return Api(host or _stored(name).host)
    if token:
        if not host:
            raise WrongUsage("GATEPOST_TOKEN is set. Set GATEPOST_HOST too, so that the token goes where it belongs.")
        return Api(host, token, account_id)
    profile = _stored(name)
    if host and profile.host != host:
        # The tokens of one server are never shown to another.
        raise WrongUsage(f"The profile {name!r} is not signed in at {host}. Run `gatepost auth login {host}`.")
    profile = profile if _is_live(profile) else _renewed(name)
    return Api(profile.host, profile.access_token, account_id or profile.account_id)


def _stored(name: str) -> Profile:
    profile = profiles.load(name)
    if profile is None:
        told = "Run `gatepost auth login HOST`, or set GATEPOST_HOST and GATEPOST_TOKEN."
        raise WrongUsage(f"There is no profile {name!r}. {told}")
    return profile


def _renewed(name: str) -> Profile:
    """Return the profile with a token that lives. The lock is held until the new refresh token is stored."""
    with profiles.turn(name):
        profile = _stored(name)
        if _is_live(profile):  # another command was faster
            return profile
        again = f"Run `gatepost auth login {profile.host}`."
        if not profile.refresh_token:
            raise Refused(f"The sign-in of the profile {name!r} has ended. {again}")
        try:
            tokens = oauth.refresh(Api(profile.host), profile.refresh_token)
        except Refused as refusal:
            raise Refused(f"The sign-in of the profile {name!r} cannot be renewed: {refusal} {again}") from None
        fresh = replace(profile, **tokens.as_profile(profile.refresh_token))
        profiles.save(name, fresh)
        return fresh


def _is_live(profile: Profile) -> bool:
    return profile.expires_at - time.time() > _EARLY
