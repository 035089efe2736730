"""What an answer says in its own words: quotation and signature stay out, and no word of the answer does."""

import pytest

from backend.domain.answer_text import LONGEST, new_text
from backend.domain.mail import parse_mail
from tests.payloads.mail import QUOTED, letter

SAID = (
    ("Yes, let's do it.\n\nKevin" + QUOTED, "Yes, let's do it.\n\nKevin"),
    (QUOTED.lstrip() + "\nWe accept.\n", "We accept."),
    ("> Would 12 do?\n\nMake it 14.\n\n> In March?\n\nYes.", "Make it 14.\n\nYes."),
    ("Yes\n\nSent from my iPhone\n\n> On 24 Nov 2026, Quorra <q@gridworks.example> wrote:\n> Hello", "Yes"),
    (
        "Ok\n\nInviato da iPhone\n\nIl giorno 24 nov 2026, alle ore 09:00, Quorra <q@g.example> ha scritto:\n> Ciao",
        "Ok",
    ),
    (
        "Hallo,\n\npasst. Donnerstag?\n\nViele Grüße\nPetra Meier\nENCOM GmbH\n\nVon: Quorra <q@g.example>\n"
        "Gesendet: Dienstag, 24. November 2026 09:00\nAn: Petra\nBetreff: Angebot\n\nHallo",
        "Hallo,\n\npasst. Donnerstag?",
    ),
    ("Спасибо, согласны.\n\nС уважением,\nАнна\n\n24.11.2026 09:00, Quorra пишет:\n> Hello", "Спасибо, согласны."),
    (
        "收到,谢谢!\n\n发自我的iPhone\n\n------------------ 原始邮件 ------------------\n发件人: Q <q@g.example>;\n"
        "发送时间: 2026年11月24日\n收件人: L <l@e.cn>;\n主题: Grid\n\nHello",
        "收到,谢谢!",
    ),
    ("What about March?\n\nBest regards,\nKevin Flynn\n555-0199\n\nThis e-mail is confidential.", "What about March?"),
    ("Send it.\n\n-- \nKevin Flynn\nCEO", "Send it."),
    ("Fine.\n\nRegards\nKevin\n\nP.S. Bring Alan, too.", "Fine.\n\nP.S. Bring Alan, too."),
    ("Thanks,\n\nwe will take it.\nKevin", "Thanks,\n\nwe will take it.\nKevin"),
    ("Hi,\n\nThank you\n\nWe looked at it and have one question.\nIs March possible?", None),
    ("Thank you", "Thank you"),
    ("I sent from my own pocket what was due.\nBest of all: it arrived.", None),
)


@pytest.mark.parametrize(("body", "said"), SAID)
def test_only_what_was_written_now_is_told(body: str, said: str | None) -> None:
    assert new_text(parse_mail(letter("", body))) == (body if said is None else said)


def test_html_alone_is_told_as_text() -> None:
    html = '<div>Deal. <b>Call</b> me &amp; Alan</div><blockquote class="gmail_quote"><div>Hello</div></blockquote>'
    assert new_text(parse_mail(letter(html=html))) == "Deal. Call me & Alan"


def test_what_could_trick_a_reader_is_left_out() -> None:
    assert (
        new_text(parse_mail(letter("", "pay \u202eevil\u202c now\x07, ok \N{THUMBS UP SIGN}"))) == "pay evil now, ok 👍"
    )


@pytest.mark.parametrize("hostile", ["Best regards\n" * 20_000, "sent from " * 20_000, "\n" * 100_000 + "x"])
def test_no_answer_is_longer_than_a_page(hostile: str) -> None:
    assert len(new_text(parse_mail(letter("", hostile)))) <= LONGEST
