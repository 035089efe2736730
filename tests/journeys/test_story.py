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
    subject = "The offer"
    windows = [feed, feed.second_window()]
    track_look_and_send(feed, mail_of(QUORRA), subject, destination, shoot)
    open_click_and_answer(windows, mail_of(FLYNN), subject, destination)
    for window in windows:
        window.expect_counts(subject, "1 view · 1 click · 1 reply")
        expect(window.group(subject).locator(".open")).to_have_text("Kevin Flynn answered from another address")
        assert window.is_the_same_window()
    windows[1].page.close()
    look_at_its_page(feed, subject, destination, shoot)
    look_at_its_card(feed, mail_of(QUORRA), subject, shoot)


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


def look_at_its_page(feed, subject, destination, shoot):
    message = feed.open_message(subject)
    expect(message.section("Recipients").get_by_role("row", name=KEVIN)).to_contain_text(
        "Answered from another address"
    )
    expect(message.section("Recipients").get_by_role("row", name="Someone on this mail")).to_contain_text(
        "Answerednot yet"
    )
    happened = ["answered from another address", f"clicked “{LINK}”", "opened it", "Sent"]
    lines = message.section("Timeline").locator("li > .tone")
    assert [words in told for words, told in zip(happened, lines.all_inner_texts(), strict=True)] == [True] * 4
    left_out = message.section("Not counted")
    for reason, rule in (("You looked at it yourself", "own_presence"), ("Before it was sent", "before_sending")):
        part = left_out.locator(".reason").filter(has_text=reason)
        part.locator("summary").first.click()
        part.get_by_text("Why?").first.click()
        expect(part.get_by_text(f"Rule: {rule}").first).to_be_visible()
    expect(left_out).to_contain_text("The same view again")
    expect(message.section("Tracked links")).to_contain_text(f"http://{destination.host}{PATH}")
    for window in (message, feed):
        assert Axe().run(window.page).response["violations"] == []
    shoot(message.page, "message", full_page=True)
    message.page.close()


def look_at_its_card(feed, quorra, subject, shoot):
    quorra.open("sent", subject)
    expect(quorra.beside).to_contain_text("Answered by Kevin Flynn, from another address")
    expect(quorra.beside).to_contain_text("1 view · 1 click · 1 reply")
    feed.expect_counts(subject, "1 view · 1 click · 1 reply")
    shoot(quorra.page, "message-card")


def test_the_feed_shows_a_view_and_a_reply_within_five_seconds_of_their_receipt(feed, mail_of, send_tracked):
    send_tracked("A mail timed", cc="")
    asked_at_ms = mail_of(FLYNN).open("inbox", "A mail timed").request.timing["startTime"]
    feed.expect_counts("A mail timed", "1 view")
    assert feed.told_at_ms("A mail timed", "1 view") - asked_at_ms < 5000
    answered_at_ms = mail_of(FLYNN).page.evaluate("Date.now()")
    mail_of(FLYNN).answer("Got it.")
    feed.expect_counts("A mail timed", "1 view · 1 reply")
    assert feed.told_at_ms("A mail timed", "1 view · 1 reply") - answered_at_ms < 5000


def test_an_answer_from_someone_who_was_only_in_copy_is_a_reply(feed, mail_of, send_tracked):
    send_tracked("A second mail")
    mail_of(ALAN).open("inbox", "A second mail")
    mail_of(ALAN).answer("I can answer that for Kevin.", "Reply all")
    feed.expect_told("A second mail", "answered by someone in copy")
    expect(feed.group("A second mail").locator("summary")).to_contain_text("1 reply")


def test_an_absence_note_is_shown_as_such_and_is_no_reply(feed, mail_of, send_tracked):
    send_tracked("A third mail")
    mail_of(FLYNN).open("inbox", "A third mail")
    mail_of(FLYNN).answer_that_one_is_away()
    feed.expect_told("A third mail", "is out of office")
    expect(feed.group("A third mail").locator("summary")).not_to_contain_text("repl")


def test_a_colleague_who_answers_in_the_thread_is_no_reply(feed, mail_of, send_tracked):
    send_tracked("A fourth mail", cc=SAM)
    mail_of(SAM).open("inbox", "A fourth mail")
    mail_of(SAM).answer("One more thing from my side.", "Reply all")
    mail_of(FLYNN).open("inbox", "A fourth mail")
    mail_of(FLYNN).answer("Thank you both.", "Reply all")
    expect(feed.group("A fourth mail").locator("summary")).to_contain_text("1 reply")
    message = feed.open_message("A fourth mail")
    expect(message.section("Not counted")).to_contain_text("Mail that is no answer")
    message.page.close()


def test_what_is_undone_or_thrown_away_leaves_nothing(feed, mail_of, send_tracked):
    quorra = mail_of(QUORRA)
    quorra.compose("An undone mail", FLYNN, ALAN)
    quorra.track()
    quorra.send_and_undo()
    expect(quorra.composer.get_by_label("Subject")).to_have_value("An undone mail")
    quorra.discard()
    quorra.compose("A discarded mail", FLYNN, ALAN)
    quorra.track(press="Track as a new mail")  # Gmail does not tell drafts apart, so the card asks
    quorra.discard()
    send_tracked("A mail after them", cc="")
    for window in (feed, feed.second_window()):
        expect(window.group("A mail after them")).to_have_count(1)
        expect(window.page.locator(".subject", has_text="undone")).to_have_count(0)
        expect(window.page.locator(".subject", has_text="discarded")).to_have_count(0)
    window.page.close()
