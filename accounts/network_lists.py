"""Network access lists: changes that would lock out their author are refused, and so is what passes the quota.

In the console such a change can be tried for ten minutes (accounts.network_trials); nothing else changes meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from accounts import network_trials
from accounts.errors import Invalid, InvalidState, QuotaExceeded
from accounts.models import Account, NetworkAccessList
from accounts.names import checked_name
from accounts.network_trials import Trial
from accounts.networks import Address, NetworkPolicy, Ranges, parse_range
from audit import prepared, record
from audit.event import By, Event

QUOTA = 1000  # values over all lists of one surface
SWITCH = "enable_ip_access_lists"  # in Account.settings
_WORKSPACE = NetworkAccessList.Surface.WORKSPACE
_ENABLED = "SELECT list_type, ip_addresses FROM accounts_networkaccesslist WHERE surface = %(surface)s AND enabled"
# What counts at this moment. The token endpoint asks each time, in the statement that reads its own counters.
ENFORCED_IN_WORKSPACE = f"""
    SELECT list_type, ip_addresses FROM accounts_networkaccesslist WHERE surface = '{_WORKSPACE}' AND enabled
    AND NOT EXISTS (SELECT FROM accounts_account WHERE settings->'{SWITCH}' = 'false')
"""  # noqa: S608 - made of constants


class WouldLockOut(InvalidState):
    """The author could not come in any more."""


class Changes(TypedDict, total=False):
    """What can be changed of a list."""

    label: str
    list_type: str
    ip_addresses: Sequence[str]
    enabled: bool


def are_enforced() -> bool:
    """Tell whether the lists of the workspace count. They do unless an admin switched them off."""
    return bool(Account.load().settings.get(SWITCH, True))


@transaction.atomic
def enforce(enforced: bool, *, by: By) -> None:  # noqa: FBT001 - the value that is set
    """Switch the lists of the workspace on or off as a whole. Switching on is refused where it would lock out."""
    Account.lock()
    account = Account.load()
    if enforced:
        _refuse_lock_out_and_excess(NetworkAccessList.objects.filter(surface=_WORKSPACE), by)
    before = are_enforced()
    account.settings[SWITCH] = enforced
    account.save(update_fields=["settings"])
    details = {"before": {SWITCH: before}, "after": {SWITCH: enforced}}
    record.write(Event(action="workspace_conf.update", outcome="allowed", by=by, object=SWITCH, details=details))


def policy(surface: str) -> NetworkPolicy:
    """Return what the enabled lists of a surface add up to."""
    lists = ENFORCED_IN_WORKSPACE if surface == _WORKSPACE else _ENABLED
    return NetworkPolicy.from_lists(prepared.execute(lists, {"surface": surface}))


def decides(surface: str, address: Address) -> tuple[NetworkAccessList | None, str]:
    """Return the list that decides about an address, and its line. Without one: None, or the ALLOW list it is not in.

    The policy decides in the same order: BLOCK lists, then ALLOW lists.
    """
    enabled = list(NetworkAccessList.objects.filter(surface=surface, enabled=True).order_by("-list_type", "created_at"))
    for entry in enabled:
        for line in entry.ip_addresses:
            if address in Ranges.of([line]):
                return entry, line
    return next((entry for entry in enabled if entry.list_type == NetworkAccessList.ListType.ALLOW), None), ""


@transaction.atomic
def create(
    surface: str,
    *,
    by: By,
    label: str,
    list_type: str,
    ip_addresses: Sequence[str],
    enabled: bool = True,
    on_trial: bool = False,
) -> NetworkAccessList:
    """Return the new list, in force at once. `on_trial`: for ten minutes where it would lock out its author."""
    author = by.principal_id or 0
    entry = NetworkAccessList(surface=surface, created_by=author, updated_by=author)
    _assign(entry, {"label": label, "list_type": list_type, "ip_addresses": ip_addresses, "enabled": enabled})
    lists = [*_others(entry), entry]
    is_tried = _is_tried(lists, by, on_trial=on_trial)
    entry.save(force_insert=True)
    if is_tried:
        network_trials.begin(surface, str(entry.list_id), None, _described(entry))
    _record("create", entry, by, after=_described(entry), **_mark(is_tried))
    return entry


@transaction.atomic
def update(
    entry: NetworkAccessList, *, by: By, on_trial: bool = False, **changes: Unpack[Changes]
) -> NetworkAccessList:
    """Change a list; in force at once. `on_trial` as for `create`."""
    others = _others(entry)
    entry = NetworkAccessList.objects.get(pk=entry.pk)
    before = _described(entry)
    _assign(entry, changes)
    is_tried = _is_tried([*others, entry], by, on_trial=on_trial)
    entry.updated_at, entry.updated_by = timezone.now(), by.principal_id or 0
    entry.save(force_update=True)
    if is_tried:
        network_trials.begin(entry.surface, str(entry.list_id), before, _described(entry))
    _record("update", entry, by, before=before, after=_described(entry), **_mark(is_tried))
    return entry


@transaction.atomic
def delete(entry: NetworkAccessList, *, by: By) -> None:
    """Delete a list; what remains is in force at once."""
    others = _others(entry)
    entry = NetworkAccessList.objects.get(pk=entry.pk)
    _refuse_lock_out_and_excess(others, by)
    _record("delete", entry, by, before=_described(entry))
    entry.delete()


@transaction.atomic
def confirm(surface: str, *, by: By) -> None:
    """Let what is on trial stay. Refused to an address that the lists do not admit."""
    Account.lock()
    trial = _trial_of(surface)
    if refusal := policy(surface).refusal(by.address):
        raise WouldLockOut(f"{refusal} Confirm from an address that the lists admit.")
    network_trials.end(surface)
    _record("confirm", NetworkAccessList.objects.get(pk=trial.list_id), by)


@transaction.atomic
def undo(surface: str, *, by: By) -> None:
    """End the trial: the list is as it was before."""
    Account.lock()
    trial = _trial_of(surface)
    network_trials.end(surface)
    put_back(trial.list_id, trial.before, trial.tried, by=by)


@transaction.atomic
def put_back(list_id: str, before: Mapping[str, object] | None, tried: Mapping[str, object], *, by: By) -> None:
    """Make a list what it was, or remove one that was not there. Done twice, it does nothing the second time."""
    Account.lock()
    entry = NetworkAccessList.objects.filter(pk=list_id).first()
    if entry is None or _described(entry) != tried:
        return
    _record("undo", entry, by, before=_described(entry), after=before)
    if before is None:
        entry.delete()
        return
    for name, value in before.items():
        setattr(entry, name, value)
    entry.updated_at = timezone.now()
    entry.save(force_update=True)


@transaction.atomic
def disable_all(*, by: By) -> int:
    """Switch every list off, without asking who may come in then: the way back in from the machine itself."""
    Account.lock()  # two changes that are each within the limits may not be so together
    for surface in NetworkAccessList.Surface.values:
        network_trials.end(surface)
    lists = list(NetworkAccessList.objects.filter(enabled=True))
    for entry in lists:
        entry.enabled, entry.updated_at = False, timezone.now()
        entry.save(update_fields=["enabled", "updated_at"])
        _record("update", entry, by, before={"enabled": True}, after={"enabled": False})
    return len(lists)


def _others(entry: NetworkAccessList) -> list[NetworkAccessList]:
    Account.lock()
    if network_trials.running(entry.surface):
        raise InvalidState("A change of these lists is on trial. Confirm it or undo it first, in the console.")
    return list(NetworkAccessList.objects.filter(surface=entry.surface).exclude(pk=entry.pk))


def _assign(entry: NetworkAccessList, changes: Changes) -> None:
    if "label" in changes:
        entry.label = checked_name(changes["label"], field="label")
    if "list_type" in changes:
        if changes["list_type"] not in NetworkAccessList.ListType.values:
            raise Invalid({"list_type": [f"{changes['list_type']!r} is no list type. Send ALLOW or BLOCK."]})
        entry.list_type = changes["list_type"]
    if "ip_addresses" in changes:
        entry.ip_addresses = _checked(changes["ip_addresses"])
    entry.enabled = changes.get("enabled", entry.enabled)


def _checked(ip_addresses: Sequence[str]) -> list[str]:
    if not ip_addresses:
        raise Invalid({"ip_addresses": ["Send at least one address or range."]})
    if len(ip_addresses) > QUOTA:
        raise _excess(len(ip_addresses))
    for text in ip_addresses:
        parse_range(text)
    return list(ip_addresses)


def _trial_of(surface: str) -> Trial:
    trial = network_trials.running(surface)
    if trial is None:
        raise InvalidState("Nothing is on trial here. It may have been undone already.")
    return trial


def _mark(is_tried: bool) -> dict[str, object]:  # noqa: FBT001 - the value that is recorded
    return {"on_trial": True} if is_tried else {}


def _is_tried(lists: Iterable[NetworkAccessList], by: By, *, on_trial: bool) -> bool:
    """Tell whether the change can only be tried. Refuse it where nobody asked for that."""
    try:
        _refuse_lock_out_and_excess(lists, by)
    except WouldLockOut:
        if not on_trial:
            raise
        return True
    return False


def _refuse_lock_out_and_excess(lists: Iterable[NetworkAccessList], by: By) -> None:
    """Judge the lists of a surface as they would be. Nothing is stored when they are refused."""
    lists = list(lists)
    if (total := sum(len(entry.ip_addresses) for entry in lists)) > QUOTA:
        raise _excess(total)
    result = NetworkPolicy.from_lists((entry.list_type, entry.ip_addresses) for entry in lists if entry.enabled)
    if refusal := result.refusal(by.address):
        raise WouldLockOut(f"This would lock you out. {refusal} Include your own address ({by.address}) first.")


def _excess(total: int) -> QuotaExceeded:
    return QuotaExceeded(f"That makes {total} addresses and ranges in these lists; {QUOTA} is the most there can be.")


def _described(entry: NetworkAccessList) -> dict[str, object]:
    names = ("surface", "label", "list_type", "ip_addresses", "enabled")
    return {name: getattr(entry, name) for name in names}


def _record(verb: str, entry: NetworkAccessList, by: By, **details: object) -> None:
    record.write(
        Event(action=f"ip_access_list.{verb}", outcome="allowed", by=by, object=str(entry.list_id), details=details)
    )
