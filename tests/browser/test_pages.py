"""Every page and state: WCAG 2.2 AA by axe, in light and dark, wide and narrow, without sideways scrolling."""

import os
from pathlib import Path

import pytest
from django.urls import URLPattern, reverse

from accounts.console import urls as accounts_urls
from accounts.models import User
from audit.console import urls as audit_urls
from catalog.console import urls as catalog_urls
from connections import server_urls
from connections.console import urls as connections_urls
from mcp_endpoint.console import urls as mcp_urls
from mcp_endpoint.paths import is_resource
from tests.browser import world
from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import NO_PAGES, PLACES

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SHOTS = os.environ.get("GATEPOST_SHOTS")  # a folder: pictures for people to look at


@pytest.fixture
def people(alice, bob, dora):
    alice.set_password("a long password")
    alice.save()
    return {"alice": alice, "bob": bob, "dora": dora, "with password": alice}


@pytest.fixture
def check(axe_source):
    def check(page, name):
        for theme in ("light", "dark"):
            for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size(viewport)
                page.evaluate(axe_source)
                found = page.evaluate("(tags) => axe.run({runOnly: tags})", TAGS)["violations"]
                if SHOTS:
                    picture = f"{name}-{theme}-{size}.png".replace(":", "-").replace(" ", "_")
                    page.screenshot(path=Path(SHOTS) / picture, full_page=True)
                faults = [
                    f"{fault['id']}: {node['target']} {node['failureSummary']}"
                    for fault in found
                    for node in fault["nodes"]
                ]
                assert faults == [], f"{name}, {theme}, {size}"
                overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert overflow <= 0, f"{name} scrolls sideways, {theme}, {size}"

    return check


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.id)
def test_the_page_is_accessible(place, people, sign_in, open_page, check):
    things = world.build(people["alice"])
    if not place.admins:
        User.objects.update(is_account_admin=False)
    page = sign_in(people[place.person]) if place.person else open_page()
    page.goto(place.path(things) + place.query)
    place.prepare(page)
    assert page.locator("h1").count() == 1
    check(page, place.id)


def test_the_first_list_is_accessible_while_it_is_empty(alice, sign_in, check):
    page = sign_in(alice)
    assert page.get_by_text("No connections yet.").is_visible()
    check(page, "console-app-connections:empty")


def test_every_console_url_is_in_the_list():
    patterns = [
        *accounts_urls.urlpatterns,
        *audit_urls.urlpatterns,
        *catalog_urls.urlpatterns,
        *mcp_urls.urlpatterns,
        *connections_urls.urlpatterns,
    ]
    # The other routes of the authorization server need a client's request.
    names = {*_names(patterns), *_names(server_urls.routes(is_resource, list)), "oauth_device"} - {None}
    listed = {place.name for place in PLACES} - {"404", "403"}
    assert names == listed | NO_PAGES


def _names(patterns):
    for pattern in patterns:
        yield from [pattern.name] if isinstance(pattern, URLPattern) else _names(pattern.url_patterns)


def test_the_api_reference_is_accessible_to_everybody(db, open_page, check):
    page = open_page()
    page.goto(reverse("api-docs"))
    page.get_by_text("Make a personal access token").click()
    check(page, "api-docs")
