"""What a rep does on Readback's pages, in a real browser."""

import re

from playwright.sync_api import Locator, Page, expect

MODES = {"full": "Connect with full reading", "headers": "Connect with headers only"}

# Notes when a message's counts change, in the page itself: a look from outside would measure the looking.
_WATCH = """() => {
  window.sameWindow = true;
  window.changes = [];
  const note = () => {
    for (const group of document.querySelectorAll(".group")) {
      const subject = group.querySelector(".subject").textContent;
      const counts = group.querySelector("summary").textContent;
      if (window.changes.some((each) => each.subject === subject && each.counts === counts)) continue;
      window.changes.push({ subject, counts, at: Date.now() });
    }
  };
  note();
  new MutationObserver(note).observe(document.querySelector("#groups"), { childList: true, subtree: true });
}"""


class Readback:
    """A window on Readback."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def sign_in(self, address: str) -> None:
        """Sign in with Google as this person."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name="Sign in with Google").click()
        self.choose_account(address)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.url}/**")

    def choose_account(self, address: str) -> None:
        """On Google's own page."""
        self.page.get_by_role("radio", name=address).check()

    def connect_mailbox(self, mode: str) -> None:
        """Connect one's mailbox, from the page that signing in leads to, or from the settings."""
        if "/connect" not in self.page.url:
            self.page.goto(f"{self.url}/settings/mailbox")
        self.page.get_by_role("link", name=MODES[mode]).click()
        self.consent()

    def consent(self) -> None:
        """On Google's own page, allow what Readback asks for."""
        self.page.get_by_role("button", name="Continue").click()
        self.page.wait_for_url(f"{self.url}/**")

    def open_feed(self) -> None:
        """Open the feed and wait until it is live."""
        self.page.goto(self.url)
        expect(self.page.locator("[data-live]")).to_have_text("Live")
        self.page.evaluate(_WATCH)

    def reload_until(self, shown: Locator) -> None:
        """Look at the page anew until it shows this: for what no stream tells."""
        for _ in range(200):
            if shown.count():
                return
            self.page.reload()
        raise AssertionError(f"{shown} was never shown")

    def second_window(self) -> "Readback":
        """Another window of the same browser on the feed."""
        other = Readback(self.page.context.new_page(), self.url)
        other.open_feed()
        return other

    def group(self, subject: str) -> Locator:
        """A message in the feed."""
        return self.page.locator(".group").filter(has=self.page.locator(".subject", has_text=_just(subject)))

    def expect_counts(self, subject: str, counts: str) -> None:
        """The feed comes to tell these counts of the message, by itself."""
        expect(self.group(subject).locator("summary")).to_have_text(counts)

    def expect_told(self, subject: str, words: str) -> None:
        """A line of the message comes to say this."""
        expect(self.group(subject).locator(".item", has_text=words)).to_have_count(1)

    def uncounted(self, subject: str) -> int:
        """How many hits are kept but not counted just now."""
        line = self.group(subject).locator(".machines")
        return int((line.text_content() or "0").split()[0]) if line.count() else 0

    def expect_uncounted(self, subject: str, at_least: int) -> None:
        """So many hits come to be kept, and not counted."""
        expect(self.group(subject).locator(".machines")).to_have_text(_at_least(at_least))

    def told_at_ms(self, subject: str, counts: str) -> int:
        """When this window came to tell these counts, in milliseconds since 1970."""
        found = [
            each["at"]
            for each in self.page.evaluate("window.changes")
            if (each["subject"], each["counts"]) == (subject, counts)
        ]
        return int(found[0])

    def is_the_same_window(self) -> bool:
        """Whether the page was never loaded anew since it was opened."""
        return bool(self.page.evaluate("window.sameWindow === true"))

    def open_message(self, subject: str) -> "Readback":
        """The page of a message, in another window."""
        path = self.group(subject).locator(".open").get_attribute("href")
        other = Readback(self.page.context.new_page(), self.url)
        other.page.goto(f"{self.url}{path}")
        return other

    def section(self, title: str) -> Locator:
        """A section of a message's page."""
        return self.page.get_by_role("region", name=re.compile(f"^{title}"))


def _at_least(number: int) -> re.Pattern[str]:
    return re.compile("^(" + "|".join(str(each) for each in range(number, number + 9)) + ") not counted$")


def _just(subject: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(subject)}$")
