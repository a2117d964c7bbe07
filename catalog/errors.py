"""What can go wrong at a catalog. `message` is safe for the client; `detail` is for the audit record only."""


class NotVisible(Exception):
    """No such catalog or schema, or nothing in it that the caller may use: one answer for both."""


class CallFailed(Exception):
    """The call was not done, or its statement failed. `code` is our code or the SQLSTATE."""

    is_refusal = False  # of ours, before anything was sent: the audit record says denied

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


class TimedOut(CallFailed):
    """The statement reached its time limit and was ended."""


class Busy(CallFailed):
    """Every connection of the catalog stayed in use for longer than a call may wait."""


class DatabaseUnreachable(CallFailed):
    """No connection to the catalog's database."""


class Refused(CallFailed):
    """The guard, or a rule of ours, does not let the call reach the database."""

    is_refusal = True


class InvalidCursor(Exception):
    """A cursor that was changed, is too old, or was made for another question. The text says which."""
