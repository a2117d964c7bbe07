"""A page that remembers what went wrong on it: console errors, uncaught errors, violations of the policy."""

from typing import Any

from playwright.sync_api import Page

# Answers that a test asks for on purpose (410, 422, ...) are logged by the browser as errors of loading.
EXPECTED = "Failed to load resource: the server responded with a status of 4"


class Watched:
    """Wraps a page of Playwright; everything else is passed on to it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.troubles.append(f"{message.type}: {message.text}")
