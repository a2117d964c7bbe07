"""Background work of audit: sealing, and files that are over. audit.exports makes the files."""

from audit import chain, exports
from jobs.outbox import Work, handles


@handles("audit.seal")
def seal(work: Work) -> dict[str, int]:
    """Seal the records of the last minute. Running it again does no harm."""
    return {"sealed": chain.seal()}


@handles("audit.sweep_exports")
def sweep_exports(work: Work) -> dict[str, int]:
    """Delete the files of exports that were kept for their time."""
    return {"exports": exports.sweep()}
