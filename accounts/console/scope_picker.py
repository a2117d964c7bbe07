"""The scopes picker: groups, what each scope does not do, and its risk in words (console.md 2.11)."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import INCLUDES, SENTENCES, Scope

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the picker."""

    scope: Scope
    limit: Text
    risk: Text = ""
    tone: str = ""

    @property
    def sentence(self) -> str:
        """Return what the consent page says."""
        return SENTENCES[self.scope]

    @property
    def includes(self) -> list[str]:
        """Return the scopes that this one covers, for the line "Includes ..."."""
        return sorted(INCLUDES.get(self.scope, ()))


_HIGH, _MEDIUM = (_("High risk"), "high"), (_("Broad"), "medium")

GROUPS: tuple[tuple[Text, tuple[Choice, ...]], ...] = (
    (
        _("Data"),
        (
            Choice(Scope.UNITY_CATALOG, _("Reads no rows that you may not read, and changes nothing.")),
            Choice(Scope.SQL, _("Runs SELECT only, as the signed-in person."), *_MEDIUM),
            Choice(Scope.VECTOR_SEARCH, _("Reads no other tables.")),
        ),
    ),
    (
        _("Narrower"),
        (
            Choice(Scope.MCP_FUNCTIONS, _("Calls no function that writes.")),
            Choice(Scope.MCP_TABLES, _("Takes no SQL text.")),
            Choice(Scope.MCP_SQL, _("Changes nothing.")),
            Choice(Scope.MCP_VECTORSEARCH, _("Reads no other tables.")),
        ),
    ),
    (
        _("Change data"),
        (Choice(Scope.MCP_WRITE, _("Gives no privilege: the person needs MODIFY. Each call is audited."), *_HIGH),),
    ),
    (_("Everything"), (Choice(Scope.ALL_APIS, _("Does not include changing data or managing access."), *_MEDIUM),)),
    (
        _("Administer"),
        (Choice(Scope.ACCESS_MANAGEMENT, _("Gives no role: only account admins can use it."), *_HIGH),),
    ),
    (
        _("Sign-in"),
        (
            Choice(Scope.OFFLINE_ACCESS, _("Ends with the refresh token or when access is revoked.")),
            Choice(Scope.OPENID, _("Tells an identifier, no name or address.")),
            Choice(Scope.PROFILE, _("Tells no e-mail address.")),
            Choice(Scope.EMAIL, _("Sends no mail.")),
        ),
    ),
)

READ_ONLY = (Scope.MCP_FUNCTIONS, Scope.MCP_TABLES, Scope.MCP_SQL, Scope.MCP_VECTORSEARCH)
SIGN_IN = frozenset({Scope.OFFLINE_ACCESS, Scope.OPENID, Scope.PROFILE, Scope.EMAIL})


def groups(without: Collection[Scope] = ()) -> list[tuple[Text, list[Choice]]]:
    """Return the groups without the scopes that make no sense for a credential."""
    kept = ((heading, [choice for choice in choices if choice.scope not in without]) for heading, choices in GROUPS)
    return [(heading, choices) for heading, choices in kept if choices]
