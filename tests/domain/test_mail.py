"""Mail is read as far as it can be read, however broken, and refused only where it is none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.mail import Address, Mail, mail_from_headers, parse_mail
from backend.domain.mail_pieces import addresses, decoded, message_ids
from backend.domain.mail_text import bare_subject, newest_part, text_of_html
from backend.errors import UnreadableMail
from tests.payloads.mail import answer, letter, parts


def test_a_mail_says_who_when_and_what() -> None:
    mail = parse_mail(answer("Cc: Alan <alan@encom.com>\nReply-To: desk@flynnsarcade.com"))
    assert mail.from_ == Address("Kevin Flynn", "flynn@flynnsarcade.com")
    assert [each.address for each in (*mail.to, *mail.cc, *mail.reply_to)] == [
        "quorra@gridworks.example",
        "alan@encom.com",
        "desk@flynnsarcade.com",
    ]
    assert mail.date == datetime(2026, 11, 11, 10, 0, tzinfo=UTC)
    assert (mail.message_id, mail.in_reply_to) == ("answer-1@flynnsarcade.com", "CAF=quorra-1@mail.gmail.com")
    assert mail.newest == "Sounds good, call me on Monday."


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\r\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(400), "binary"),
        (b"just a few words\nand more", "no header"),
        (b"key: value\nother: thing\n\nbody", "no header"),
    ],
)
def test_what_cannot_be_mail_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMail, match=reason):
        parse_mail(raw)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<a@x>", ("a@x",)),
        ("<a@x> <b@y>", ("a@x", "b@y")),
        ("<a@x>,<b@y>", ("a@x", "b@y")),
        ("<a@x>\r\n\t<b@y>", ("a@x", "b@y")),
        ("<a\r\n @x>", ("a@x",)),
        ("a@x, b@y", ("a@x", "b@y")),
        ("undefined", ()),
        ("<undefined>", ()),
        ("<null> <a@x>", ("a@x",)),
        ('Your message of "Mon, 9 Nov" <a@x>', ("a@x",)),
        ("<a@x> <a@x>", ("a@x",)),
        ("&lt;a@x&gt;", ("a@x",)),
        ("<mailto:a@x>", ("a@x",)),
        ("", ()),
        ("<!~!UENERkVCMDkAAQACAAAAAAAAAAAAAA>", ("!~!UENERkVCMDkAAQACAAAAAAAAAAAAAA",)),
    ],
)
def test_mangled_ids_are_read(value: str, ids: tuple[str, ...]) -> None:
    assert message_ids(value) == ids


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ('"Flynn, Kevin" <Flynn@FlynnsArcade.com>', [("Flynn, Kevin", "flynn@flynnsarcade.com")]),
        ("flynn@flynnsarcade.com (Kevin Flynn)", [("Kevin Flynn", "flynn@flynnsarcade.com")]),
        ("a@x.example; b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        ("Kevin Flynn <flynn@flynnsarcade.com", [("Kevin Flynn <", "flynn@flynnsarcade.com")]),
        ("undisclosed-recipients:;", []),
        ("'flynn@x.example' <flynn@x.example>", [("flynn@x.example", "flynn@x.example")]),
        ("<mailto:flynn@x.example>", [("", "flynn@x.example")]),
    ],
)
def test_people_are_read_from_untidy_headers(value: str, people: list[tuple[str, str]]) -> None:
    assert [(each.name, each.address) for each in addresses(value) if each.address] == people


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?R=C3=A9ponse_automatique?=", "Réponse automatique"),
        ("=?iso-8859-1?Q?Abwesend=FC?= =?iso-8859-1?Q?berall?=", "Abwesendüberall"),
        ("=?utf-8?b?w4Q=?= x", "Ä x"),
        ("=?utf-8?B?4oKs4oI=?= =?utf-8?B?rA==?=", "€€"),
        ("=?x-nobody-knows?q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?b?broken", "=?utf-8?b?broken"),
        ("folded\r\n  words", "folded words"),
    ],
)
def test_encoded_headers_are_decoded(value: str, text: str) -> None:
    assert decoded(value) == text


def test_raw_bytes_and_unknown_charsets_are_read() -> None:
    mail = parse_mail(
        "From: a@x.example\nSubject: Grüße\nContent-Type: text/plain; charset=x-unknown\n\nGrüße".encode()
    )
    assert (mail.subject, mail.text) == ("Grüße", "Grüße")
    latin = parse_mail("From: a@x.example\nSubject: Grüße\n\nGrüße".encode("latin-1"))
    assert (latin.subject, latin.text) == ("Grüße", "Grüße")


def test_a_stray_line_among_the_headers_does_not_hide_the_rest() -> None:
    mail = parse_mail(b"Received: x\nthis is no header\nFrom: a@x.example\nIn-Reply-To : <b@y>\n\nbody")
    assert (mail.from_.address, mail.in_reply_to, mail.text) == ("a@x.example", "b@y", "body")


def test_ten_megabytes_of_headers_are_read_in_time() -> None:
    ids = b" ".join(b"<%d@x.example>" % number for number in range(600_000))
    mail = parse_mail(
        b"From: a@x.example\nReferences: <first@x>\n " + ids + b"\nSubject: " + b"=?" * 200_000 + b"\n\nx"
    )
    assert mail.references[0] == "first@x"
    assert len(mail.references) <= 500


def test_a_mail_without_end_and_with_a_wrong_boundary_is_read() -> None:
    whole = parts("", "mixed", "Content-Type: text/plain\n\nYes.", "Content-Type: text/html\n\n<p>Yes.</p>")
    assert parse_mail(whole[:-15]).text.strip() == "Yes."
    for wrong in (b'boundary="other"', b"", b"boundary="):
        assert parse_mail(whole.replace(b'boundary="=_cut"', wrong)).text.strip() == "Yes."


def test_nesting_without_end_is_read() -> None:
    raw = b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b0\n\n"
    raw += b"".join(b'--b%d\nContent-Type: multipart/mixed; boundary="b%d"\n\n' % (n, n + 1) for n in range(3000))
    assert parse_mail(raw).from_.address == "a@x.example"


def test_enclosed_mail_is_not_taken_for_the_mail_itself() -> None:
    mail = parse_mail(
        parts(
            "Subject: Have a look",
            "mixed",
            "Content-Type: text/plain\n\nHere it is.",
            "Content-Type: message/rfc822\n\nMessage-ID: <inner@x>\nSubject: Inner\n\nI am out of the office",
        )
    )
    assert (mail.subject, mail.text.strip(), mail.returned("message-id")) == ("Have a look", "Here it is.", "<inner@x>")


def test_headers_alone_make_a_mail() -> None:
    headers = [("From", "Kevin <flynn@x.example>"), ("Content-Type", 'multipart/report; report-type="delivery-status"')]
    mail = mail_from_headers(headers, mime_type="multipart/report")
    assert (mail.from_.address, mail.content_type, mail.content_param("report-type")) == (
        "flynn@x.example",
        "multipart/report",
        "delivery-status",
    )
    assert mail_from_headers([("From", "a@x.example")], mime_type="text/calendar").content_type == "text/calendar"
    assert mail.headers_only and not mail.text


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: AW: Fwd: Offer", "offer"),
        ("RE: [EXTERNAL] Re: Offer", "offer"),
        ("Re[2]: Offer", "offer"),
        ("SV: VS: Odp: YNT: Offer", "offer"),
        ("回复：Offer", "offer"),
        ("Automatic reply: RE: Offer", "offer"),
        ("Read: Offer", "offer"),
        ("[list] Offer", "offer"),
        ("Regarding the offer", "regarding the offer"),
        ("Re:", "re:"),
    ],
)
def test_prefixes_do_not_change_what_a_mail_is_about(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare


QUOTING = (
    "Yes.\n\nOn Tue, Nov 10, 2026 at 9:00 AM Quorra <q@x.example> wrote:\n> old",
    "Yes.\n\nOn Tue, Nov 10, 2026 at 9:00 AM Quorra Reed of Gridworks\n<quorra@gridworks.example> wrote:\n\n> old",
    "Yes.\n\nAm 10.11.2026 um 09:00 schrieb Quorra Reed:\n> old",
    "Yes.\n\nLe mar. 10 nov. 2026 à 09:00, Quorra <q@x.example> a écrit :\n\n> old",
    "Yes.\n\nEl mar, 10 nov 2026 a las 9:00, Quorra (<q@x.example>) escribió:\n\n> old",
    "Yes.\n\nIl giorno mar 10 nov 2026 alle ore 09:00 Quorra <q@x.example> ha scritto:\n\n> old",
    "Yes.\n\nDen tis 10 nov. 2026 kl 09:00 skrev Quorra <q@x.example>:\n\n> old",
    "Yes.\n\nOp di 10 nov 2026 om 09:00 schreef Quorra <q@x.example>:\n\n> old",
    "Yes.\n\nwt., 10 lis 2026 o 09:00 Quorra <q@x.example> napisał(a):\n\n> old",
    "Yes.\n\nвт, 10 нояб. 2026 г. в 09:00, Quorra <q@x.example>:\n\n> old",
    "Yes.\n\n2026年11月10日(火) 9:00 Quorra <q@x.example>:\n\n> old",
    "Yes.\n\n-----Original Message-----\nFrom: Quorra\nSent: Tuesday\nTo: Flynn\nSubject: x\n\nold",
    "Yes.\n\n-----Ursprüngliche Nachricht-----\nVon: Quorra\nGesendet: Dienstag\nAn: Flynn\nBetreff: x\n\nold",
    "Yes.\n\nDe : Quorra\nEnvoyé : mardi\nÀ : Flynn\nObjet : x\n\nold",
    "Yes.\n\n________________________________\nFrom: Quorra\nSent: Tuesday\nTo: Flynn\nSubject: x\n\nold",
    "Yes.\n\n*From:* Quorra\n*Sent:* Tuesday\n*To:* Flynn\n*Subject:* x\n\nold",
    "> old\n\nYes.",
    "Yes.\n\n-- \nKevin old Flynn",
)


@pytest.mark.parametrize("text", QUOTING)
def test_only_what_was_written_now_is_the_newest_part(text: str) -> None:
    assert newest_part(text) == "Yes."


def test_html_becomes_text_with_its_quotation_marked() -> None:
    html = "<html><head><title>x</title><style>p{}</style></head><body><p>Yes &amp; no</p><!-- c --><blockquote>old<br>"
    assert text_of_html(html + "older</blockquote></body>") == "Yes & no\n\n> old\n> older"


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail_or_a_reason(raw: bytes) -> None:
    try:
        parsed = parse_mail(raw)
    except UnreadableMail as reason:
        assert str(reason)
    else:
        _look_everywhere(parsed)


FRAGMENTS = st.sampled_from(
    [
        *(
            "From: ",
            "To: ",
            "Subject: ",
            "References: ",
            "Content-Type: ",
            "multipart/mixed; boundary=b",
            "--b",
            "--b--",
        ),
        *(
            "\n",
            "\r\n",
            "\n\n",
            " ",
            "<",
            ">",
            "@",
            ",",
            ";",
            '"',
            "=?utf-8?q?",
            "?=",
            "=?utf-8?b?",
            "=FF",
            "\0",
            "\x80",
        ),
        *(
            "text/html",
            "text/calendar",
            "message/rfc822",
            "message/delivery-status",
            "charset=utf-7",
            "base64",
            "METHOD:REPLY",
        ),
        *(
            "Content-Transfer-Encoding: ",
            "> ",
            "On Monday wrote:",
            "<blockquote>",
            "<!--",
            "Date: ",
            "Mon, 99 Foo",
            "é",
            "不",
        ),
    ]
)


@given(st.lists(FRAGMENTS, max_size=60))
def test_broken_mail_is_read_without_raising(fragments: list[str]) -> None:
    _look_everywhere(parse_mail(b"From: a@x.example\n" + "".join(fragments).encode("utf-8", "surrogateescape")))


def _look_everywhere(mail: Mail) -> None:
    assert mail == mail
    for name in ("message_id", "in_reply_to", "references", "from_", "to", "cc", "reply_to", "subject", "date", "text"):
        getattr(mail, name)
    assert isinstance(mail.html + mail.newest + mail.bare_subject, str)
    assert isinstance(mail.returned_headers, tuple)


def test_a_date_is_always_an_aware_instant() -> None:
    assert parse_mail(letter("Date: Wed, 11 Nov 2026 10:00:00 -0000")).date == datetime(2026, 11, 11, 10, tzinfo=UTC)
    assert parse_mail(letter("Date: yesterday")).date is None
