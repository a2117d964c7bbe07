"""Names that people read: bounded, on one line, without characters that change the direction of the text."""

import unicodedata

from accounts.errors import Invalid

LONGEST = 255


def checked_name(text: str, *, field: str, longest: int = LONGEST) -> str:
    """Return the name without surrounding blanks, or say what is wrong with it."""
    name = text.strip()
    if not 1 <= len(name) <= longest:
        raise Invalid({field: [f"Send 1 to {longest} characters."]})
    if not is_plain(name):
        raise Invalid({field: ["Leave out control and direction characters."]})
    return name


def is_plain(text: str) -> bool:
    """Tell whether the text is one line without control and direction characters."""
    return not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text)
