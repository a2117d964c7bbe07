"""When and from where credentials were last used: gathered in memory, written every few seconds with one statement.

Kinds: `pat` (token_id), `client` (client_id), `client_secret`, `session`, `service` (application id), `service_secret`
and `service_key`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import Final

from accounts.models import CredentialUse
from accounts.networks import Address
from audit import control_database, event_loop

logger = logging.getLogger(__name__)

_PAUSE: Final = 5.0  # seconds
_MOST: Final = 20_000  # credentials between two writes; more are not noted

_UPSERT: Final = """
    INSERT INTO accounts_credentialuse AS known (credential_kind, credential_id, last_used_at, address)
    SELECT kind, id, to_timestamp(at), address
    FROM unnest(%s::text[], %s::text[], %s::float8[], %s::inet[]) AS used (kind, id, at, address)
    ON CONFLICT (credential_kind, credential_id)
    DO UPDATE SET last_used_at = excluded.last_used_at, address = excluded.address
    WHERE known.last_used_at < excluded.last_used_at
"""

_Use = tuple[float, Address | None]
_noted: dict[tuple[str, str], _Use] = {}


def note(kind: str, credential_id: str, address: Address | None, now: float) -> None:
    """Remember the use at `now`, in seconds since 1970. Costs next to nothing; a use in the last seconds before a crash is forgotten."""
    if not _noted:
        event_loop.owner().call_soon_threadsafe(_keeper.get)
    if len(_noted) < _MOST:
        _noted[kind, credential_id] = (now, address)


def last(kind: str, ids: Iterable[object]) -> dict[str, CredentialUse]:
    """Return when and from where each of these credentials was last used; one that never was is left out."""
    found = CredentialUse.objects.filter(credential_kind=kind, credential_id__in=[str(key) for key in ids])
    return {use.credential_id: use for use in found}


async def flush() -> None:
    """Write what was noted. Rows in one order: two processes that write the same ones do not block each other."""
    uses = [(kind, name, *_noted.pop((kind, name))) for kind, name in sorted(_noted)]
    if not uses:
        return
    columns = [list(column) for column in zip(*uses, strict=True)]
    columns[3] = [None if address is None else str(address) for address in columns[3]]
    async with (await control_database.pool()).connection() as connection:
        await connection.execute(_UPSERT, columns)


class _Keeper:
    """Writes again and again, for as long as the loop lives."""

    def __init__(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="credential-uses")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._flush()

    async def _flush(self) -> None:
        try:
            await flush()
        except Exception as error:  # a lost time of use is no reason to fail
            logger.warning("times of use were not written: %s", type(error).__name__)

    async def close(self) -> None:
        """Write the last ones."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._flush()


_keeper = event_loop.Owned(_Keeper, _Keeper.close)
