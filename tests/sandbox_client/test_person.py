"""The headless person does at the mail client what people do, and Readback sees what it would see in life."""

import time

import pytest
from google.auth import jwt

from tests.sandbox import letters, project
from tests.sandbox.cast import FLYNN, KEVIN, QUORRA
from tests.sandbox.client.cards import NotOnCard
from tests.sandbox.client.person import AddonTrouble, NoSuchLink, Person, Refused

OFFER = "https://gridworks.example/offer?a=1&b=2"


@pytest.fixture
def tracked(quorra):
    """Quorra's tracked mail to Flynn, Alan in copy, just sent."""
    draft = quorra.compose(["flynn@flynnsarcade.com"], ["Alan Bradley <alan@encom.com>"], "The offer", "Dear Kevin,")
    draft.press("Track this mail", link_text="See the offer", link_address=OFFER)
    return draft.send()


def test_a_mail_arrives_with_whoever_it_names(tracked, flynn, alan, kevin, sam):
    assert [mail.subject for mail in flynn.inbox()] == ["The offer"]
    assert flynn.inbox()[0].sender == "quorra@gridworks.example"
    assert flynn.inbox()[0].unread
    assert len(alan.inbox()) == 1
    assert kevin.inbox() == sam.inbox() == []


def test_opening_marks_a_mail_read(tracked, flynn):
    flynn.open(flynn.inbox()[0])
    assert not flynn.inbox()[0].unread


def test_pressing_track_inserts_pixel_and_link_into_the_draft_and_keeps_it(quorra, readback):
    draft = quorra.compose(["flynn@flynnsarcade.com"], [], "The offer", "Dear Kevin,")
    assert draft.press("Track this mail") == "Tracking on"
    assert draft.body.startswith('<div dir="ltr">Dear Kevin,</div>')
    assert f"{readback.url}/o/token.gif" in draft.body and "/c/token?u=" in draft.body
    assert [row["draft_id"] for row in quorra.drafts()] == [draft.id]


def test_a_press_carries_the_form_the_parameters_and_the_recipients(quorra, readback):
    draft = quorra.compose("flynn@flynnsarcade.com", "Alan Bradley <alan@encom.com>", "The offer")
    draft.press("Track this mail", link_text="See", link_address=OFFER)
    path, event, _ = readback.calls[-1]
    assert path == "/addon/track"
    assert event["commonEventObject"]["formInputs"]["link_text"] == {"stringInputs": {"value": ["See"]}}
    assert event["commonEventObject"]["parameters"] == {"kind": "mail"}
    recipients = {"toRecipients": ["flynn@flynnsarcade.com"], "ccRecipients": ["alan@encom.com"], "bccRecipients": []}
    assert event["gmail"] == recipients  # and no draft id, subject or body


def test_an_empty_input_is_absent_from_the_event(quorra, readback):
    quorra.compose("flynn@flynnsarcade.com", "", "The offer").press("Track this mail")
    assert "formInputs" not in readback.calls[-1][1]["commonEventObject"]


def test_a_button_or_an_input_that_is_not_on_the_card_cannot_be_used(quorra):
    draft = quorra.compose("flynn@flynnsarcade.com")
    with pytest.raises(NotOnCard, match="Track this mail"):
        draft.press("Track")
    with pytest.raises(NotOnCard, match="link_text"):
        draft.press("Track this mail", link_words="See")
    assert "/o/" not in draft.body


def test_the_compose_trigger_alone_inserts_nothing(quorra, readback):
    readback.answers["compose"] = readback.answers["compose"] | readback.tracking()
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer", "Hello")
    draft.open_addon()
    assert draft.body == '<div dir="ltr">Hello</div>'


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("INSERT_AT_START", "[new]<div>typed</div><div class=\"gmail_quote\">old</div>"),
        ("IN_PLACE_INSERT", "<div>typed</div>[new]<div class=\"gmail_quote\">old</div>"),
        ("INSERT_AT_END", "<div>typed</div><div class=\"gmail_quote\">old</div>[new]"),
    ],
)  # fmt: skip
def test_insertion_goes_where_it_was_asked_to(quorra, readback, kind, expected):
    readback.answers["track"] = readback.tracking(kind, "[new]")
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.sheet["html"] = '<div>typed</div><div class="gmail_quote">old</div>'
    draft.press("Track this mail")
    assert draft.body == expected


def test_the_composer_drops_comments_styles_and_scripts_but_no_picture(quorra, readback):
    hidden = "<!-- token --><style>p{}</style><script>alert(1)</script>" + readback.pixel()
    readback.answers["track"] = readback.tracking(content=hidden)
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.press("Track this mail")
    assert draft.body == readback.pixel()


def test_an_update_may_replace_subject_and_recipients(quorra, readback, flynn):
    update = {
        "updateSubject": {"subject": "Better"},
        "updateToRecipients": {"toRecipients": [{"email": flynn.address}]},
    }
    readback.answers["track"] = {"hostAppAction": {"gmailAction": {"updateDraftActionMarkup": update}}}
    draft = quorra.compose("", "", "Worse")
    draft.press("Track this mail")
    draft.send()
    assert [mail.subject for mail in flynn.inbox()] == ["Better"]


def test_every_call_of_the_addon_carries_googles_tokens(quorra, readback, sandbox):
    quorra.home()
    path, event, headers = readback.calls[-1]
    authorization = event["authorizationEventObject"]
    assert path == "/addon/home" and "gmail" not in event
    assert headers["Authorization"] == f"Bearer {authorization['systemIdToken']}"
    assert {"hostApp", "platform", "userLocale", "timeZone"} <= set(event["commonEventObject"])
    assert authorization["userOAuthToken"].startswith("ya29.")
    assert set(authorization["authorizedScopes"]) == set(quorra.ask("GET", "addon")["declared"])
    certificates = sandbox.world.state.keys.certificates()
    system = jwt.decode(authorization["systemIdToken"], certificates, audience=f"{readback.url}/addon/home")
    assert (system["email"], system["email_verified"]) == (project.ADDON_SERVICE_ACCOUNT, True)
    user = jwt.decode(authorization["userIdToken"], certificates, audience=project.CLIENT_ID)
    assert (user["email"], user["hd"], user["sub"]) == (quorra.address, "gridworks.example", QUORRA.sub)


def test_a_draft_that_the_addon_created_opens(quorra, readback, sandbox):
    raw = b"To: alan@encom.com\r\nSubject: Made for you\r\nContent-Type: text/html\r\n\r\n<b>Hello</b>"
    created = sandbox.world.save_draft(quorra.address, raw)
    opening = {"openCreatedDraftActionMarkup": {"draftId": created, "draftThreadId": "1"}}
    readback.answers["track"] = {"renderActions": {"hostAppAction": {"gmailAction": opening}}}
    draft = quorra.compose("flynn@flynnsarcade.com")
    draft.press("Track this mail")
    assert draft.opened_draft is not None
    assert (draft.opened_draft.sheet["subject"], draft.opened_draft.body) == ("Made for you", "<b>Hello</b>")


def test_an_opened_mail_is_named_as_gmails_page_names_it(tracked, quorra, sam, readback):
    quorra.open(tracked)
    gmail = readback.calls[-1][1]["gmail"]
    assert gmail["messageId"].startswith("msg-a:r") and gmail["threadId"].startswith("thread-a:r")
    quorra.forward(tracked, "sam@gridworks.example")
    sam.open(sam.inbox()[0])
    gmail = readback.calls[-1][1]["gmail"]
    assert gmail["messageId"] == f"msg-f:{int(sam.inbox()[0].id, 16)}"
    assert gmail["threadId"].startswith("thread-f:") and gmail["accessToken"]


def test_a_card_stands_beside_an_opened_mail_of_a_rep_only(tracked, quorra, alan, flynn, readback):
    assert quorra.open(tracked).card_text() == "Not tracked\nThis mail is not tracked."
    before = len(readback.calls)
    assert alan.open(alan.inbox()[0]).card is None
    assert flynn.open(flynn.inbox()[0]).card is None
    assert len(readback.calls) == before


def test_flynn_loads_pictures_with_his_own_program(tracked, flynn, readback):
    opened = flynn.open(flynn.inbox()[0])
    assert [(p.address, p.status) for p in opened.images] == [(f"{readback.url}/o/token.gif", 200)]
    assert opened.images[0].content.startswith(b"GIF8")
    _, _, headers, remote = readback.opens()[-1]
    assert (headers["User-Agent"], remote) == (FLYNN.image_agent, FLYNN.source_ip)


def test_alan_loads_pictures_through_googles_proxy_each_time(tracked, alan, readback):
    for _ in range(2):
        alan.open(alan.inbox()[0])
    assert ["GoogleImageProxy" in headers["User-Agent"] for _, _, headers, _ in readback.opens()] == [True, True]


def test_the_way_pictures_load_can_be_switched(tracked, alan, readback):
    assert alan.open(alan.inbox()[0], images="none").images == []
    assert readback.opens() == []
    alan.open(alan.inbox()[0], images="direct")
    assert "GoogleImageProxy" not in readback.opens()[-1][2]["User-Agent"]


def test_the_rep_sees_her_own_draft_through_the_proxy(quorra, readback):
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.press("Track this mail")
    assert readback.opens() == []
    assert [picture.status for picture in draft.show()] == [200]
    assert "GoogleImageProxy" in readback.opens()[0][2]["User-Agent"]


def test_a_click_is_made_by_the_persons_browser_and_lands_with_its_query_whole(tracked, flynn, readback):
    assert flynn.click(flynn.inbox()[0], "See the offer") == OFFER
    _, _, headers, remote = readback.hits[-1]
    assert (headers["User-Agent"], remote) == (FLYNN.click_agent, FLYNN.source_ip)
    with pytest.raises(NoSuchLink, match="See the offer"):
        flynn.click(flynn.inbox()[0], "Unsubscribe")


def test_a_reps_own_click_comes_from_the_browser_with_its_cookies(tracked, quorra, readback):
    quorra._browser.headers["Cookie"] = "device=hers"
    assert quorra.click(tracked, "See the offer") == OFFER
    assert readback.hits[-1][2]["Cookie"] == "device=hers"


def test_a_reply_quotes_the_original_with_its_pixel_and_joins_the_thread(tracked, flynn, quorra, readback):
    flynn.reply(flynn.inbox()[0], "Thursday suits me.")
    answer = quorra.inbox()[0]
    assert answer.subject == "Re: The offer" and answer.thread_id == tracked.thread_id
    source = quorra.ask("GET", f"messages/{answer.id}?images=none")
    assert "gmail_quote" in source["html"] and "Thursday suits me." in source["html"]
    assert [p.address for p in quorra.open(answer).images] == [f"{readback.url}/o/token.gif"]


def test_a_reply_without_quotation_carries_no_pixel(tracked, flynn, quorra):
    flynn.reply(flynn.inbox()[0], "Yes.", quote=False)
    assert quorra.open(quorra.inbox()[0]).images == []


def test_a_reply_answers_the_message_id_that_was_read(tracked, flynn, quorra, sandbox):
    flynn.reply(flynn.inbox()[0], "Yes.")
    raw = sandbox.world.mailbox(quorra.address).get(quorra.inbox()[0].id).raw
    assert letters.message_ids(raw, "In-Reply-To") == [tracked.told["message_id"]]
    assert letters.message_ids(raw, "References") == [tracked.told["message_id"]]


def test_flynn_answers_from_his_other_address(tracked, flynn, quorra):
    flynn.reply(flynn.inbox()[0], "Yes.", from_address="kevinf@flynnsarcade.com")
    assert quorra.inbox()[0].sender == "kevinf@flynnsarcade.com"
    with pytest.raises(Refused, match="cannot write from"):
        flynn.reply(flynn.inbox()[0], "Yes.", from_address="alan@encom.com")


def test_reply_goes_to_the_sender_and_reply_all_to_everybody_else_too(tracked, flynn, alan, quorra):
    flynn.reply(flynn.inbox()[0], "Only you.")
    assert len(alan.inbox()) == 1
    flynn.reply(flynn.inbox()[0], "All of you.", all=True)
    assert len(alan.inbox()) == 2 and len(quorra.inbox()) == 2
    assert len(flynn.inbox()) == 1


def test_a_forward_takes_the_pixel_along(tracked, alan, kevin, readback):
    alan.forward(alan.inbox()[0], "kevinf@flynnsarcade.com", "See below.")
    assert kevin.inbox()[0].subject == "Fwd: The offer"
    kevin.open(kevin.inbox()[0])
    assert readback.opens()[-1][2]["User-Agent"] == KEVIN.image_agent


@pytest.mark.parametrize(("style", "mark"), [("exchange", "auto-generated"), ("gmail", "auto-replied")])
def test_an_absence_note_is_marked_as_its_system_marks_it(tracked, flynn, quorra, sandbox, style, mark):
    flynn.auto_reply(flynn.inbox()[0], style=style)
    arrived = sandbox.world.mailbox(quorra.address).get(quorra.inbox()[0].id)
    assert letters.field_values(arrived.raw, "Auto-Submitted") == [mark]
    assert flynn.sent() == []


def test_an_undone_mail_is_never_sent_and_stays_a_draft(quorra, flynn):
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.save()
    held = draft.send_with_undo(0.3)
    assert held.outcome() == "waiting" and held.undo()
    later = quorra.compose("flynn@flynnsarcade.com", "", "Later").send_with_undo(0.4)
    assert _left(later) == "sent"  # and so the time of the first is over
    assert held.outcome() == "undone"
    assert [mail.subject for mail in flynn.inbox()] == ["Later"]
    assert [row["subject"] for row in quorra.drafts()] == ["The offer"]


def test_a_mail_that_is_not_undone_leaves_in_the_end(quorra, flynn):
    held = quorra.compose("flynn@flynnsarcade.com", "", "The offer").send_with_undo(0.05)
    assert _left(held) == "sent" and not held.undo()
    assert [mail.subject for mail in flynn.inbox()] == ["The offer"]


def _left(held):
    deadline = time.monotonic() + 5
    while held.outcome() == "waiting" and time.monotonic() < deadline:
        time.sleep(0.02)
    return held.outcome()


def test_a_discarded_draft_is_gone_and_a_late_save_does_not_bring_it_back(quorra):
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.save()
    draft.discard()
    assert quorra.drafts() == []
    with pytest.raises(Refused, match="not here any more"):
        draft.save()
    assert quorra.drafts() == []


def test_a_sent_draft_leaves_the_drafts(quorra):
    draft = quorra.compose("flynn@flynnsarcade.com", "", "The offer")
    draft.save()
    draft.send()
    assert quorra.drafts() == [] and len(quorra.sent()) == 1


def test_a_kept_draft_of_an_answer_opens_as_it_was(tracked, flynn):
    draft = flynn.begin_reply(flynn.inbox()[0], "Half a thought")
    draft.sheet["from"] = "kevinf@flynnsarcade.com"
    draft.save()
    kept = flynn.ask("GET", f"drafts/{draft.id}")
    assert kept["answering"] == flynn.inbox()[0].id
    assert (kept["from"], kept["subject"]) == ("kevinf@flynnsarcade.com", "Re: The offer")
    assert "Half a thought" in kept["html"] and "gmail_quote" in kept["html"]


def test_a_mail_to_nobody_or_to_no_address_is_refused_in_words(quorra):
    with pytest.raises(Refused, match="whom this mail is for"):
        quorra.compose("", "", "The offer").send()
    with pytest.raises(Refused, match="not an address"):
        quorra.compose("Flynn", "", "The offer").send()


def test_a_failing_addon_is_told_as_gmail_tells_it(quorra, readback):
    del readback.answers["home"]
    with pytest.raises(AddonTrouble, match="500"):
        quorra.home()


def test_a_withdrawn_scope_hides_what_it_covers_until_it_is_given_and_the_call_replayed(quorra, readback):
    metadata = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
    told = readback.answers["compose"]

    def compose(event):
        granted = event["authorizationEventObject"]["authorizedScopes"]
        return told if metadata in granted else {"requesting_google_scopes": {"scopes": [metadata]}}

    readback.answers["compose"] = compose
    assert metadata not in quorra.consent([metadata], withdraw=True)
    draft = quorra.compose("flynn@flynnsarcade.com")
    assert "Track this mail" in draft.card_text()
    first, second = (event for _, event, _ in readback.calls[-2:])
    assert "gmail" not in first
    assert second["gmail"]["toRecipients"] == ["flynn@flynnsarcade.com"]


def test_a_card_cannot_make_gmail_call_another_host(quorra):
    with pytest.raises(Refused, match="may call"):
        quorra.ask("POST", "addon", {"function": "http://localhost:1/addon/track"})


def test_people_without_the_addon_have_no_panel(flynn):
    with pytest.raises(Refused, match="has no add-on"):
        flynn.home()


def test_nobody_else_has_a_mailbox(sandbox):
    with pytest.raises(Refused):
        Person(sandbox.url, "clu@gridworks.example")


def test_a_mail_cannot_bring_scripts_or_pictures_past_the_client(sandbox, flynn, readback):
    body = (
        '<p onclick="x()">Hi</p><script>x()</script><iframe src="https://a.example"></iframe>'
        f'<div style="background:url({readback.url}/o/style.gif);position:fixed;color:red">x</div>'
        f'<img srcset="{readback.url}/o/set.gif" src="{readback.url}/o/real.gif"><a href="javascript:x()">y</a>'
    )
    raw = f"From: a@b.example\r\nTo: {flynn.address}\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n{body}".encode()
    sandbox.world.receive(flynn.address, raw, "a@b.example")
    opened = flynn.open(flynn.inbox()[0])
    shown = opened.mail.html
    for bad in ("onclick", "script", "iframe", "style.gif", "set.gif", "position"):
        assert bad not in shown
    assert f'src="{readback.url}' not in shown
    assert [picture.address for picture in opened.images] == [f"{readback.url}/o/real.gif"]
