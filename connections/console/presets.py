"""What the buttons "Add for" fill in: the redirect URLs of well-known clients, from cli/clients."""

from dataclasses import dataclass

from cli.clients import KNOWN


@dataclass(frozen=True, slots=True)
class Preset:
    """One button."""

    key: str
    name: str
    urls: tuple[str, ...]


PRESETS = tuple(
    Preset(client.key, client.name, client.redirect_urls)
    for client in KNOWN
    if client.redirect_urls and not client.is_built_in
)
