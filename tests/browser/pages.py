"""Every console page and state that the accessibility test opens. A test compares this list with the URL conf."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts import links, network_lists
from accounts.models import NetworkAccessList
from catalog import embedding_functions
from connections.models import Budget
from mcp_endpoint.models import Prompt
from tests.browser.world import BY, World


def _just(name: str) -> Callable[[World], str]:
    return lambda _world: reverse(name)


def _claude(name: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.claude.integration_id])


def _nightly(name: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.nightly.application_id])


def _northwind(name: str, *more: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.catalog.name, *more])


def _desk(name: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.desk.name])


def _prompt(name: str) -> Callable[[World], str]:
    return lambda _world: reverse(name, args=["explore"])


def _waiting(name: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.waiting.client_id])


def _consent(name: str) -> Callable[[World], str]:
    return lambda world: reverse(name, args=[world.consent.pk])


HERE = replace(BY, address=ip_address("127.0.0.1"))
NORTHWIND = "/api/2.0/mcp/functions/northwind/sales"


@dataclass(frozen=True)
class Place:
    """A page: the name of its URL, where it is, who opens it, and a state that is not the usual one."""

    name: str
    path: Callable[[World], str]
    person: str = "alice"
    state: str = ""
    query: str = ""
    admins: bool = True
    prepare: Callable[[object], None] = field(default=lambda _page: None)

    @property
    def id(self) -> str:
        return f"{self.name}:{self.state}" if self.state else self.name


def _accept_for_nobody(page) -> None:
    page.get_by_label("Not asked").check()
    _send("Save changes")(page)


def _choose_no_server(page) -> None:
    page.get_by_label("Only these").check()
    _send("Add token")(page)


def _wait_ten_minutes(page) -> None:
    for session in Session.objects.all():
        held = session.get_decoded()
        held["account_authentication_methods"] = [
            {**record, "at": record["at"] - 601} for record in held["account_authentication_methods"]
        ]
        Session.objects.save(session.session_key, held, session.expire_date)
    page.reload()


def _remove_prompts(page) -> None:
    Prompt.objects.all().delete()
    page.reload()


def _workspace(name: str) -> Callable[[World], str]:
    return lambda _world: reverse(name, args=["workspace"])


def _office() -> NetworkAccessList:
    ranges = ["127.0.0.0/8", "::1", "198.51.100.0/24"]
    return network_lists.create("workspace", by=HERE, label="Office", list_type="ALLOW", ip_addresses=ranges)


def _embedding(name: str) -> Callable[[World], str]:
    """A function makes vectors of texts."""

    def path(world: World) -> str:
        embedding_functions.put(world.catalog, "sales", "by_meaning", ("sales", "embed"), by=HERE)
        return reverse(name, args=["northwind", "sales", "by_meaning"])

    return path


def _trial(name: str) -> Callable[[World], str]:
    """A change that keeps everybody of 127.0.0.1 out is on trial."""

    def path(_world: World) -> str:
        office = _office()
        network_lists.update(office, by=HERE, on_trial=True, ip_addresses=["198.51.100.0/24"])
        return reverse(name, args=["workspace"])

    return path


def _limit_networks(page) -> None:
    _trial("console-network-trial-undo")(World)
    page.goto(reverse("console-network-access") + "?address=198.51.100.7")


def _lock_out(page) -> None:
    page.get_by_label("Label").fill("Elsewhere")
    page.get_by_label("Addresses").fill("198.51.100.0/24")
    _send("Save")(page)


def _send(button: str) -> Callable[[object], None]:
    return lambda page: page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def _fill_in(button: str, **fields: str) -> Callable[[object], None]:
    """Fill in the form, tick a scope and send it: what follows shows a secret."""

    def fill_in(page) -> None:
        for name, value in fields.items():
            page.locator(f"[name={name}]").fill(value)
        page.get_by_label("Call the database functions that you may call").check()
        if page.locator("#preview").count():
            page.locator("#preview").get_by_text("Call the database functions").wait_for()
        page.get_by_role("main").get_by_role("button", name=button, exact=True).last.click()
        page.get_by_role("button", name="Done").wait_for()

    return fill_in


def _leave_no_catalog(page) -> None:
    for name in ("demo", "sales"):
        page.get_by_label(name).uncheck()
    _send("Save changes")(page)


def _search_tickets(page) -> None:
    page.get_by_label("subject").check()
    page.get_by_label("Address of a row").fill("https://support.example.com/tickets/{id}")
    _send("Switch on")(page)


def _open_account_menu(page) -> None:
    page.locator(".foot summary").click()


def _open_menus(page) -> None:
    page.locator("details.menu summary").nth(1).click()


PLACES = (
    Place("account_login", _just("account_login"), person=""),
    Place("account_login", _just("account_login"), person="", state="wrong", prepare=lambda page: _wrong_sign_in(page)),
    Place("account_logout", _just("account_logout")),
    Place("oauth_device", _just("oauth_device")),
    Place("account_reauthenticate", _just("account_reauthenticate"), person="with password"),
    Place("account_change_password", _just("account_change_password"), person="with password"),
    Place("account_signup", _just("account_signup"), person=""),
    Place("account_inactive", _just("account_inactive"), person=""),
    Place("account_reset_password", _just("account_reset_password"), person=""),
    Place("account_reset_password_done", _just("account_reset_password_done"), person=""),
    Place(
        "console-password-link",
        lambda world: reverse("console-password-link", args=[links.make_for_password(world.token.owner, by=BY)[0]]),
        person="",
    ),
    Place(
        "console-password-link", lambda _world: reverse("console-password-link", args=["x"]), person="", state="used"
    ),
    Place("console-people", _just("console-people")),
    Place("console-people", _just("console-people"), person="dora", state="auditor"),
    Place("console-person-add", _just("console-person-add")),
    Place("console-person-add", _just("console-person-add"), state="errors", prepare=_send("Invite person")),
    Place("console-person-link", lambda world: reverse("console-person-link", args=[world.token.owner_id])),
    Place("mfa_index", _just("mfa_index")),
    Place("mfa_activate_totp", _just("mfa_activate_totp")),
    Place("mfa_list_webauthn", _just("mfa_list_webauthn")),
    Place("mfa_add_webauthn", _just("mfa_add_webauthn")),
    Place(
        "console-first-run", lambda _world: reverse("console-first-run", args=["gp_si_used"]), person="", state="used"
    ),
    Place(
        "console-first-run",
        lambda _world: reverse("console-first-run", args=[links.make(None, minutes=5)]),
        person="",
        state="first admin",
        admins=False,
    ),
    Place("console-tokens", _just("console-tokens")),
    Place("console-tokens", _just("console-tokens"), person="bob", state="empty"),
    Place("console-tokens", _just("console-tokens"), state="account menu open", prepare=_open_account_menu),
    Place("console-token-add", _just("console-token-add")),
    Place("console-token-add", _just("console-token-add"), state="errors", prepare=_send("Add token")),
    Place("console-token-add", _just("console-token-add"), state="servers", prepare=_choose_no_server),
    Place(
        "console-token-add",
        _just("console-token-add"),
        state="revealed",
        prepare=_fill_in("Add token", comment="Laptop"),
    ),
    Place(
        "console-service-account-add",
        _just("console-service-account-add"),
        state="revealed",
        prepare=_fill_in("Add service account", name="Export"),
    ),
    Place(
        "console-app-integration-add",
        _just("console-app-integration-add"),
        state="revealed",
        prepare=_fill_in("Add app integration", name="Copilot", redirect_urls="https://app.example.com/cb"),
    ),
    Place("console-token-created", lambda world: reverse("console-token-created", args=[world.token.token_id])),
    Place("console-token-revoke", lambda world: reverse("console-token-revoke", args=[world.token.token_id])),
    Place("console-service-account", _nightly("console-service-account")),
    Place("console-service-account-add", _just("console-service-account-add")),
    Place("console-service-account-secret-add", _nightly("console-service-account-secret-add")),
    Place("console-service-account-key-add", _nightly("console-service-account-key-add")),
    Place(
        "console-service-account-key-add",
        _nightly("console-service-account-key-add"),
        state="errors",
        prepare=_send("Add public key"),
    ),
    Place(
        "console-service-account-key-delete",
        lambda w: reverse("console-service-account-key-delete", args=[w.nightly.application_id, w.key.id]),
    ),
    Place("console-service-account-token-add", _nightly("console-service-account-token-add")),
    Place("console-service-account-disable", _nightly("console-service-account-disable")),
    Place("console-service-account-enable", _nightly("console-service-account-enable")),
    Place(
        "console-service-account-secret-delete",
        lambda w: reverse("console-service-account-secret-delete", args=[w.nightly.application_id, w.secret.id]),
    ),
    Place(
        "console-service-account-secret-created",
        lambda w: reverse("console-service-account-secret-created", args=[w.nightly.application_id, w.secret.id]),
    ),
    Place("console-app-connections", _just("console-app-connections")),
    Place("console-app-connections", _just("console-app-connections"), state="menu open", prepare=_open_menus),
    Place("console-app-connections", _just("console-app-connections"), state="tokens", query="?kind=tokens"),
    Place("console-app-connections", _just("console-app-connections"), state="filtered empty", query="?q=nothing"),
    Place("console-app-connections", _just("console-app-connections"), person="dora", state="auditor"),
    Place("console-app-connection-add", _just("console-app-connection-add")),
    Place("console-app-integration-add", _just("console-app-integration-add")),
    Place(
        "console-app-integration-add",
        _just("console-app-integration-add"),
        state="errors",
        prepare=_send("Add app integration"),
    ),
    Place("console-app-integration", _claude("console-app-integration")),
    Place("console-app-integration-edit", _claude("console-app-integration-edit")),
    Place("console-consent-policy", _claude("console-consent-policy")),
    Place("console-consent-policy", _claude("console-consent-policy"), state="errors", prepare=_accept_for_nobody),
    Place("console-app-integration-rotate", _claude("console-app-integration-rotate")),
    Place("console-app-integration-disable", _claude("console-app-integration-disable")),
    Place("console-app-integration-enable", _claude("console-app-integration-enable")),
    Place("console-app-integration-revoke-tokens", _claude("console-app-integration-revoke-tokens")),
    Place("console-app-integration-revoke-consents", _claude("console-app-integration-revoke-consents")),
    Place("console-app-integration-delete", _claude("console-app-integration-delete")),
    Place(
        "console-client-secret-created",
        lambda w: reverse("console-client-secret-created", args=[w.claude.integration_id, w.claude.secrets.get().id]),
    ),
    Place("console-known-apps", _just("console-known-apps")),
    Place("console-known-apps", _just("console-known-apps"), person="dora", state="auditor"),
    Place("console-known-app-on", lambda _world: reverse("console-known-app-on", args=["claude"])),
    Place("console-known-app-off", lambda _world: reverse("console-known-app-off", args=["cursor"])),
    Place("console-known-app-lifetimes", lambda _world: reverse("console-known-app-lifetimes", args=["cursor"])),
    Place("console-registered-apps", _just("console-registered-apps")),
    Place("console-registered-app-approve", _waiting("console-registered-app-approve")),
    Place("console-registered-app-reject", _waiting("console-registered-app-reject")),
    Place("console-workspace", _just("console-workspace")),
    Place("console-workspace", _just("console-workspace"), person="dora", state="auditor"),
    Place(
        "console-workspace",
        _just("console-workspace"),
        state="errors",
        prepare=lambda page: (page.get_by_label("Hosts of documents").fill("*.x"), _send("Save changes")(page)),
    ),
    Place("console-authorized-apps", _just("console-authorized-apps")),
    Place("console-authorized-apps", _just("console-authorized-apps"), person="bob", state="empty"),
    Place("console-authorized-apps-sign-out", _just("console-authorized-apps-sign-out")),
    Place("console-consents", _just("console-consents")),
    Place("console-consents", _just("console-consents"), person="dora", state="auditor"),
    Place("console-consents", _just("console-consents"), state="filtered empty", query="?app=nothing"),
    Place("console-consent-narrow", _consent("console-consent-narrow")),
    Place("console-consent-narrow", _consent("console-consent-narrow"), state="errors", prepare=_leave_no_catalog),
    Place("console-consent-revoke", _consent("console-consent-revoke")),
    Place("console-catalogs", _just("console-catalogs")),
    Place("console-catalogs", _just("console-catalogs"), person="bob", state="empty"),
    Place("console-catalogs", _just("console-catalogs"), person="dora", state="auditor"),
    Place("console-catalog-add", _just("console-catalog-add")),
    Place("console-catalog-add", _just("console-catalog-add"), state="errors", prepare=_send("Connect database")),
    Place("console-catalog", _northwind("console-catalog")),
    Place("console-catalog", _northwind("console-catalog"), person="dora", state="auditor"),
    Place("console-catalog-disable", _northwind("console-catalog-disable")),
    Place("console-catalog-enable", _northwind("console-catalog-enable")),
    Place("console-catalog-creating-role", _northwind("console-catalog-creating-role")),
    Place(
        "console-catalog-creating-role",
        _northwind("console-catalog-creating-role"),
        state="errors",
        prepare=_send("Save creating role"),
    ),
    Place("console-catalog-creating-role-remove", _northwind("console-catalog-creating-role-remove")),
    Place("console-catalog-trusted-schemas", _northwind("console-catalog-trusted-schemas")),
    Place("console-catalog-limits", _northwind("console-catalog-limits")),
    Place(
        "console-catalog-limits",
        _northwind("console-catalog-limits"),
        state="errors",
        prepare=lambda page: (page.get_by_label("Rows of an answer").fill("0"), _send("Save limits")(page)),
    ),
    Place("console-catalog-changes", _northwind("console-catalog-changes")),
    Place(
        "console-catalog-changes",
        _northwind("console-catalog-changes"),
        state="errors",
        prepare=_send("Accept ticked changes"),
    ),
    Place("console-catalog-privileges", _northwind("console-catalog-privileges")),
    Place("console-catalog-privileges", _northwind("console-catalog-privileges"), person="dora", state="auditor"),
    Place("console-privilege-grant", _northwind("console-privilege-grant")),
    Place("console-privilege-grant", _northwind("console-privilege-grant"), state="errors", prepare=_send("Grant")),
    Place(
        "console-privilege-revoke",
        lambda w: reverse("console-privilege-revoke", args=["northwind", w.catalog.privileges.first().pk]),
    ),
    Place("console-network-access", _just("console-network-access"), state="empty"),
    Place("console-network-access", _just("console-network-access"), state="tested", prepare=_limit_networks),
    Place("console-network-access", _just("console-network-access"), person="dora", state="auditor"),
    Place("console-network-list-add", _workspace("console-network-list-add")),
    Place("console-network-list-add", _workspace("console-network-list-add"), state="locks out", prepare=_lock_out),
    Place("console-network-list-edit", lambda world: reverse("console-network-list-edit", args=[_office().pk])),
    Place("console-network-list-delete", lambda world: reverse("console-network-list-delete", args=[_office().pk])),
    Place("console-network-trial-confirm", _trial("console-network-trial-confirm")),
    Place("console-network-trial-undo", _trial("console-network-trial-undo")),
    Place("console-budgets", _just("console-budgets")),
    Place("console-budgets", _just("console-budgets"), person="dora", state="auditor"),
    Place("console-budget-set", _just("console-budget-set")),
    Place("console-budget-set", _just("console-budget-set"), state="errors", prepare=_send("Save budget")),
    Place("console-budget-remove", lambda _world: reverse("console-budget-remove", args=[Budget.objects.get().pk])),
    Place("console-schema", _northwind("console-schema", "sales")),
    Place("console-schema", _northwind("console-schema", "sales"), person="dora", state="auditor"),
    Place("console-schema-connect", _northwind("console-schema-connect", "sales")),
    Place("console-schema-connect", _northwind("console-schema-connect", "sales"), person="bob", state="empty"),
    Place("console-documents", _northwind("console-documents", "sales", "tickets")),
    Place("console-documents", _northwind("console-documents", "sales", "letters"), state="switched itself off"),
    Place("console-documents", _northwind("console-documents", "sales", "customers"), state="impossible"),
    Place(
        "console-documents",
        _northwind("console-documents", "sales", "tickets"),
        state="errors",
        prepare=_send("Switch on"),
    ),
    Place(
        "console-documents", _northwind("console-documents", "sales", "tickets"), state="on", prepare=_search_tickets
    ),
    Place("console-embedding", _northwind("console-embedding", "sales", "by_meaning")),
    Place(
        "console-embedding",
        _northwind("console-embedding", "sales", "by_meaning"),
        state="set",
        prepare=_send("Save"),
    ),
    Place("console-embedding-remove", _embedding("console-embedding-remove")),
    Place("console-documents-off", _northwind("console-documents-off", "sales", "letters")),
    Place("console-mcp-servers", _just("console-mcp-servers")),
    Place("console-mcp-servers", _just("console-mcp-servers"), person="bob", state="empty"),
    Place("console-mcp-server", _just("console-mcp-server"), query=f"?path={NORTHWIND}"),
    Place("console-mcp-server", _just("console-mcp-server"), person="bob", state="empty", query=f"?path={NORTHWIND}"),
    Place("console-mcp-server-add", _just("console-mcp-server-add")),
    Place("console-mcp-server-add", _just("console-mcp-server-add"), state="errors", prepare=_send("Save")),
    Place("console-mcp-server-edit", _desk("console-mcp-server-edit")),
    Place("console-mcp-server-delete", _desk("console-mcp-server-delete")),
    Place("console-prompts", _just("console-prompts")),
    Place("console-prompts", _just("console-prompts"), person="dora", state="auditor"),
    Place("console-prompts", _just("console-prompts"), state="empty", prepare=_remove_prompts),
    Place("console-prompt-add", _just("console-prompt-add")),
    Place("console-prompt-add", _just("console-prompt-add"), state="errors", prepare=_send("Save")),
    Place("console-prompt-edit", _prompt("console-prompt-edit")),
    Place("console-prompt-delete", _prompt("console-prompt-delete")),
    Place("console-audit-log", _just("console-audit-log")),
    Place("console-audit-log", _just("console-audit-log"), person="bob", state="empty"),
    Place("console-audit-log", _just("console-audit-log"), state="filtered empty", query="?q=nothing"),
    Place("console-audit-log", _just("console-audit-log"), person="dora", state="auditor"),
    Place("console-audit-exports", _just("console-audit-exports"), person="dora", query="?outcome=denied&within=7d"),
    Place("console-audit-chain", _just("console-audit-chain"), person="dora"),
    Place("console-audit-event", lambda w: reverse("console-audit-event", args=[w.event.event_id])),
    Place(
        "console-audit-event",
        lambda w: reverse("console-audit-event", args=[w.event.event_id]),
        person="dora",
        state="auditor",
    ),
    Place(
        "console-token-add",
        _just("console-token-add"),
        person="bob",
        state="sign in again",
        prepare=_wait_ten_minutes,
    ),
    Place("404", lambda _world: "/nowhere", state="not found"),
    Place("403", _just("console-app-connections"), person="bob", state="refused"),
)


def _wrong_sign_in(page) -> None:
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()


# Not pages: they answer with a redirect, a part of a page, or another page of this list.
NO_PAGES = {
    "console-home",
    "console-theme",
    "console-catalog-refresh",
    "console-function-mark",
    "console-person-link-made",
    "console-audit-export",
    "console-audit-export-file",
    "console-app-integration-preview",
    "account_set_password",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_login_webauthn",
}
