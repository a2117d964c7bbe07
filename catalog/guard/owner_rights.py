"""Rule 7: what runs as its owner is used only by those to whom it was granted by name."""

from catalog.guard.names import Held


def suffices(held: Held, *, runs_as_owner: bool) -> bool:
    """Whether a privilege held in this way opens the object."""
    return held >= (Held.BY_NAME if runs_as_owner else Held.INHERITED)
