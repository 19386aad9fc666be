"""One person's window in a real Chromium: what is pressed, typed, read, taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests import factories

PATIENCE = 15_000  # milliseconds for a page; the machine of the tests may be busy
expect.set_options(timeout=PATIENCE)


def payload(upload: Any) -> dict[str, Any]:
    """A test upload as a browser takes it from the disk."""
    return {
        "name": upload.name,
        "mimeType": upload.content_type,
        "buffer": upload.read(),
    }


class Person:
    """``page`` is the window; ``troubles`` everything that went wrong in it."""

    def __init__(self, browser: Browser, site: str, width: int) -> None:
        height = 900 if width > 800 else 844
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.site, self.width = site, width
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.url}")

    def leave(self) -> list[str]:
        self.context.close()
        return self.troubles

    # --- going ---------------------------------------------------------------------

    def open(self, path: str) -> Person:
        self.page.goto(path if path.startswith("http") else self.site + path)
        self.page.wait_for_selector("html.js")
        return self

    def sign_in(self, actor: Any, channel: str) -> None:
        self.open(f"/accounts/sign-in/{channel}/")
        self.page.get_by_label("用户名").fill(actor.user.username)
        self.page.get_by_label("密码").fill(factories.PASSWORD)
        self.press("登录")
        expect(self.page.get_by_role("button", name="登录", exact=True)).to_have_count(
            0
        )

    def press(self, name: str, inside: Locator | None = None) -> Person:
        """The visible button that says exactly ``name``, else the first that holds it
        (a page may have one twice, for two widths; one is shown)."""
        place = inside or self.page
        holding = place.get_by_role("button", name=name).locator("visible=true")
        expect(holding.first).to_be_visible()
        exact = place.get_by_role("button", name=name, exact=True)
        exact = exact.locator("visible=true")
        (exact if exact.count() else holding).first.click()
        return self

    def follow(self, name: str) -> Person:
        self.page.get_by_role("link", name=name).locator("visible=true").first.click()
        return self

    def agree(self, name: str) -> Person:
        """Press the yes of the question that opened over the page."""
        self.press(name, self.page.get_by_role("dialog"))
        return self

    # --- reading -------------------------------------------------------------------

    def reads(self, *sentences: str) -> Person:
        for sentence in sentences:
            expect(self.page.locator("body")).to_contain_text(sentence)
        return self

    def fits(self) -> Person:
        """Nothing sticks out to the right."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{self.page.url}: {wide} > {self.width}"
        return self

    def take(self, link: Locator) -> bytes:
        """Download what a link leads to."""
        with self.page.expect_download() as waiting:
            link.click()
        return Path(waiting.value.path()).read_bytes()

    # --- typing --------------------------------------------------------------------

    def fill(self, fields: dict[str, str]) -> Person:
        """Type, choose or tick the visible controls of those names."""
        for name, value in fields.items():
            self._fill(name, value)
        return self

    def _fill(self, name: str, value: str) -> None:
        control = self.page.locator(f'[name="{name}"]').first
        kind = control.evaluate("e => e.type")
        if kind == "radio":
            self.page.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "select-one":
            control.select_option(value)
        elif kind == "checkbox":
            control.check()
        else:
            control.fill(value)

    def upload(self, name: str, *uploads: Any) -> Person:
        files = [payload(upload) for upload in uploads]
        self.page.locator(f'input[type=file][name="{name}"]').set_input_files(files)
        return self
