"""What each hit was: section D of the product, complaint by complaint, and what must hold whatever comes in."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.hits import Answer, Claim, Hit, MessageFacts, OwnDevice, Presence
from backend.domain.verdicts import RULES, inferred_view, judge

SENT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
QUORRA, SAM = 1, 2
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
APPLE = "Mozilla/5.0"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0.17928; MSOffice 16)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
DEFENDER_IP = "40.94.20.7"
FLYNNS = MessageFacts(rep_id=QUORRA, sent_at=SENT, reader="Kevin Flynn", colleagues={SAM: "Sam Tully"})


def at(seconds):
    return SENT + timedelta(seconds=seconds)


def look(seconds, agent=OUTLOOK, **values):
    return Hit(
        **{
            "id": uuid4(),
            "kind": "open",
            "received_at": at(seconds),
            "user_agent": agent,
            "ip": "203.0.113.5",
            **values,
        }
    )


def click(seconds, link=1, agent=CHROME, **values):
    return look(seconds, agent, kind="click", link_id=link, **values)


def words(hits, facts=FLYNNS):
    """The verdicts in the order in which the hits are given here."""
    found = {one.hit_id: one.verdict for one in judge(hits, facts)}
    return [found[hit.id] for hit in hits]


def only(hit, facts=FLYNNS):
    (verdict,) = judge([hit], facts)
    return verdict


# D7: the owner's own views


def test_the_owners_views_from_a_known_device_are_hers():
    """Owner's views from a known device never count, but show as "you" (D7)."""
    device = uuid4()
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, devices=(OwnDevice(device, QUORRA),))
    verdict = only(look(60, CHROME, device_id=device), facts)
    assert (verdict.verdict, verdict.rule) == ("self", "own_device")
    assert verdict.sentence.startswith("That was you")
    assert words([click(60, device_id=device)], facts) == ["self"]


def test_the_owners_views_of_the_sent_copy_through_gmails_proxy_are_hers():
    """Through the proxy the owner's look is known by the add-on's call at that moment, before it or after (D7)."""
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, presences=(Presence(QUORRA, at(60)), Presence(QUORRA, at(90))))
    assert words([look(58, GMAIL), look(92, GMAIL)], facts) == ["self", "self"]


def test_the_owners_views_of_a_quoted_copy_in_an_answer_are_hers():
    """The pixel comes back in the answer that she reads a day later: that is not Flynn (D7)."""
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, presences=(Presence(QUORRA, at(86_400)),))
    assert words([look(3600, GMAIL), look(86_401, GMAIL)], facts) == ["human", "self"]


def test_a_presence_explains_one_look_and_not_flynns_in_the_same_seconds():
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, presences=(Presence(QUORRA, at(60)),))
    assert words([look(61, GMAIL), look(66, GMAIL)], facts) == ["self", "human"]


def test_a_presence_explains_nothing_that_did_not_come_through_google():
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, presences=(Presence(QUORRA, at(60)),))
    assert words([look(61, OUTLOOK)], facts) == ["human"]


def test_a_colleagues_looks_are_the_teams():
    device = uuid4()
    facts = MessageFacts(
        rep_id=QUORRA,
        sent_at=SENT,
        devices=(OwnDevice(device, SAM),),
        presences=(Presence(SAM, at(600)),),
        colleagues={SAM: "Sam Tully"},
    )
    assert words([look(60, CHROME, device_id=device), look(601, GMAIL)], facts) == ["team", "team"]
    assert "Sam Tully" in only(look(60, CHROME, device_id=device), facts).sentence


def test_a_device_is_a_strangers_once_it_is_forgotten():
    device = uuid4()
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, devices=(OwnDevice(device, QUORRA, forgotten_at=at(100)),))
    assert words([look(60, CHROME, device_id=device), look(200, CHROME, device_id=device)], facts) == ["self", "human"]


def test_a_look_before_sending_is_a_look_at_the_draft():
    assert words([look(-30, GMAIL), look(-1, CHROME), click(-5)]) == ["draft"] * 3


@pytest.mark.parametrize("state", ["prepared", "lapsed"])
def test_all_looks_are_at_the_draft_until_the_sent_copy_was_seen(state):
    assert words([look(60), click(90)], MessageFacts(rep_id=QUORRA, state=state)) == ["draft", "draft"]


# The reps' own word


def told(facts=FLYNNS, **claims):
    """Facts with what reps said: `told(own=(hit, seconds), sams=(hit, seconds))`."""
    said = {"own": QUORRA, "sams": SAM}
    return replace(facts, claims=tuple(Claim(hit, said[who], at(when)) for who, (hit, when) in claims.items()))


@pytest.mark.parametrize(
    "hit",
    [look(60), look(60, GMAIL), look(60, APPLE), click(60), look(60, method="HEAD"), look(60, device_id=uuid4())],
    ids=["Outlook", "Gmail's proxy", "Apple's proxy", "a click", "a HEAD", "a strange device"],
)
def test_what_the_rep_calls_hers_is_hers_whatever_it_looked_like(hit):
    verdict = only(hit, told(own=(hit, 600)))
    assert (verdict.verdict, verdict.rule, verdict.confidence) == ("self", "own_word", 1.0)
    assert verdict.sentence == "That was you: you said so."


def test_what_a_colleague_calls_theirs_is_the_teams_by_name():
    hit = look(60)
    verdict = only(hit, told(sams=(hit, 600)))
    assert (verdict.verdict, verdict.rule) == ("team", "colleagues_word")
    assert "Sam Tully" in verdict.sentence


def test_the_messages_own_rep_is_believed_before_a_colleague():
    hit = look(60)
    assert words([hit], told(own=(hit, 900), sams=(hit, 600))) == ["self"]


def test_later_looks_of_the_same_browser_and_network_are_probably_hers():
    mine, later = look(60, CHROME), look(7200, CHROME, ip="203.0.113.99")
    verdict = judge([mine, later], told(own=(mine, 600)))[1]
    assert (verdict.verdict, verdict.rule) == ("self", "learned_client")
    assert "the same browser and network as one that you called yours" in verdict.sentence
    assert verdict.sentence.startswith("Probably")
    assert verdict.confidence < 0.8


def test_a_word_on_one_mail_teaches_for_the_reps_other_mails():
    elsewhere = look(-9000, CHROME)
    assert words([look(7200, CHROME)], told(own=(elsewhere, 0))) == ["self"]


@pytest.mark.parametrize(
    "later",
    [
        look(500, CHROME),
        look(7200, CHROME, ip="198.51.100.9"),
        look(7200, IPHONE),
        look(7200, CHROME, device_id=uuid4()),
    ],
    ids=["before the word", "another network", "another program", "a device that is not hers"],
)
def test_other_looks_stay_the_readers(later):
    mine = look(-9000, CHROME)
    assert words([later], told(own=(mine, 600))) == ["human"]


@pytest.mark.parametrize("agent", [GMAIL, YAHOO])
def test_a_shared_proxy_teaches_nothing(agent):
    mine, flynns = look(60, agent), look(7200, agent)
    assert words([mine, flynns], told(own=(mine, 600))) == ["self", "human"]


def test_a_word_that_teaches_no_more_still_holds_for_its_own_look():
    mine, later = look(60, CHROME), look(7200, CHROME)
    taught = replace(FLYNNS, claims=(Claim(mine, QUORRA, at(600), teaches=False),))
    assert words([mine, later], taught) == ["self", "human"]


def test_a_colleagues_browser_is_learned_for_the_colleagues_mails_only():
    theirs, later = look(60, CHROME), look(7200, CHROME)
    assert words([theirs, later], told(sams=(theirs, 600))) == ["team", "human"]
    assert words([later], told(replace(FLYNNS, rep_id=SAM), sams=(theirs, 600))) == ["self"]


def test_what_went_on_from_the_reps_own_look_is_no_view_either():
    mine, again = look(60, CHROME), look(120, CHROME)
    assert words([mine, again]) == ["human", "repeat"]
    assert words([mine, again], told(own=(mine, 600))) == ["self", "repeat"]


def test_through_a_shared_proxy_what_came_after_the_reps_own_look_may_be_flynn():
    mine, flynns = look(60, GMAIL), look(120, GMAIL)
    assert words([mine, flynns], told(own=(mine, 600))) == ["self", "human"]


def test_a_click_that_is_called_hers_makes_no_burst_with_flynns():
    mine, flynns = click(60, 1, ip="198.51.100.7"), click(60.5, 2)
    assert words([mine, flynns]) == ["scanner", "scanner"]
    assert words([mine, flynns], told(own=(mine, 600))) == ["self", "human"]


def test_a_presence_belongs_to_the_look_that_the_rep_called_hers():
    mine, flynns = look(66, GMAIL), look(61, GMAIL)
    facts = replace(FLYNNS, presences=(Presence(QUORRA, at(60)),))
    assert words([mine, flynns], facts) == ["human", "self"]
    assert words([mine, flynns], told(facts, own=(mine, 600))) == ["self", "human"]


# D8: a shared mail names nobody


def test_a_mail_shared_by_to_and_cc_says_someone_on_this_mail_and_never_a_name():
    """D8."""
    shared = MessageFacts(rep_id=QUORRA, sent_at=SENT)
    for hit in (look(60), look(60, GMAIL), click(60)):
        sentence = only(hit, shared).sentence.lower()
        assert "someone on this mail" in sentence
        assert "flynn" not in sentence
    assert "the people on this mail" in only(look(60, APPLE), shared).sentence


def test_a_mail_to_one_person_names_the_person():
    assert "Kevin Flynn opened it in Outlook on Windows" in only(look(60)).sentence


# D9: human, proxy, machine


def test_gmails_proxy_is_a_persons_look():
    """Over-filtering is as bad: Gmail proxy opens count (D9, C2)."""
    assert words([look(60, GMAIL)]) == ["human"]
    assert words([look(60, YAHOO)]) == ["human"]


def test_gmails_pre_open_does_not_count_and_a_later_real_open_does():
    """The Edge/12.246 pre-open does not notify; a later real open upgrades (D9)."""
    assert words([look(3, GMAIL_PREFETCH), look(600, GMAIL)]) == ["prefetch", "human"]


def test_apples_proxy_does_not_count_and_says_that_it_says_nothing():
    """Mail Privacy Protection loads everything (D9, C1)."""
    verdict = only(look(60, APPLE, ip="17.58.1.1"))
    assert (verdict.verdict, verdict.rule) == ("prefetch", "apple_prefetch")
    assert "Apple's proxy loaded it, which says nothing about Kevin Flynn" in verdict.sentence
    assert words([look(60, APPLE), look(600, IPHONE)]) == ["prefetch", "human"]


def test_a_look_before_the_mail_can_have_arrived_is_a_machines():
    """Pre-delivery hits do not notify (D9)."""
    assert words([look(1, CHROME)]) == ["scanner"]
    assert words([click(1)]) == ["scanner"]


def test_a_quick_look_through_gmails_proxy_counts_with_doubt():
    """Whether Gmail fetches at delivery is disputed: an early look is shown as probable, not dropped."""
    verdict = only(look(2, GMAIL))
    assert verdict.verdict == "human"
    assert verdict.confidence < 0.8 < only(look(60, GMAIL)).confidence


def test_a_quick_look_in_a_mail_program_counts():
    assert words([look(1, OUTLOOK), click(3, agent=CHROME)]) == ["human", "human"]


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", "scanner"),
        ("Microsoft Office Existence Discovery", "bot"),
        ("Slack-ImgProxy 1.19 (+https://api.slack.com/robots)", "bot"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        ("python-requests/2.32.3", "bot"),
        ("", "bot"),
    ],
)
def test_machines_that_name_themselves_never_count(agent, word):
    assert words([look(60, agent), click(90, agent=agent)]) == [word, word]


def test_no_proxy_for_pictures_clicks():
    assert words([click(60, agent=APPLE), click(60, agent=GMAIL)]) == ["bot", "bot"]


def test_a_headless_browser_is_known_by_its_own_hint():
    assert words([look(60, CHROME, headers={"sec-ch-ua": '"HeadlessChrome";v="142"'})]) == ["bot"]


# D10: bursts, HEAD, prefetch


@pytest.mark.parametrize("delay", [8, 43, 300, 86_400])
def test_three_different_links_within_two_seconds_are_a_machine_at_any_delay(delay):
    """D10."""
    hits = [click(delay + offset, link) for link, offset in ((1, 0.0), (2, 1.0), (3, 1.9))]
    assert words(hits) == ["scanner"] * 3


def test_the_third_link_changes_what_the_first_two_were():
    """Retroactively (D10)."""
    first, second, third = click(60, 1), click(61.2, 2), click(61.9, 3)
    assert words([first]) == ["human"]
    assert words([first, second]) == ["human", "human"]
    assert words([first, second, third]) == ["scanner"] * 3


def test_a_burst_from_many_addresses_is_one_burst():
    assert words([click(60 + n / 10, n, ip=f"198.51.{n}.7") for n in range(5)]) == ["scanner"] * 5


def test_what_a_machine_does_around_its_burst_is_the_machines():
    hits = [look(40, CHROME), *(click(42 + n / 10, n) for n in range(3)), click(70, 9)]
    assert words(hits) == ["scanner"] * 5


def test_a_person_beside_a_burst_still_counts():
    hits = [
        *(click(42 + n / 10, n, ip="198.51.100.7") for n in range(3)),
        look(50, OUTLOOK),
        click(55, 1, agent=CHROME),
    ]
    assert words(hits) == ["scanner"] * 3 + ["human", "human"]


def test_three_links_within_minutes_are_a_reader():
    assert words([click(60, 1), click(100, 2), click(140, 3)]) == ["human"] * 3


def test_two_links_within_a_second_are_a_machine_and_a_double_click_is_not():
    assert words([click(60, 1), click(60.4, 2)]) == ["scanner", "scanner"]
    assert words([click(60, 1), click(60.4, 1)]) == ["human", "repeat"]


def test_head_never_counts():
    """D10."""
    assert words([look(60, method="HEAD"), click(60, method="HEAD")]) == ["bot", "bot"]


@pytest.mark.parametrize(
    "headers",
    [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-purpose": "preview"}, {"x-moz": "prefetch"}],
)
def test_an_announced_prefetch_never_counts(headers):
    """D10."""
    assert words([click(60, headers=headers), look(60, CHROME, headers=headers)]) == ["prefetch", "prefetch"]


def test_a_browser_out_of_a_security_network_soon_after_delivery_is_a_scanner():
    assert words([click(43, ip=DEFENDER_IP)]) == ["scanner"]


def test_a_network_alone_is_never_the_reason():
    """People work behind such networks: hours later the click counts, with doubt."""
    verdict = only(click(7200, ip=DEFENDER_IP))
    assert verdict.verdict == "human"
    assert verdict.confidence < 0.8


def test_a_recheck_beside_a_persons_click_is_a_scanner_and_the_click_counts():
    assert words([click(7200, 1), click(7203, 1, ip=DEFENDER_IP)]) == ["human", "scanner"]


# Sessions


def test_second_open_within_the_session_is_a_repeat():
    assert words([look(60), look(61), look(600)]) == ["human", "repeat", "repeat"]


def test_a_session_lasts_as_long_as_it_goes_on():
    half = 20 * 60
    assert words([look(60 + n * half) for n in range(4)]) == ["human", "repeat", "repeat", "repeat"]


def test_an_open_after_the_session_counts_again():
    assert words([look(60), look(60 + 31 * 60)]) == ["human", "human"]


def test_a_look_on_a_second_device_counts():
    assert words([look(60, OUTLOOK), look(120, IPHONE), look(180, OUTLOOK, ip="198.51.100.9")]) == ["human"] * 3


def test_gmails_proxy_is_one_client_from_whatever_address():
    assert words([look(60, GMAIL, ip="66.249.81.1"), look(90, GMAIL, ip="74.125.1.1")]) == ["human", "repeat"]


def test_another_link_is_another_click():
    assert words([click(60, 1), click(120, 2), click(130, 1)]) == ["human", "human", "repeat"]


def test_a_machine_before_does_not_make_the_person_a_repeat():
    assert words([look(1, CHROME), look(120, CHROME)]) == ["scanner", "human"]


# D12: what must have been seen


def test_a_reply_fills_in_a_view_that_is_marked_inferred():
    """D12."""
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, answers=(Answer(at(900), "Kevin Flynn"),))
    view = inferred_view([], [], facts)
    assert view is not None
    assert (view.at, view.who) == (at(900), "Kevin Flynn")
    assert "though its image was not loaded" in view.sentence
    assert "a tracked link in your next mail tells of it even then" in view.sentence


def test_a_persons_click_fills_in_a_view_and_a_machines_does_not():
    """D12, and machine events never count for anything (D11)."""
    person, machines = [click(60)], [click(60, 1), click(60.1, 2), click(60.2, 3)]
    view = inferred_view(person, judge(person, FLYNNS), FLYNNS)
    assert view is not None
    assert view.at == at(60)
    assert inferred_view(machines, judge(machines, FLYNNS), FLYNNS) is None


def test_a_counted_view_needs_no_inferred_one():
    facts = MessageFacts(rep_id=QUORRA, sent_at=SENT, answers=(Answer(at(900), "Kevin Flynn"),))
    hits = [look(60)]
    assert inferred_view(hits, judge(hits, facts), facts) is None
    assert inferred_view([], [], MessageFacts(rep_id=QUORRA, state="prepared", answers=facts.answers)) is None


# Whatever comes in

AGENTS = [GMAIL, GMAIL_PREFETCH, APPLE, YAHOO, OUTLOOK, IPHONE, CHROME, "curl/8.5.0", "", "Frobnicator"]
DEVICES = (OwnDevice(UUID(int=1), QUORRA), OwnDevice(UUID(int=2), SAM, forgotten_at=at(50)))

any_hits = st.lists(
    st.builds(
        Hit,
        id=st.uuids(),
        kind=st.sampled_from(["open", "click"]),
        received_at=st.integers(-60_000, 4_000_000).map(lambda ms: SENT + timedelta(milliseconds=ms)),
        user_agent=st.one_of(st.sampled_from(AGENTS), st.text(max_size=30)),
        ip=st.sampled_from([None, "203.0.113.5", "203.0.113.9", "198.51.100.7", DEFENDER_IP, "2001:db8::1", "rubbish"]),
        method=st.sampled_from(["GET", "GET", "GET", "HEAD"]),
        device_id=st.sampled_from([None, None, UUID(int=1), UUID(int=2), UUID(int=3)]),
        link_id=st.integers(1, 4),
    ),
    max_size=25,
    unique_by=lambda hit: hit.id,
)
any_presence = st.builds(Presence, st.sampled_from([QUORRA, SAM]), st.integers(-60, 4000).map(at))
any_facts = st.builds(
    MessageFacts,
    rep_id=st.just(QUORRA),
    state=st.sampled_from(["sent", "sent", "sent", "prepared", "lapsed"]),
    sent_at=st.sampled_from([SENT, None]),
    reader=st.sampled_from(["Kevin Flynn", None]),
    devices=st.just(DEVICES),
    presences=st.lists(any_presence, max_size=4).map(tuple),
)


@st.composite
def any_scene(draw):
    """Hits with facts, where reps may have called some of them theirs, and hits of other messages too."""
    hits, facts = draw(any_hits), draw(any_facts)
    elsewhere = draw(any_hits)
    claimable = hits + elsewhere
    claims = []
    if claimable:
        said = st.builds(
            Claim,
            st.sampled_from(claimable),
            st.sampled_from([QUORRA, SAM]),
            st.integers(-60, 4000).map(at),
            st.booleans(),
        )
        claims = draw(st.lists(said, max_size=5, unique_by=lambda claim: (claim.hit.id, claim.rep_id)))
    return hits, replace(facts, claims=tuple(claims))


def shuffled(things, chance: random.Random):
    found = list(things)
    chance.shuffle(found)
    return found


@given(any_scene(), st.randoms())
def test_the_order_of_arrival_changes_nothing(scene, chance: random.Random):
    """Neither of hits nor of the reps' words on them."""
    hits, facts = scene
    other = replace(facts, claims=tuple(shuffled(facts.claims, chance)))
    assert judge(shuffled(hits, chance), other) == judge(hits, facts)


@given(any_scene())
def test_what_a_rep_called_hers_never_counts_and_is_told_by_her_word(scene):
    hits, facts = scene
    called = {(claim.hit.id, claim.rep_id) for claim in facts.claims}
    for one in judge(hits, facts):
        wanted = "self" if (one.hit_id, QUORRA) in called else "team" if (one.hit_id, SAM) in called else None
        assert (one.rule in ("own_word", "colleagues_word")) == (wanted is not None)
        assert wanted is None or one.verdict == wanted


@given(any_scene())
def test_a_word_teaches_nothing_about_looks_before_it_or_through_a_proxy(scene):
    hits, facts = scene
    by_id = {hit.id: hit for hit in hits}
    for one in judge(hits, facts):
        if one.rule == "learned_client":
            hit = by_id[one.hit_id]
            assert hit.user_agent not in (GMAIL, GMAIL_PREFETCH, APPLE, YAHOO)
            assert hit.device_id is None
            teachers = [claim for claim in facts.claims if claim.teaches and claim.rep_id == QUORRA]
            assert any(claim.at < hit.received_at for claim in teachers)
            assert one.confidence < 0.8


@given(any_scene())
def test_every_hit_gets_one_verdict_with_a_rule_a_sentence_and_a_confidence(scene):
    hits, facts = scene
    verdicts = judge(hits, facts)
    names = {rule.name: rule.verdict for rule in RULES}
    assert {one.hit_id for one in verdicts} == {hit.id for hit in hits}
    assert len(verdicts) == len(hits)
    for one in verdicts:
        assert names[one.rule] == one.verdict
        assert one.sentence.strip().endswith((".", "?", "!"))
        assert 0 < one.confidence <= 1


@given(any_scene())
def test_nothing_counts_of_a_mail_that_was_not_sent_or_before_it_was(scene):
    hits, facts = scene
    called = {claim.hit.id for claim in facts.claims}
    by_id = {hit.id: hit for hit in hits}
    for one in judge(hits, facts):
        before = facts.sent_at is not None and by_id[one.hit_id].received_at < facts.sent_at
        assert (one.verdict == "draft") == ((facts.state != "sent" or before) and one.hit_id not in called)


@given(any_scene())
def test_a_repeat_always_goes_on_from_a_counted_look_or_from_one_that_a_rep_called_theirs(scene):
    counted = False
    for one in judge(*scene):
        counted = counted or one.verdict == "human" or one.rule in ("own_word", "colleagues_word")
        assert counted or one.verdict != "repeat"


def test_every_rule_has_a_name_of_its_own_and_a_source():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.source for rule in RULES)
