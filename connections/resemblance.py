"""oauth.md 7: does the name that a client chose for itself look like that of an app that people trust?"""

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from cli.clients import KNOWN
from connections.models import AppIntegration

_ALIKE: Final = 0.85  # of 1
_LONG: Final = 5  # letters: a shorter name is part of many words
# Characters that look like a Latin letter: Cyrillic, Greek, digits and signs. The second text has the letters.
_LOOKS: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u0261"
    "\u03bf\u03b1\u03c1\u03bd\u03b9\u043a\u043c\u0442\u043d\u0432\u04bb\u04cf"
    "013457$@|!i",
    "aeopcyxljsdgoapvlkmthbhloleastsalll",
)


def of(name: str, redirect_urls: Iterable[str]) -> str:
    """Return the app that the name resembles, or nothing.

    A client whose answers all go to https addresses of that very app is that app, whoever registered it.
    """
    wanted, words, urls = _skeleton(name), {_skeleton(word) for word in name.split()}, frozenset(redirect_urls)
    for known, its_urls in _trusted():
        if _skeleton(known) in words or _is_alike(wanted, _skeleton(known)):
            is_itself = bool(urls) and urls <= its_urls and all(url.startswith("https://") for url in urls)
            return "" if is_itself else known
    return ""


def _trusted() -> list[tuple[str, frozenset[str]]]:
    vouched = AppIntegration.objects.filter(
        registration_source=AppIntegration.RegistrationSource.MANUAL, service_account=None, enabled=True
    )
    made = [(client.name, frozenset(client.redirect_urls)) for client in vouched.only("name", "redirect_uris")]
    # The longer name first: "Claude Code" is not merely alike to "Claude".
    known = [(client.name, frozenset(client.redirect_urls)) for client in KNOWN]
    return sorted([*known, *made], key=lambda pair: -len(pair[0]))


def _is_alike(wanted: str, known: str) -> bool:
    if len(known) >= _LONG and known in wanted:
        return True
    return known == wanted or SequenceMatcher(None, wanted, known).ratio() >= _ALIKE


def _skeleton(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_LOOKS)
    return "".join(character for character in plain if character.isalnum())
