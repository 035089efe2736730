"""A person's answer is found, whatever mail program, list or gateway it came through; a forward is no answer."""

import pytest

from backend.domain.incoming import what_is
from backend.domain.mail import parse_mail
from tests.payloads.mail import ANSWERS, QUOTED, answer, letter, parts

HUMAN = {
    "Gmail on the web": answer("MIME-Version: 1.0\nX-Received: by 2002:a05:6808:1 with SMTP id 5mr1"),
    "Gmail on Android": answer("", "Works for me\n\nSent from my phone"),
    "Outlook desktop": answer(
        """
        X-Mailer: Microsoft Outlook 16.0
        Thread-Index: AQHbM5Vnk1d8QkqYkU6mUuQ2x1l7ZbK1d2mw
        Content-Language: en-us
        """,
        "Looks good.\n\nFrom: Quorra Reed <quorra@gridworks.example>\nSent: Tuesday, November 10, 2026 9:00 AM\n"
        "To: Kevin Flynn\nSubject: Proposal for the arcade\n\nDear Mr Flynn",
        quoted=False,
    ),
    "Outlook on the web with X-Auto-Response-Suppress": answer(
        """
        Thread-Topic: Proposal for the arcade
        Thread-Index: AQHbM5Vnk1d8QkqYkU6mUuQ2x1l7ZbK1d2mw
        X-Auto-Response-Suppress: DR, OOF, AutoReply
        X-MS-Exchange-SenderADCheck: 1
        """
    ),
    "Exchange with X-Auto-Response-Suppress: All": answer("X-Auto-Response-Suppress: All"),
    "a rule passed it on: Inbox-Rules-Loop alone": answer("X-MS-Exchange-Inbox-Rules-Loop: flynn@flynnsarcade.com"),
    "Outlook for iOS": answer(
        "",
        "Yes.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
        "From: Quorra Reed\nSent: Tuesday\nTo: Flynn\nSubject: Proposal\n\nDear",
        quoted=False,
    ),
    "Apple Mail": answer("X-Mailer: Apple Mail (2.3774.300.61)\nMime-Version: 1.0 (Mac OS X Mail 16.0)"),
    "iPhone": answer("X-Mailer: iPhone Mail (21F90)", "Sure\n\nSent from my iPhone"),
    "Thunderbird": answer("User-Agent: Mozilla Thunderbird"),
    "K-9 on Android": answer("User-Agent: K-9 Mail for Android"),
    "Yahoo": answer("X-Mailer: WebService/1.1.22876 YMailNodin"),
    "GMX": answer("X-Priority: 3\nSensitivity: Normal\nX-UI-Message-Type: mail"),
    "Notes": answer("X-Mailer: HCL Notes Release 12.0\nX-MIMETrack: Serialize by Router on Arcade"),
    "Zimbra": answer(
        "X-Mailer: Zimbra 8.8.15_GA_4372 (ZimbraWebClient - GC119)\nThread-Topic: Proposal for the arcade"
    ),
    "GroupWise": answer("X-Mailer: Novell GroupWise Internet Agent 18.0"),
    "Roundcube": answer("User-Agent: Roundcube Webmail/1.6.1"),
    "mutt with Auto-Submitted: no": answer("User-Agent: Mutt/2.2.9\nAuto-Submitted: no"),
    "Auto-Submitted: No; with a comment": answer("Auto-Submitted: No; person"),
    "X-Autoreply: no": answer("X-Autoreply: no"),
    "Proton": answer("X-Pm-Message-Id: abc\nFeedback-ID: 1:user:proton"),
    "a forwarding service that adds Precedence: bulk": answer("Precedence: bulk\nX-Mailer: Groupwise 7.0.3"),
    "a mailing list": answer(
        "Precedence: list\nList-Id: <arcade.lists.example>\nList-Unsubscribe: <mailto:u@x.example>"
    ),
    "a Google group": answer(
        "Precedence: list\nMailing-list: list arcade@googlegroups.com\nList-ID: <arcade.googlegroups.com>\n"
        "X-Google-Group-Id: 1\nList-Unsubscribe: <mailto:x@googlegroups.com>"
    ),
    "Majordomo with Precedence: bulk": answer(
        "Precedence: bulk\nSender: owner-arcade@lists.example\nX-Loop: majordomo"
    ),
    "a person who quotes an out-of-office": letter(
        f"Subject: Re: Automatic reply: Proposal\n{ANSWERS}",
        "Ha, so much for your holiday. Let's talk then.\n\nOn Tue, Nov 10, 2026 at 9:00 AM Quorra wrote:\n"
        "> I am out of the office until 20 November with limited access to email.\n> This is an automatic reply.\n",
    ),
    "a person who was away": answer("", "Sorry for the late answer, I was out of the office last week. Price is fine."),
    "a person who will be away": answer(
        "X-Mailer: Apple Mail (2.3774)", "I am out of the office until Monday, can we talk on Tuesday at ten?"
    ),
    "a person who quotes a bounce": letter(
        f"Subject: Re: Undeliverable: Proposal\n{ANSWERS}",
        "You had a typo in the address, this one works.\n\n> Your message could not be delivered.\n> 550 5.1.1 "
        "unknown user\n",
    ),
    "a person with an attached invitation": parts(
        f"Subject: Re: Proposal\n{ANSWERS}",
        "mixed",
        "Content-Type: text/plain\n\nHere is the date for your calendar.",
        'Content-Type: application/ics; name="date.ics"\nContent-Disposition: attachment; filename="date.ics"\n\n'
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR",
    ),
    "a person who asks for a read receipt": answer("Disposition-Notification-To: flynn@flynnsarcade.com"),
    "HTML alone": letter(ANSWERS, html="<div>Yes &amp; thanks</div><blockquote>Dear Mr Flynn</blockquote>"),
    "only References": letter(f"References: <older@x.example> <{'CAF=quorra-1@mail.gmail.com'}>"),
    "a support desk's agent": answer(
        "From: Anna of Arcade Support <support@flynnsarcade.com>", "I have changed your address. Anything else? Anna"
    ),
    "answers in German": answer("Subject: AW: Angebot", "Passt, rufen Sie mich bitte am Montag an."),
    "answers in Swedish": answer("Subject: SV: Offert", "Det låter bra."),
    "answers in Finnish": answer("Subject: VS: Tarjous", "Sopii."),
    "answers in Polish": answer("Subject: Odp: Oferta", "Dziękuję, zgadzam się."),
    "answers in Turkish": answer("Subject: YNT: Teklif", "Tamam."),
    "answers in Portuguese": answer("Subject: RES: Proposta", "Combinado."),
    "answers in Italian": answer("Subject: R: Offerta", "Va bene."),
    "answers in Chinese": answer("Subject: 回复：报价", "可以。"),
    "answers in Hungarian": answer("Subject: VÁ: Ajánlat", "Rendben."),
    "answers in Czech": answer("Subject: RE: Nabídka", "Souhlasím, zavolám v pondělí."),
    "another subject": answer("Subject: Price", "What does it cost?"),
    "without references, by subject": letter("Subject: Re: Proposal for the arcade", "Yes please"),
    "a list's tag before Re": letter("Subject: [EXTERNAL] RE: Proposal for the arcade", "Yes please"),
    "an answer to a forward": letter(f"Subject: Re: Fwd: Proposal\n{ANSWERS}", "Thank you"),
    "in-reply-to with a phrase": letter('In-Reply-To: Your message of "Tue, 10 Nov 2026" <x@y.example>', "Yes"),
    "an empty answer with a quotation": answer("", ""),
    "a short thank-you": answer("", "Thank you for your email. I will look at it on Thursday and call you."),
    "signature with a bank's disclaimer": answer(
        "", "Fine.\n\nThis message is confidential. If you are not the intended recipient please delete it."
    ),
}

NOT_ANSWERS = {
    "a new mail": letter("Subject: Lunch?", "Are you free?"),
    "a forward": letter(f"Subject: Fwd: Proposal\n{ANSWERS}", "FYI\n\n---------- Forwarded message ---------\nFrom: Q"),
    "a forward from Outlook in German": letter(f"Subject: WG: Angebot\n{ANSWERS}", "z.K."),
    "a forward in French": letter(f"Subject: TR: Offre\n{ANSWERS}", "Pour info"),
    "a forward in Spanish": letter(f"Subject: RV: Oferta\n{ANSWERS}", "Te lo paso"),
    "a forward in Norwegian": letter(
        f"Subject: VS: Tilbud\n{ANSWERS}", "Til info\n\nFra: Quorra\nSendt: tirsdag\nTil: Flynn\nEmne: Tilbud"
    ),
    "a forward from Apple Mail with a new subject": letter(
        f"Subject: Look at this\n{ANSWERS}", "\nBegin forwarded message:\n\nFrom: Quorra\nSubject: Proposal"
    ),
    "a newsletter": letter(
        "Subject: November news\nList-Unsubscribe: <https://x.example/u>\nPrecedence: bulk", "News!"
    ),
    "a mailing that pretends to answer": letter(
        "Subject: Re: our call\nList-Unsubscribe: <https://x.example/u>\nX-Mailchimp-Campaign-Id: 1", "Buy now"
    ),
    "GitHub": letter(
        f"From: kevin <notifications@github.com>\nX-GitHub-Reason: mention\nPrecedence: list\n{ANSWERS}", "Fixed"
    ),
    "Gmail's reaction": parts(
        ANSWERS,
        "alternative",
        "Content-Type: text/plain\n\nKevin Flynn reacted via Gmail",
        'Content-Type: text/vnd.google.email-reaction+json\n\n{"emoji": "x", "version": 1}',
    ),
    "Outlook's reaction": letter(ANSWERS, "Kevin Flynn reacted to your message:\n\nDear Mr Flynn"),
    "a spam complaint": parts(
        "Subject: complaint about message from 192.0.2.1",
        "report; report-type=feedback-report",
        "Content-Type: text/plain\n\nThis is an email abuse report.",
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1",
        "Content-Type: message/rfc822\n\nMessage-ID: <x@y.example>\n\nDear",
    ),
    "cron": letter("From: root@x.example\nSubject: Cron <root@x> backup\nAuto-Submitted: auto-generated", "done"),
}


@pytest.mark.parametrize("system", HUMAN)
def test_a_person_s_answer_is_a_reply(system: str) -> None:
    assert what_is(parse_mail(HUMAN[system])).kind == "reply"


@pytest.mark.parametrize("system", NOT_ANSWERS)
def test_what_nobody_answered_is_unrelated(system: str) -> None:
    assert what_is(parse_mail(NOT_ANSWERS[system])).kind == "unrelated"


def test_the_quotation_below_an_answer_is_not_its_newest_part() -> None:
    assert parse_mail(answer("", "Yes.")).newest == "Yes."
    assert QUOTED.strip().splitlines()[0] not in parse_mail(answer("", "Yes.")).newest
