"""Joining a team, headers mode, and letting go of a mailbox, through a real browser."""

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.readback import Readback

pytestmark = pytest.mark.browser

SAM, FLYNN, KEVIN = "sam@gridworks.example", "flynn@flynnsarcade.com", "kevinf@flynnsarcade.com"


def test_a_colleague_is_admitted_and_headers_alone_tell_the_story(feed, house, open_browser, mail_of):
    sams_browser = open_browser()
    sam = Readback(sams_browser.new_page(), house.url)
    sam.sign_in(SAM)
    expect(sam.page.get_by_role("heading", name="An admin has to let you in")).to_be_visible()
    feed.page.goto(f"{house.url}/settings/team")
    feed.page.get_by_role("button", name="Admit Sam Tully").click()
    sam.page.get_by_role("link", name="Look again").click()
    sam.connect_mailbox("headers")
    sam.open_feed()
    sams_mail = mail_of(SAM, sams_browser)
    sams_mail.compose("Seats for the arcade", FLYNN)
    sams_mail.track()
    sams_mail.send()
    sam.expect_counts("Seats for the arcade", "Nothing yet")
    mail_of(FLYNN).open("inbox", "Seats for the arcade")
    sam.expect_counts("Seats for the arcade", "1 view")
    mail_of(FLYNN).answer("Twelve, please.", from_address=KEVIN)
    sam.expect_counts("Seats for the arcade", "1 view · 1 reply")
    sam.expect_told("Seats for the arcade", "answered from another address")
    feed.open_feed()
    feed.expect_counts("Seats for the arcade", "1 view · 1 reply")


def test_a_mailbox_is_let_go_and_connected_again(feed, house):
    page = feed.page
    consents = at_google(house)["consents"]
    page.goto(f"{house.url}/settings/mailbox")
    page.locator("summary", has_text="Disconnect").click()
    page.get_by_role("button", name="Disconnect this mailbox").click()
    expect(page.get_by_text("You disconnected it.")).to_be_visible()
    until(page, lambda: not at_google(house)["watching"] and at_google(house)["consents"] < consents)
    page.get_by_role("link", name="Reconnect here").click()
    feed.consent()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def at_google(house):
    """What Google has of Quorra's mailbox."""
    state = requests.get(f"{house.sandbox_url}/control/state", timeout=10).json()
    return state["mailboxes"]["quorra@gridworks.example"]


def until(page, is_so):
    """Wait for what the worker does by itself; the page only tells that it was asked for."""
    for _ in range(300):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("the worker did not get there")


def test_access_withdrawn_at_google_shows_as_disconnected_with_the_way_back(feed, house, mail_of):
    told = {"address": "quorra@gridworks.example"}
    requests.post(f"{house.sandbox_url}/control/tokens/withdraw", json=told, timeout=10).raise_for_status()
    feed.open_feed()
    mail_of("quorra@gridworks.example").compose("Anything at all", FLYNN)
    mail_of("quorra@gridworks.example").send()  # the push makes Readback read, and find the door shut
    need = feed.page.locator(".need.mailbox")
    feed.reload_until(need)
    expect(need).to_contain_text("Reconnect here")
    need.get_by_role("link").click()
    expect(feed.page.get_by_text("Google no longer lets Readback read it")).to_be_visible()
    feed.page.get_by_role("link", name="Reconnect here").click()
    feed.consent()
    expect(feed.page.get_by_text("Connected", exact=True)).to_be_visible()


def test_a_person_without_an_account_connects_from_the_card_in_their_mail(house, open_browser, mail_of):
    browser = open_browser()
    tess = mail_of("tess@othergrid.example", browser)
    panel = tess.page.get_by_test_id("panel")
    with browser.expect_page() as opened:
        panel.get_by_role("button", name="Connect Readback").click()
    there = Readback(opened.value, house.url)
    there.page.get_by_role("link", name="Sign in with Google").click()
    there.choose_account("tess@othergrid.example")
    there.page.get_by_role("button", name="Sign in").click()
    there.page.get_by_role("link", name="Connect with full reading").click()
    there.consent()
    expect(there.page.get_by_role("heading", name="You can close this window")).to_be_visible()
    there.page.close()
    tess.page.bring_to_front()
    expect(panel).to_contain_text("Nothing waits for you")
