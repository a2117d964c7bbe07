"""Refusals of domain functions. The API and the console render them, each in its own way."""

from collections.abc import Mapping


class Refused(Exception):
    """A request that is understood and not done. The text says why and what to do next."""

    code = "BAD_REQUEST"


class Invalid(Refused):
    """Bad input. `errors` maps the name of each field (as in the API) to its messages."""

    code = "INVALID_PARAMETER_VALUE"

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {' '.join(messages)}" for name, messages in errors.items()))


class NotFound(Refused):
    """The thing does not exist, or the caller may not know that it does."""

    code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExists(Refused):
    """Something of that name exists."""

    code = "RESOURCE_ALREADY_EXISTS"


class InvalidState(Refused):
    """Not possible now, for example because it would lock the caller out."""

    code = "INVALID_STATE"


class QuotaExceeded(Refused):
    """A quota is reached."""

    code = "QUOTA_EXCEEDED"


class NotAllowed(Refused):
    """Role, scope or network does not allow it."""

    code = "PERMISSION_DENIED"
