"""The mail client in a browser: cards as Gmail shows them, their actions, and the compose window they act on."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.sandbox_client.readback_double import buttons, card, press, pushed, text

pytestmark = pytest.mark.browser

QUORRA, FLYNN = "quorra@gridworks.example", "flynn@flynnsarcade.com"
OFFER = "https://gridworks.example/offer?a=1&b=2"


def answer(readback, **more):
    readback.answers |= more


def compose(page: Page, to: str = FLYNN, cc: str = "", subject: str = "The offer", words: str = "Dear Kevin,") -> None:
    page.get_by_test_id("compose").click()
    page.get_by_label("To", exact=True).fill(to)
    page.get_by_label("Cc", exact=True).fill(cc)
    page.get_by_label("Subject").fill(subject)
    page.get_by_test_id("body").click()
    page.keyboard.type(words)


def home_with(readback, *widgets, **more):
    readback.answers["home"] = pushed(card("Today", list(widgets), **more))


def _pictures_are_loaded(page, selector: str) -> None:
    """Wait for them by their own property: a polled expression would need what the page's CSP forbids."""
    for picture in page.locator(selector).all():
        expect(picture).to_have_js_property("complete", True)


def test_a_grid_shows_pictures_in_columns_and_a_press_names_the_item(at, readback):
    picture = {"imageUri": f"{readback.url}/o/offer.gif", "altText": "First page of Offer.pdf"}
    items = [{"id": "7", "title": "Offer.pdf", "subtitle": "PDF · 12 pages", "image": picture},
             {"id": "8", "title": "Prices.pptx", "subtitle": "PowerPoint · 3 pages"}]  # fmt: skip
    on_click = press(f"{readback.url}/addon/track", kind="document")
    home_with(readback, {"grid": {"items": items, "columnCount": 2, "onClick": on_click}})
    panel = at(QUORRA).get_by_test_id("panel")
    left, right = (panel.get_by_role("button", name=item["title"]) for item in items)
    assert left.bounding_box()["y"] == right.bounding_box()["y"]
    assert left.bounding_box()["x"] < right.bounding_box()["x"]
    expect(panel.get_by_alt_text("First page of Offer.pdf")).to_have_js_property("naturalWidth", 1)
    right.click()
    expect(panel).to_contain_text("Tracked")
    path, event, _ = readback.calls[-1]
    assert path == "/addon/track"
    assert event["commonEventObject"]["parameters"] == {"kind": "document", "grid_item_identifier": "8"}


def test_the_homepage_card_shows_when_no_mail_is_open(at, readback):
    panel = at(QUORRA).get_by_test_id("panel")
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()
    expect(panel.get_by_text("Nothing yet.")).to_be_visible()


def test_people_without_the_addon_have_no_panel_and_no_button(at):
    page = at(FLYNN)
    expect(page.get_by_test_id("panel")).to_have_count(0)
    expect(page.get_by_test_id("compose-addon")).to_have_count(0)


def test_opening_a_mail_fires_the_contextual_trigger_and_marks_it_read(at, readback, sam):
    sam.compose(QUORRA, "", "Lunch", "At one?").send()
    page = at(QUORRA)
    expect(page.get_by_test_id("unread")).to_have_text("1")
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("panel").get_by_role("heading", name="Not tracked")).to_be_visible()
    expect(page.get_by_test_id("letter")).to_contain_text("At one?")
    expect(page.get_by_test_id("unread")).to_have_text("")
    assert readback.calls[-1][1]["gmail"]["messageId"].startswith("msg-f:")


def test_a_mail_appears_without_reloading_the_page(at, sam):
    page = at(QUORRA)
    sam.compose(QUORRA, "", "Lunch", "At one?").send()
    expect(page.get_by_test_id("row")).to_contain_text("Lunch", timeout=4000)


def test_every_widget_is_shown_and_its_values_are_sent(at, readback):
    home_with(
        readback,
        {"textInput": {"name": "words", "label": "Words", "value": "old", "hintText": "Such as: offer"}},
        {"selectionInput": {"name": "kinds", "label": "Kinds", "type": "CHECK_BOX", "items": [
            {"text": "Views", "value": "views", "selected": True}, {"text": "Clicks", "value": "clicks"}]}},
        {"selectionInput": {"name": "when", "label": "When", "type": "RADIO_BUTTON", "items": [
            {"text": "Now", "value": "now", "selected": True}, {"text": "Later", "value": "later"}]}},
        {"selectionInput": {"name": "loud", "type": "SWITCH", "items": [{"text": "Loud", "value": "yes"}]}},
        {"selectionInput": {"name": "place", "label": "Place", "type": "DROPDOWN", "items": [
            {"text": "Here", "value": "here"}, {"text": "There", "value": "there", "selected": True}]}},
        {"decoratedText": {"text": "Notify me", "topLabel": "Feed", "bottomLabel": "At once",
                           "startIcon": {"knownIcon": "CLOCK"},
                           "switchControl": {"name": "notify", "value": "1", "selected": False}}},
        {"divider": {}},
        buttons(Go=press(f"{readback.url}/addon/go", place="home")),
    )  # fmt: skip
    answer(readback, go={"renderActions": {"action": {"notification": {"text": "Gone"}}}})
    page = at(QUORRA)
    panel = page.get_by_test_id("panel")
    panel.get_by_label("Words").fill("new")
    panel.get_by_label("Clicks").check()
    panel.get_by_label("Later").check()
    panel.get_by_role("switch", name="Loud").check()
    panel.get_by_label("Place").select_option("here")
    panel.get_by_role("switch", name="Notify me").check()
    panel.get_by_role("button", name="Go").click()
    expect(page.get_by_test_id("toasts")).to_contain_text("Gone")
    common = readback.calls[-1][1]["commonEventObject"]
    values = {name: told["stringInputs"]["value"] for name, told in common["formInputs"].items()}
    assert values == {"words": ["new"], "kinds": ["views", "clicks"], "when": ["later"], "loud": ["yes"],
                      "place": ["here"], "notify": ["1"]}  # fmt: skip
    assert common["parameters"] == {"place": "home"}


def test_cards_are_pushed_updated_and_taken_away(at, readback):
    to = f"{readback.url}/addon/"
    home_with(readback, buttons(Details=press(to + "details")))
    answer(
        readback,
        details={"action": {"navigations": [{"pushCard": card("Details", [buttons(More=press(to + "more"))])}]}},
        more={"renderActions": {"action": {"navigations": [
            {"updateCard": card("More", [buttons(Home=press(to + "root"))])}]}}},
        root={"action": {"navigations": [{"popToRoot": True}]}},
    )  # fmt: skip
    panel = at(QUORRA).get_by_test_id("panel")
    panel.get_by_role("button", name="Details").click()
    expect(panel.get_by_role("heading", name="Details")).to_be_visible()
    panel.get_by_role("button", name="More").click()
    expect(panel.get_by_role("heading", name="More")).to_be_visible()
    panel.get_by_role("button", name="Home").click()
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()
    panel.get_by_role("button", name="Details").click()
    panel.get_by_role("button", name="← Back").click()
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()


def test_typed_values_persist_where_the_action_asks_for_it(at, readback):
    go = press(f"{readback.url}/addon/go")
    go["action"]["persistValues"] = True
    form = [{"textInput": {"name": "words", "label": "Words"}}, buttons(Go=go)]
    home_with(readback, *form)
    answer(readback, go={"action": {"navigations": [{"updateCard": card("Once more", form)}]}})
    panel = at(QUORRA).get_by_test_id("panel")
    panel.get_by_label("Words").fill("typed")
    panel.get_by_role("button", name="Go").click()
    expect(panel.get_by_role("heading", name="Once more")).to_be_visible()
    expect(panel.get_by_label("Words")).to_have_value("typed")


def test_a_collapsible_section_unfolds(at, readback):
    section = {"header": "Not counted", "collapsible": True, "uncollapsibleWidgetsCount": 1,
               "widgets": [text("first"), text("second")]}  # fmt: skip
    readback.answers["home"] = pushed({"header": {"title": "Today"}, "sections": [section]})
    panel = at(QUORRA).get_by_test_id("panel")
    expect(panel.get_by_text("first")).to_be_visible()
    expect(panel.get_by_text("second")).to_be_hidden()
    panel.get_by_role("button", name="Show more").click()
    expect(panel.get_by_text("second")).to_be_visible()


def test_card_text_knows_marks_but_no_scripts(at, readback):
    home_with(readback, text('<b>Flynn</b> answered<script>document.title="x"</script><img src=x onerror="x()">'))
    page = at(QUORRA)
    expect(page.get_by_test_id("panel").locator("b")).to_have_text("Flynn")
    expect(page.get_by_test_id("panel").locator("img, script")).to_have_count(0)
    assert page.title() != "x"


def test_an_error_of_the_addon_can_be_retried(at, readback):
    told = readback.answers.pop("home")
    panel = at(QUORRA).get_by_test_id("panel")
    expect(panel.get_by_text("Something went wrong")).to_be_visible()
    expect(panel.get_by_text("500")).to_be_visible()
    answer(readback, home=told)
    panel.get_by_role("button", name="Retry").click()
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()


def test_a_consent_is_asked_for_and_the_call_replayed(at, readback, quorra):
    scope = "https://www.googleapis.com/auth/userinfo.email"
    told = readback.answers["home"]
    quorra.consent([scope], withdraw=True)
    ask = {"requesting_google_scopes": {"scopes": [scope]}}
    answer(readback, home=lambda event: told if "userIdToken" in event["authorizationEventObject"] else ask)
    panel = at(QUORRA).get_by_test_id("panel")
    expect(panel.get_by_test_id("consent")).to_contain_text("userinfo.email")
    panel.get_by_role("button", name="Allow").click()
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()


def test_signing_in_opens_a_window_and_reloads_the_card_once_it_is_closed(at, readback, page):
    sign_in = {"basic_authorization_prompt": {"authorization_url": f"{readback.url}/settings", "resource": "Readback"}}
    told, readback.answers["home"] = readback.answers["home"], sign_in
    panel = at(QUORRA).get_by_test_id("panel")
    with page.expect_popup() as popup:
        panel.get_by_role("button", name="Authorise access").click()
    answer(readback, home=told)
    popup.value.close()
    expect(panel.get_by_role("heading", name="Today")).to_be_visible()


def test_a_link_of_a_card_opens_and_reloads_it_once_closed(at, readback, page):
    link = {"openLink": {"url": f"{readback.url}/settings", "openAs": "OVERLAY", "onClose": "RELOAD"}}
    home_with(readback, buttons(Connect=link))
    panel = at(QUORRA).get_by_test_id("panel")
    with page.expect_popup() as popup:
        panel.get_by_role("button", name="Connect").click()
    expect(popup.value).to_have_title("Readback")
    home_with(readback, text("Connected."))
    popup.value.close()
    expect(panel.get_by_text("Connected.")).to_be_visible()


def test_track_inserts_at_the_cursor_and_the_rep_sees_her_draft_through_the_proxy(at, readback, quorra):
    page = at(QUORRA)
    compose(page)
    page.get_by_test_id("compose-addon").click()
    panel = page.get_by_test_id("compose-panel")
    panel.get_by_label("Words of the link").fill("See the offer")
    assert readback.opens() == []
    panel.get_by_role("button", name="Track this mail").click()
    expect(panel.get_by_role("heading", name="Tracked")).to_be_visible()
    expect(page.get_by_test_id("body")).to_contain_text("Dear Kevin,See the offer")
    expect(page.get_by_test_id("draft-status")).to_have_text("Draft saved")
    shown = page.get_by_test_id("body").locator("img")
    expect(shown).to_have_attribute("src", re.compile("^image"))
    kept = quorra.ask("GET", f"drafts/{quorra.drafts()[0]['draft_id']}")
    assert f'src="{readback.url}/o/token.gif"' in kept["html"]
    _pictures_are_loaded(page, "#body img")
    assert {headers["User-Agent"].endswith("GoogleImageProxy)") for _, _, headers, _ in readback.opens()} == {True}
    assert page.complaints == []


def test_opening_the_addon_in_the_compose_window_inserts_nothing(at, readback, page):
    answer(readback, compose=readback.answers["compose"] | readback.tracking())
    compose(at(QUORRA))
    page.get_by_test_id("compose-addon").click()
    expect(page.get_by_test_id("compose-panel").get_by_test_id("card")).to_be_visible()
    expect(page.get_by_test_id("body").locator("img")).to_have_count(0)


def test_a_draft_that_the_addon_created_opens(at, readback, page, sandbox):
    raw = b"To: alan@encom.com\r\nSubject: Made for you\r\nContent-Type: text/html\r\n\r\n<b>Hello</b>"
    created = sandbox.world.save_draft(QUORRA, raw)
    opening = {"openCreatedDraftActionMarkup": {"draftId": created, "draftThreadId": "1"}}
    answer(readback, go={"renderActions": {"hostAppAction": {"gmailAction": opening}}})
    home_with(readback, buttons(Write=press(f"{readback.url}/addon/go")))
    at(QUORRA).get_by_role("button", name="Write").click()
    expect(page.get_by_label("Subject")).to_have_value("Made for you")
    expect(page.get_by_test_id("body")).to_have_text("Hello")


def test_a_comment_or_style_never_gets_into_the_composer(at, readback, page):
    answer(readback, track=readback.tracking(content="<!-- token --><style>b{}</style><b>Hi</b>"))
    compose(at(QUORRA), words="")
    page.get_by_test_id("compose-addon").click()
    page.get_by_role("button", name="Track this mail").click()
    expect(page.get_by_test_id("body").locator("b")).to_have_text("Hi")
    inside = page.get_by_test_id("body").inner_html()
    assert "token" not in inside and "style" not in inside


def test_the_whole_way_from_compose_to_click(at, readback, page, flynn, sandbox):
    compose(at(QUORRA), cc="alan@encom.com")
    page.get_by_test_id("compose-addon").click()
    page.get_by_role("button", name="Track this mail").click()
    expect(page.get_by_test_id("toasts")).to_contain_text("Tracking on")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("composer")).to_be_hidden()
    assert readback.calls[-1][1]["gmail"]["ccRecipients"] == ["alan@encom.com"]
    assert flynn.inbox()[0].subject == "The offer"

    before = len(readback.hits)
    page = at(FLYNN)
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("letter")).to_contain_text("See the offer")
    _pictures_are_loaded(page, ".letter img")
    assert [hit[3] for hit in readback.hits[before:]] == ["127.0.2.5"]
    page.context.route("https://gridworks.example/**", lambda route: route.fulfill(body="The offer itself"))
    with page.expect_popup() as popup:
        page.get_by_role("link", name="See the offer").click()
    popup.value.wait_for_url(OFFER)
    assert readback.hits[-1][3] == "127.0.2.5" and readback.hits[-1][0].startswith("/c/")
    assert page.complaints == []


def test_pictures_load_the_way_the_page_says(at, readback, page, quorra):
    draft = quorra.compose(FLYNN, "", "The offer")
    draft.press("Track this mail")
    draft.send()
    at(FLYNN).get_by_label("Pictures").select_option("none")
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("letter")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert readback.opens() == []
    page.get_by_label("Pictures").select_option("proxy")
    expect(page.get_by_test_id("letter").locator("img")).to_have_attribute("src", re.compile("via=proxy"))
    _pictures_are_loaded(page, ".letter img")
    assert "GoogleImageProxy" in readback.opens()[-1][2]["User-Agent"]


def test_flynn_replies_from_his_other_address_with_the_quotation_below(at, page, quorra, readback):
    draft = quorra.compose(FLYNN, "", "The offer", "Dear Kevin,")
    draft.press("Track this mail")
    draft.send()
    at(FLYNN).get_by_test_id("row").click()
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_test_id("body").locator("blockquote")).to_contain_text("Dear Kevin,")
    page.get_by_label("From", exact=True).select_option("kevinf@flynnsarcade.com")
    page.get_by_test_id("body").press("Control+Home")
    page.keyboard.type("Yes, gladly.")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("toasts")).to_contain_text("Sent.")
    received = quorra.inbox()[0]
    assert received.sender == "kevinf@flynnsarcade.com" and received.subject == "Re: The offer"
    source = quorra.open(received)
    assert [picture.address for picture in source.images] == [f"{readback.url}/o/token.gif"]
    assert "Yes, gladly." in source.mail.html.split("gmail_quote")[0]


def test_undo_send_takes_the_mail_back_into_the_compose_window(at, page, flynn, quorra):
    compose(at(QUORRA))
    page.get_by_test_id("send-undo").click()
    expect(page.get_by_test_id("composer")).to_be_hidden()
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("composer")).to_be_visible()
    expect(page.get_by_test_id("body")).to_have_text("Dear Kevin,")
    assert flynn.inbox() == quorra.sent() == []


def test_a_draft_is_kept_while_typing_and_thrown_away_on_discard(at, page, quorra):
    compose(at(QUORRA))
    expect(page.get_by_test_id("draft-status")).to_have_text("Draft saved")
    assert len(quorra.drafts()) == 1
    page.get_by_test_id("discard").click()
    expect(page.get_by_test_id("toasts")).to_contain_text("Draft discarded.")
    assert quorra.drafts() == []


def test_a_closed_draft_opens_again_from_drafts(at, page, quorra):
    compose(at(QUORRA))
    page.get_by_role("button", name="Save and close").click()
    page.get_by_role("link", name="Drafts").click()
    page.get_by_test_id("drafts-rows").get_by_role("button").click()
    expect(page.get_by_label("Subject")).to_have_value("The offer")
    expect(page.get_by_test_id("body")).to_have_text("Dear Kevin,")
    page.get_by_label("Subject").fill("A better offer")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("toasts")).to_contain_text("Sent.")
    assert quorra.drafts() == [] and quorra.sent()[0].subject == "A better offer"


def test_a_mail_to_nobody_is_refused_in_words(at, page):
    compose(at(QUORRA), to="")
    page.get_by_test_id("send").click()
    expect(page.get_by_role("alert")).to_have_text("Please say whom this mail is for.")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 400)])
def test_nothing_serious_for_axe_and_nothing_sticks_out(at, page, sandbox, sam, scheme, width):
    sam.compose(QUORRA, "", "Lunch", "At one?").send()
    page.set_viewport_size({"width": width, "height": 860})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{sandbox.url}/mail/")
    _clean(page)
    at(QUORRA)
    expect(page.get_by_test_id("card")).to_be_visible()
    _clean(page)
    page.get_by_test_id("row").click()
    expect(page.get_by_test_id("letter")).to_be_visible()
    _clean(page)
    page.get_by_role("button", name="Reply", exact=True).click()
    page.get_by_test_id("compose-addon").click()
    expect(page.get_by_test_id("compose-panel").get_by_test_id("card")).to_be_visible()
    _clean(page)


def _clean(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(f["id"], f["nodes"][0]["html"]) for f in found if f["impact"] in ("serious", "critical", "moderate")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
