"""How network access lists are shown: ranges with their size, who changed them, and which line decides."""

from dataclasses import dataclass
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import network_lists, network_trials
from accounts.models import NetworkAccessList, User
from accounts.network_trials import Trial
from accounts.networks import Address, normalise, parse_range

_TITLES = {
    NetworkAccessList.Surface.ACCOUNT: (_("Console and account API"), _("Who may open these pages.")),
    NetworkAccessList.Surface.WORKSPACE: (_("MCP, API and tokens"), _("From where apps and programs may call.")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One list."""

    entry: NetworkAccessList
    lines: list[tuple[str, int]]  # ranges, and how many addresses; 0 where the number says nothing
    changed_by: str


@dataclass(frozen=True, slots=True)
class Surface:
    """The lists of one surface."""

    key: str
    title: str | Promise
    lead: str | Promise
    rows: list[Row]
    trial: Trial | None
    may_confirm: bool  # from the address of who looks


@dataclass(frozen=True, slots=True)
class Decision:
    """Which list decides about an address on one surface."""

    title: str | Promise
    allowed: bool
    entry: NetworkAccessList | None
    line: str


@dataclass(frozen=True, slots=True)
class Test:
    """What the lists say about one address."""

    address: str
    decisions: list[Decision]  # none: it is no address

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what every surface says."""
        try:
            address = normalise(text)
        except ValueError:
            return cls(text, [])
        return cls(str(address), [_decision(surface, address) for surface in _TITLES])


def shown(surface: str, address: Address | None) -> Surface:
    """Return the lists of a surface, oldest first, for somebody at this address."""
    entries = list(NetworkAccessList.objects.filter(surface=surface).order_by("created_at", "list_id"))
    people = User.objects.in_bulk({entry.updated_by for entry in entries})
    rows = [Row(entry, _lines(entry), _name(people.get(entry.updated_by))) for entry in entries]
    trial = network_trials.running(surface)
    may_confirm = trial is not None and network_lists.policy(surface).refusal(address) is None
    title, lead = _TITLES[NetworkAccessList.Surface(surface)]
    return Surface(surface, title, lead, rows, trial, may_confirm)


def _lines(entry: NetworkAccessList) -> list[tuple[str, int]]:
    networks = [(text, parse_range(text)) for text in entry.ip_addresses]
    return [(text, network.num_addresses if network.version == 4 else 0) for text, network in networks]


def _name(person: User | None) -> str:
    return person.user_name if person else ""


def _decision(surface: NetworkAccessList.Surface, address: Address) -> Decision:
    entry, line = network_lists.decides(surface, address)
    allowed = entry is None or (entry.list_type == NetworkAccessList.ListType.ALLOW and bool(line))
    return Decision(_TITLES[surface][0], allowed, entry, line)
