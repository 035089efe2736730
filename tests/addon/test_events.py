"""Google's events are read whatever is left out, and whatever is no event is said to be none: nothing else happens."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.events import MOST_RECIPIENTS, Event, Malformed, parse_event
from addon.words import viewer_of
from backend.domain.people import Recipient
from tests.addon.test_cards import NOW

# The shape is that of developers.google.com/workspace/add-ons/guides/alternate-runtimes.
COMPOSE: dict[str, Any] = {
    "commonEventObject": {
        "hostApp": "GMAIL",
        "platform": "WEB",
        "userLocale": "en-US",
        "timeZone": {"id": "Europe/Paris", "offset": 3600000},
        "formInputs": {"link_text": {"stringInputs": {"value": ["See the offer"]}}},
        "parameters": {"compose_key": "k" * 22},
    },
    "authorizationEventObject": {
        "userOAuthToken": "ya29.x",
        "userIdToken": "ey.user",
        "systemIdToken": "ey.system",
        "authorizedScopes": ["https://www.googleapis.com/auth/userinfo.email"],
    },
    "gmail": {
        "messageId": "msg-f:123",
        "threadId": "thread-f:234",
        "accessToken": "xe",
        "toRecipients": ["flynn@flynnsarcade.com"],
        "ccRecipients": ["alan@encom.com"],
        "bccRecipients": [],
    },
}


def parsed(event: object) -> Event:
    return parse_event(json.dumps(event).encode())


def common(**more: object) -> Event:
    return parsed({"commonEventObject": more})


def test_a_whole_event():
    event = parsed(COMPOSE)
    assert (event.host_app, event.platform, event.locale) == ("GMAIL", "WEB", "en-US")
    assert (event.time_zone, event.utc_offset_ms) == ("Europe/Paris", 3600000)
    assert event.user_id_token == "ey.user"
    assert event.authorized_scopes == {"https://www.googleapis.com/auth/userinfo.email"}
    assert (event.mail_id, event.thread_id) == ("msg-f:123", "thread-f:234")
    assert event.recipients == (Recipient("flynn@flynnsarcade.com"), Recipient("alan@encom.com", "", "cc"))
    assert (event.typed("link_text"), event.typed("link_address")) == ("See the offer", "")
    assert (event.parameter("compose_key"), event.parameter("again")) == ("k" * 22, "")


def test_an_event_keeps_secrets_and_addresses_out_of_logs():
    told = repr(parsed(COMPOSE))
    for secret in ("ey.user", "flynn@", "See the offer", "kkkk"):
        assert secret not in told


def test_whatever_is_left_out_is_off():
    event = common()
    assert event == Event()
    assert parsed({"commonEventObject": {"formInputs": {"x": {}}}, "gmail": None}).typed("x") == ""
    assert common(formInputs={"x": {"stringInputs": {"value": []}}}).typed("x") == ""
    assert common(formInputs={"x": {"dateInput": {"msSinceEpoch": "5"}}}).typed("x") == ""


def test_unknown_keys_do_no_harm():
    assert parsed({**COMPOSE, "chat": {"x": [1]}, "novelty": 5}) == parsed(COMPOSE)


def test_scopes_that_google_did_not_tell_are_not_scopes_that_were_refused():
    assert common().authorized_scopes is None
    assert (
        parsed({"commonEventObject": {}, "authorizationEventObject": {"authorizedScopes": []}}).authorized_scopes
        == set()
    )


def test_each_recipient_is_there_once_by_the_first_role():
    gmail = {
        "toRecipients": ["Kevin Flynn <flynn@flynnsarcade.com>", "no address", "", "@"],
        "ccRecipients": ["FLYNN@flynnsarcade.com", "alan@encom.com"],
    }
    people = parsed({"commonEventObject": {}, "gmail": gmail}).recipients
    assert people == (Recipient("flynn@flynnsarcade.com", "Kevin Flynn", "to"), Recipient("alan@encom.com", "", "cc"))


def test_more_recipients_than_a_mail_may_have_are_cut():
    gmail = {"toRecipients": [f"p{number}@x.example" for number in range(MOST_RECIPIENTS + 5)]}
    assert len(parsed({"commonEventObject": {}, "gmail": gmail}).recipients) == MOST_RECIPIENTS


def test_texts_are_freed_of_what_cannot_be_stored():
    body = b'{"commonEventObject": {"userLocale": "e\\u0000n", "parameters": {"a\\ud800": "b\\udfff"}}}'
    event = parse_event(body)
    assert event.locale == "en"
    assert event.parameters == {"a?": "b?"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"GMAIL"',
        b"{}",
        b'{"commonEventObject": []}',
        b'{"commonEventObject": {"hostApp": 5}}',
        b'{"commonEventObject": {"formInputs": {"x": {"stringInputs": {"value": "x"}}}}}',
        b'{"commonEventObject": {"formInputs": {"x": {"stringInputs": {"value": [5]}}}}}',
        b'{"commonEventObject": {"formInputs": {"x": []}}}',
        b'{"commonEventObject": {"parameters": {"x": {}}}}',
        b'{"commonEventObject": {"timeZone": {"offset": "soon"}}}',
        b'{"commonEventObject": {}, "gmail": {"toRecipients": "flynn@flynnsarcade.com"}}',
        b'{"commonEventObject": {}, "gmail": {"messageId": 5}}',
        b'{"commonEventObject": {}, "authorizationEventObject": {"authorizedScopes": "all"}}',
        b'{"commonEventObject": {}, "authorizationEventObject": {"userIdToken": ["x"]}}',
        b"[" * 100_000,
        b'{"commonEventObject": {"timeZone": {"offset": ' + b"9" * 10_000 + b"}}}",
    ],
)
def test_nonsense_is_malformed(body):
    with pytest.raises(Malformed):
        parse_event(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
KEYS = ["commonEventObject", "authorizationEventObject", "gmail"]
INNER = [
    *("hostApp", "userLocale", "timeZone", "formInputs", "parameters", "userIdToken", "authorizedScopes"),
    *("messageId", "threadId", "toRecipients", "ccRecipients"),
]
EVENTS = st.dictionaries(
    st.sampled_from(KEYS), JSON | st.dictionaries(st.sampled_from(INNER), JSON, max_size=6), max_size=3
)


@given(JSON | EVENTS)
def test_any_json_is_an_event_or_malformed(told):
    try:
        event = parse_event(json.dumps(told).encode())
    except Malformed:
        return
    assert isinstance(event, Event)
    json.dumps([event.mail_id, *event.parameters.items(), *event.inputs.items()]).encode()
    for person in event.recipients:
        assert "\0" not in person.address
        person.address.encode()
    viewer_of(NOW, event.locale, event.time_zone, event.utc_offset_ms).local(NOW)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_malformed(body):
    with contextlib.suppress(Malformed):
        parse_event(body)
