"""The left navigation: a table of sections. An entry is shown to the roles that may open its page."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.console.access import Role, roles_of


@dataclass(frozen=True, slots=True)
class Page:
    """One entry. Pages whose path begins with its own keep it marked as current."""

    label: str | Promise
    icon: str
    url_name: str
    roles: frozenset[Role]


EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.ACCOUNT_ADMIN, Role.AUDITOR})

SECTIONS: tuple[tuple[str | Promise, tuple[Page, ...]], ...] = (
    (
        "",
        (
            Page(_("Catalogs"), "database", "console-catalogs", EVERYBODY),
            Page(_("MCP servers"), "plug-connected", "console-mcp-servers", EVERYBODY),
            Page(_("Prompts"), "message", "console-prompts", STAFF),
            Page(_("Audit log"), "history", "console-audit-log", EVERYBODY),
        ),
    ),
    (
        _("Settings"),
        (
            Page(_("App connections"), "layout-grid-add", "console-app-connections", STAFF),
            Page(_("People"), "fingerprint", "console-people", STAFF),
            Page(_("Network access"), "shield-lock", "console-network-access", STAFF),
            Page(_("Budgets"), "gauge", "console-budgets", STAFF),
            Page(_("Workspace"), "apps", "console-workspace", STAFF),
        ),
    ),
    (
        _("You"),
        (
            Page(_("Authorized apps"), "plug-connected", "console-authorized-apps", EVERYBODY),
            Page(_("Personal access tokens"), "key", "console-tokens", EVERYBODY),
        ),
    ),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the sections with what this person may open (a context processor)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    roles = roles_of(user)
    sections = (
        {"heading": heading, "entries": [_entry(page, request) for page in pages if page.roles & roles]}
        for heading, pages in SECTIONS
    )
    return {"navigation": [section for section in sections if section["entries"]]}


def _entry(page: Page, request: HttpRequest) -> dict[str, Any]:
    url = reverse(page.url_name)
    return {"label": page.label, "icon": page.icon, "url": url, "is_current": request.path.startswith(url)}
