"""From an empty mailbox to a mail known to be opened, clicked and answered: the story, through a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

QUORRA, SAM = "quorra@gridworks.example", "sam@gridworks.example"
FLYNN, KEVIN, ALAN = "flynn@flynnsarcade.com", "kevinf@flynnsarcade.com", "alan@encom.com"
LINK = "See the offer"
PATH = "/offer?plan=arcade&seats=12&utm_source=mail&q=a%20b%26c"


@pytest.fixture
def send_tracked(feed, mail_of):
    """Quorra writes to Flynn, tracks the mail and sends it; the open feed comes to know it."""

    def send_tracked(subject: str, cc: str = ALAN) -> None:
        quorra = mail_of(QUORRA)
        quorra.compose(subject, FLYNN, cc)
        quorra.track()
        quorra.send()
        feed.expect_counts(subject, "Nothing yet")

    return send_tracked


def test_her_own_looks_count_for_nothing_and_what_flynn_does_is_told_truly(feed, mail_of, destination, shoot):
    windows = [feed, feed.second_window()]
    track_look_and_send(windows[0], mail_of(QUORRA), "The offer", destination, shoot)
    open_click_and_answer(windows, mail_of(FLYNN), "The offer", destination)
    for window in windows:
        window.expect_counts("The offer", "1 view · 1 click · 1 reply")
        window.expect_told("The offer", "answered from another address")
        expect(window.group("The offer").locator(".open")).to_have_text("Kevin Flynn answered from another address")
        assert window.is_the_same_window()
    windows[1].page.close()


def track_look_and_send(feed, quorra, subject, destination, shoot):
    quorra.compose(subject, FLYNN, ALAN)
    quorra.track(LINK, f"http://{destination.host}{PATH}")
    expect(quorra.body.get_by_role("link", name=LINK)).to_be_visible()
    shoot(quorra.page, "compose-tracked")
    quorra.track()
    expect(quorra.card).to_contain_text("Tracked already")
    expect(quorra.body.locator("a[href*='/c/']")).to_have_count(1)
    quorra.close_and_reopen_draft(subject)
    expect(quorra.body.locator("img[data-address]")).to_have_count(1)
    expect(feed.group(subject)).to_have_count(0)
    quorra.send()
    feed.expect_counts(subject, "Nothing yet")
    before = feed.uncounted(subject)
    for looks in (1, 2):
        assert quorra.open("sent", subject).status == 200
        feed.expect_uncounted(subject, before + looks)
    feed.expect_counts(subject, "Nothing yet")


def open_click_and_answer(windows, flynn, subject, destination):
    picture = flynn.open("inbox", subject)
    asked_at_ms = picture.request.timing["startTime"]
    for window in windows:
        window.expect_counts(subject, "1 view")
        assert window.told_at_ms(subject, "1 view") - asked_at_ms < 1000
    before = windows[0].uncounted(subject)
    flynn.open("inbox", subject)
    windows[0].expect_uncounted(subject, before + 1)
    windows[0].expect_counts(subject, "1 view")
    assert flynn.follow(LINK) == f"http://{destination.host}{PATH}"
    assert destination.asked == [f"http://{destination.host}{PATH}"]
    windows[0].expect_counts(subject, "1 view · 1 click")
    flynn.answer("Yes, let us talk on Thursday.", from_address=KEVIN)
