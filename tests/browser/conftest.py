"""One browser for the folder, one context for a test, against a live server. Own fixtures, no plugin.

Playwright's synchronous interface keeps an event loop in the thread, so Django's guard against queries from
asynchronous code is off here: the queries of these tests are synchronous.
"""

import os
import shutil
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, sync_playwright

from accounts import links
from accounts.models import Account
from tests.browser.watch import Watched

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1360, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="package")
def browser(request):
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        missing = pytest.fail if request.config.getoption("browser", default=False) else pytest.skip
        missing("No Chromium: install the package chromium, or name one in CHROMIUM.")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # The sandbox is off because CI often is root; only our own pages are opened.
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser, live_server):
    """Open a page in a context of its own; at the end nothing may have reached the console or broken the policy."""
    pages: list[Watched] = []

    def open_page(*, theme: str = "light", viewport: dict[str, int] = WIDE, script: bool = True) -> Watched:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=viewport,
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=script,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(5000)
        pages.append(Watched(context.new_page()))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
        assert page.troubles == []


@pytest.fixture
def sign_in(open_page):
    """Sign a person in by a one-time link."""

    def sign_in(person, **options) -> Watched:
        page = open_page(**options)
        page.goto(reverse("console-first-run", args=[links.make(person, minutes=5)]))
        return page

    return sign_in


@pytest.fixture(autouse=True)
def account(transactional_db):
    """The row of the account, which emptying the tables between tests takes away."""
    return Account.load()


@pytest.fixture(scope="session")
def axe_source() -> str:
    return (Path(__file__).parent.parent / "vendor/axe-core-4.14.1/axe.min.js").read_text()
