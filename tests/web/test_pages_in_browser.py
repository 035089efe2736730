"""The pages in a real browser: nothing that keeps anybody out, windows in step, keys, filters, and no stream at all."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import insert, update

from backend.services import hits
from backend.store import tables
from tests.stories import found_workspace
from tests.web import rows
from tests.web.looking import DESKTOP, assert_keeps_nobody_out
from tests.web.serving import Served, served

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def house(committed, settings):
    with served(committed, settings) as house:
        yield house


@pytest.fixture
def gridworks(committed):
    with committed.begin() as conn:
        return found_workspace(conn, "gridworks.example", ["Quorra Reed", "Sam Tully"])


@pytest.fixture
def othergrid(committed):
    with committed.begin() as conn:
        return found_workspace(conn, "othergrid.example", ["Tess Marlow"])


@pytest.fixture
def open_page(chromium: Browser, house: Served):
    """Open a page as a rep (or as nobody); complaints of the console and foreign requests fail the test."""
    contexts, complaints = [], []

    def open_page(path: str, tenant=None, rep=None, **more) -> Page:
        context = chromium.new_context(timezone_id="Europe/Berlin", viewport=DESKTOP, **more)
        contexts.append(context)
        if rep is not None:
            host = {"domain": "localhost", "path": "/", "secure": True, "httpOnly": True, "sameSite": "Lax"}
            sign_in = {"name": "__Host-readback", "value": house.cookie(tenant, rep), **host}
            context.route("**/sign-me-in", lambda route: _signed_in(route, sign_in["value"]))
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda asked: None if asked.url.startswith(house.url) else complaints.append(asked.url))
        if rep is not None:
            page.goto(f"{house.url}/sign-me-in")
        page.goto(f"{house.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [told for told in complaints if "Failed to load resource" not in told] == []


def _signed_in(route, value: str) -> None:
    cookie = f"__Host-readback={value}; Path=/; Secure; HttpOnly; SameSite=Lax"
    route.fulfill(status=200, headers={"Set-Cookie": cookie}, content_type="text/html", body="<title>.</title>")


@pytest.fixture
def day(committed, gridworks):
    with committed.begin() as conn:
        rep = gridworks.reps["quorra"]
        found = rows.a_day(conn, gridworks, rep, datetime.now(UTC))
        rows.mailbox(conn, gridworks, rep, state="disconnected", disconnected_because="withdrawn")
        rows.mailbox(conn, gridworks, gridworks.reps["sam"])
        conn.execute(
            insert(tables.rep).values(
                workspace_id=gridworks.workspace_id, google_sub="clu", email="clu@gridworks.example", name="Clu Ramirez"
            )
        )
        conn.execute(
            insert(tables.invitation).values(
                workspace_id=gridworks.workspace_id, email="yori@gmail.com", invited_by=rep.id
            )
        )
    return found


def happen(house: Served, tenant, message_id: int, key: str, kind: str, **data) -> None:
    with house.engine.begin() as conn:
        rows.happen(conn, tenant, message_id, key, kind, datetime.now(UTC), **data)


def test_no_page_keeps_anybody_out(open_page, gridworks, othergrid, day):
    quorra, sam, tess = gridworks.reps["quorra"], gridworks.reps["sam"], othergrid.reps["tess"]
    pages = [
        ("/", None, None),
        ("/nothing-here", None, None),
        ("/", gridworks, quorra),
        (f"/messages/{day['games']}", gridworks, quorra),
        ("/settings/mailbox", gridworks, quorra),
        ("/settings/mailbox", gridworks, sam),
        ("/settings/devices", gridworks, quorra),
        ("/settings/team", gridworks, quorra),
        ("/settings/privacy", gridworks, quorra),
        ("/", othergrid, tess),
        ("/connect", othergrid, tess),
        ("/connect/done", gridworks, sam),
    ]
    for path, tenant, rep in pages:
        page = open_page(path, tenant, rep)
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        assert_keeps_nobody_out(page)
        page.context.close()


def test_two_windows_stay_in_step_with_times_in_the_viewers_zone(open_page, house, gridworks, day):
    quorra = gridworks.reps["quorra"]
    windows = [open_page("/", gridworks, quorra), open_page("/", gridworks, gridworks.reps["sam"])]
    for window in windows:
        expect(window.locator("[data-live]")).to_have_text("Live")
    happen(house, gridworks, day["office"], "incoming:9", "reply", who="Kevin Flynn", how="addressee")
    for window in windows:
        first = window.locator(".group").first
        expect(first.locator(".open")).to_have_text("Kevin Flynn answered")
        expect(first.locator("summary")).to_have_text("1 view · 1 reply")
        expect(first.locator("> .when time")).to_have_text("just now")
        assert "CET" in first.locator("> .when time").get_attribute("title")
        expect(window.locator(".group")).to_have_count(5)
        expect(window.locator("[data-announce]")).to_have_text("Kevin Flynn answered: The new office")
    expect(windows[0].locator(".need.answer").first).to_contain_text("Kevin Flynn waits for your answer")


def test_a_window_that_lost_its_stream_says_so_and_misses_nothing(open_page, house, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"])
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.route(re.compile("/feed/(stream|changes)"), lambda route: route.abort())
    house.drop_watchers()
    expect(page.locator("[data-live]")).to_have_text("Reconnecting")
    happen(house, gridworks, day["office"], "click:9", "click", who="Kevin Flynn", link="Floor plan")
    page.unroute(re.compile("/feed/(stream|changes)"))
    expect(page.locator(".group").first.locator(".open")).to_have_text(
        "Kevin Flynn clicked “Floor plan”", timeout=10_000
    )
    expect(page.locator(".group")).to_have_count(5)
    expect(page.locator("[data-live]")).to_have_text("Live")


def test_where_no_stream_comes_through_the_page_asks_instead(open_page, house, gridworks, day):
    page = open_page("/settings/team", gridworks, gridworks.reps["quorra"])
    page.route("**/feed/stream*", lambda route: route.fulfill(status=502, body=""))
    page.goto(f"{house.url}/")
    expect(page.locator("[data-live]")).to_have_text("Live")
    happen(house, gridworks, day["office"], "click:9", "click", who="Kevin Flynn", link="Floor plan")
    expect(page.locator(".group").first.locator(".open")).to_have_text(
        "Kevin Flynn clicked “Floor plan”", timeout=10_000
    )


def test_whoever_is_removed_is_led_to_the_door(open_page, house, gridworks, day):
    sam = gridworks.reps["sam"]
    page = open_page("/", gridworks, sam)
    expect(page.locator("[data-live]")).to_have_text("Live")
    with house.engine.begin() as conn:
        conn.execute(update(tables.rep).where(tables.rep.c.id == sam.id).values(status="removed"))
    happen(house, gridworks, day["office"], "view:9", "view", who="Kevin Flynn")
    page.wait_for_url("**/sign-in")
    expect(page.get_by_role("link", name="Sign in with Google")).to_be_visible()


@pytest.fixture
def looked(house, gridworks, day):
    """Looks at the new office's mail, as they come: `looked(minutes_ago)` returns the hit."""

    def look(minutes_ago: float = 0, message: str = "office", **values):
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        with house.engine.begin() as conn:
            hit_id = rows.hit(conn, gridworks, day[message], at, **values)
            hits.settle_message(conn, gridworks.workspace_id, day[message], datetime.now(UTC))
        return hit_id

    return look


def test_a_messages_page_follows_and_keeps_what_is_unfolded_and_focused(open_page, gridworks, day, looked):
    looked(90)
    page = open_page(f"/messages/{day['office']}", gridworks, gridworks.reps["quorra"])
    expect(page.locator("[data-live]")).to_have_text("Live")
    expect(page.locator(".timeline > li")).to_have_count(2)
    why = page.locator(".timeline summary").first
    why.focus()
    page.keyboard.press("Enter")
    looked(5, ip="198.51.100.7")
    expect(page.locator(".timeline > li")).to_have_count(3)
    expect(page.locator(".timeline > li").nth(0).locator("details")).not_to_have_attribute("open", "")
    expect(page.locator(".timeline > li").nth(1).locator("details")).to_have_attribute("open", "")
    expect(page.locator(".timeline > li").nth(1).locator("summary")).to_be_focused()
    expect(page.locator(".timeline time").first).to_have_text("5 min ago")
    expect(page.locator("[data-announce]")).to_have_text("Kevin Flynn opened it in Outlook on Windows")
    looked(4, ip="198.51.100.7")  # the same view again: not counted, and told all the same
    expect(page.locator("#uncounted-title")).to_have_text("Not counted (1)")
    looked(3, "games")
    expect(page.locator(".timeline > li")).to_have_count(3)


def test_that_was_me_takes_a_view_out_of_every_window_and_back(open_page, gridworks, day, looked):
    looked(90)
    look = looked(5, ip="198.51.100.7")
    path, quorra = f"/messages/{day['office']}", gridworks.reps["quorra"]
    page, other = open_page(path, gridworks, quorra), open_page(path, gridworks, gridworks.reps["sam"])
    feed = open_page("/", gridworks, quorra)
    for window in (page, other, feed):
        expect(window.locator("[data-live]")).to_have_text("Live")
    office = feed.locator(f"#group-{day['office']}")
    expect(office.locator("summary")).to_have_text("2 views")
    other.locator(f"#hit-{look} summary").click()
    page.locator(f".timeline #hit-{look}").get_by_role("button", name="That was me").focus()
    page.keyboard.press("Enter")
    mine = page.locator(f"#not-counted #hit-{look}").get_by_role("button", name="Not me after all")
    expect(mine).to_be_visible()
    expect(mine).to_be_focused()
    expect(page.locator("[data-announce]")).to_have_text("Noted as yours. It does not count")
    for window in (page, other):
        expect(window.locator(".timeline > li")).to_have_count(2)
        expect(window.locator("#not-counted summary").first).to_have_text("You looked at it yourself 1")
    expect(office.locator("summary")).to_have_text("1 view")
    mine.click()
    for window in (page, other):
        expect(window.locator(f".timeline #hit-{look}")).to_be_visible()
    expect(page.locator(f".timeline #hit-{look} button")).to_be_focused()
    expect(office.locator("summary")).to_have_text("2 views")


def test_without_script_a_correction_leads_back_to_its_line(open_page, gridworks, day, looked):
    look = looked(5)
    page = open_page(f"/messages/{day['office']}", gridworks, gridworks.reps["quorra"], java_script_enabled=False)
    page.get_by_role("button", name="That was me").click()
    page.wait_for_url(f"**/messages/{day['office']}#hit-{look}")
    expect(page.locator(f"#not-counted #hit-{look} button")).to_have_text("Not me after all")


def test_filters_hide_by_kind_and_are_remembered(open_page, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"])
    expect(page.locator(".group:visible")).to_have_count(5)
    expect(page.locator(".machines:visible")).to_have_count(0)
    page.get_by_role("button", name="Machines").click()
    expect(page.locator(".machines:visible")).to_have_count(1)
    for name in ("Answers", "Clicks", "Views", "Bounces"):
        page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".group:visible")).to_have_count(1)
    expect(page.locator(".group:visible")).to_contain_text("out of office until 3 Dec")
    page.reload()
    expect(page.locator(".group:visible")).to_have_count(1)
    page.get_by_role("button", name="Automatic").click()
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator(".group:visible")).to_have_count(5)


def test_the_feed_is_worked_with_the_keyboard_alone(open_page, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"])
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".group").first.locator(".open")).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator(".group").first.locator("details.unfold")).to_have_attribute("open", "")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("invoice")
    expect(page.locator(".group:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/messages/{day['lost']}")


def test_an_unfolded_and_focused_group_stays_so_when_it_changes(open_page, house, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"])
    expect(page.locator("[data-live]")).to_have_text("Live")
    office = page.locator(f"#group-{day['office']}")
    office.locator("summary").focus()
    page.keyboard.press("Enter")
    happen(house, gridworks, day["office"], "view:9", "view", who="Kevin Flynn")
    expect(office.locator("summary")).to_have_text("2 views")
    expect(office.locator("details")).to_have_attribute("open", "")
    expect(office.locator("summary")).to_be_focused()


def test_the_theme_is_chosen_and_remembered(open_page, gridworks, day):
    page = open_page("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.get_by_role("button", name="Theme: system")
    button.click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate(ground) != light
    page.reload()
    assert page.evaluate(ground) != light


def test_without_script_the_feed_is_read_and_searched(open_page, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"], java_script_enabled=False)
    assert page.locator(".group").count() == 5
    assert page.locator(".chips").is_hidden()
    page.locator("#search").fill("invoice")
    page.locator("#search").press("Enter")
    assert page.locator(".group").count() == 1


def test_no_permission_is_asked_until_somebody_asks_for_notifications(open_page, gridworks, day):
    page = open_page("/", gridworks, gridworks.reps["quorra"])
    page.evaluate("() => { asked = 0; Notification.requestPermission = async () => { asked += 1; return 'denied'; } }")
    expect(page.locator("[data-live]")).to_have_text("Live")
    assert page.evaluate("asked") == 0
    page.get_by_role("button", name="Notify me of answers").click()
    expect(page.get_by_role("button", name="does not allow")).to_be_visible()
    assert page.evaluate("asked") == 1
