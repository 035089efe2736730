"""What a person does at their mail program: the sandbox's mail client in a real browser."""

import re

from playwright.sync_api import Locator, Page, Response, expect

_PICTURES_LOADED = """() => {
  const loaded = (img) => img.complete || new Promise((done) => { img.onload = img.onerror = done; });
  return Promise.all([...document.querySelectorAll(".letter img")].map(loaded)).then(() => null);
}"""


class MailClient:
    """A window of one person's mail program."""

    def __init__(self, page: Page, sandbox_url: str, address: str) -> None:
        self.page = page
        self.address = address
        self._url = f"{sandbox_url}/mail/{address}/"
        self.images: list[Response] = []
        page.on("response", lambda told: self.images.append(told) if "/image?" in told.url else None)
        page.goto(self._url)

    # Writing

    @property
    def composer(self) -> Locator:
        return self.page.get_by_test_id("composer")

    @property
    def body(self) -> Locator:
        return self.page.get_by_test_id("body")

    @property
    def card(self) -> Locator:
        """The add-on's card beside the compose window."""
        return self.page.get_by_test_id("compose-panel")

    def compose(
        self, subject: str, to: str, cc: str = "", words: str = "Hello Kevin, here is what we spoke of."
    ) -> None:
        """Open the compose window and fill it in."""
        self.page.bring_to_front()  # a window in the background paints seldom
        self.page.get_by_test_id("compose").click()
        self.composer.get_by_label("To", exact=True).fill(to)
        self.composer.get_by_label("Cc", exact=True).fill(cc)
        self.composer.get_by_label("Subject").fill(subject)
        self.body.click()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def open_addon(self) -> None:
        """Press the add-on's button in the compose window."""
        self.page.get_by_test_id("compose-addon").click()
        expect(self.card.get_by_test_id("card")).to_be_visible()

    def track(self, text: str = "", address: str = "", press: str = "Track this mail") -> None:
        """Press "Track this mail", with a tracked link where one is given, and wait until the draft is kept."""
        if self.card.is_hidden():
            self.open_addon()
        if text or address:
            self.card.get_by_label("Text of the link").fill(text)
            self.card.get_by_label("Address it leads to").fill(address)
        self.card.get_by_role("button", name=press).click()
        expect(self.body.locator("img[data-address]")).to_have_count(1)
        expect(self.page.get_by_test_id("draft-status")).to_have_text("Draft saved")

    def close_and_reopen_draft(self, subject: str) -> None:
        """Put the draft away and take it out of Drafts again."""
        self.composer.get_by_role("button", name="Save and close").click()
        self.page.get_by_role("link", name=re.compile("^Drafts")).click()
        self.row("drafts", subject).click()
        expect(self.composer).to_be_visible()

    def send(self) -> None:
        """Send it, at once."""
        self.page.get_by_test_id("send").click()
        expect(self.composer).to_be_hidden()

    def send_and_undo(self) -> None:
        """Send it, and think better of it."""
        self.page.get_by_test_id("send-undo").click()
        self.page.get_by_test_id("undo").click()
        expect(self.page.get_by_test_id("toasts")).to_contain_text("Nothing was sent")

    def discard(self) -> None:
        """Throw the draft away."""
        self.page.get_by_test_id("discard").click()
        expect(self.composer).to_be_hidden()

    # Reading

    def row(self, folder: str, subject: str) -> Locator:
        """A mail's row in a folder."""
        return self.page.get_by_test_id(f"{folder}-rows").get_by_test_id("row").filter(has_text=subject)

    def open(self, folder: str, subject: str) -> Response | None:
        """Come anew to the mail program, open a mail, and let its picture load; returns how that was answered."""
        self.page.bring_to_front()
        self.page.goto("about:blank")  # a picture is kept as long as its page is open
        self.page.goto(f"{self._url}#{folder}")
        self.images.clear()
        self.row(folder, subject).click()
        expect(self.page.get_by_test_id("letter").last).to_be_visible()
        self.page.evaluate(_PICTURES_LOADED)
        return self.images[-1] if self.images else None

    def follow(self, text: str) -> str:
        """Click a link of the open mail; returns where one lands."""
        with self.page.context.expect_page() as opened:
            self.page.get_by_test_id("letter").get_by_role("link", name=text).click()
        opened.value.wait_for_load_state()
        url = opened.value.url
        opened.value.close()
        return url

    def answer(self, words: str, how: str = "Reply", from_address: str | None = None) -> None:
        """Answer the open mail."""
        self.page.get_by_test_id("mail").last.get_by_role("button", name=how, exact=True).click()
        expect(self.body).to_be_visible()
        if from_address:
            self.composer.get_by_label("From").select_option(from_address)
        self.body.press("Control+Home")
        self.page.keyboard.type(words)
        self.send()

    def answer_that_one_is_away(self) -> None:
        """Let the open mail be answered by an absence note."""
        self.page.get_by_role("button", name="Absence note").click()
        expect(self.page.get_by_test_id("toasts")).to_contain_text("An absence note went to")

    @property
    def beside(self) -> Locator:
        """The add-on's card beside the open mail."""
        return self.page.get_by_test_id("panel").get_by_test_id("card")
