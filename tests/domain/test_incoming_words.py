"""The edge between people and machines, by words alone: what people write about absences, and what notes sound like.

No header helps here. A person who does not quote and writes exactly what a note says cannot be told apart; those are
tested with the quotation that mail programs add.
"""

import pytest

from backend.domain.incoming import what_is
from backend.domain.mail import mail_from_headers, parse_mail
from tests.payloads.mail import ANSWERS, QUOTED, letter

PEOPLE = (
    (
        "Re: Proposal",
        "Hi Quorra,\n\nthank you for your message. I will get back to you next week, as I am travelling "
        "until Friday.\n\nBest\nKevin",
    ),
    (
        "Re: Proposal",
        "Thanks for contacting us. We have received your proposal and discussed it internally. We would like "
        "to go ahead. Kevin",
    ),
    (
        "Re: Proposal",
        "I am on vacation until Monday but Sam can sign in my absence. Please contact him at sam@x.example "
        "to get the contract done.",
    ),
    ("Re: Proposal", "I'm out of office today, let me check tomorrow when I'm back in the office."),
    ("Re: Proposal", "Please contact my colleague Alan, he is responsible for this."),
    ("Re: Proposal", "I'm no longer working for this department, please talk to Alan."),
    (
        "Re: Proposal",
        "Unfortunately I am out of office all next week. Could we meet the week after? I will be back on 23 November.",
    ),
    (
        "Re: Ticket 4711 is broken",
        "We have received your ticket, and I found the error: it's a typo. Fixed now. Anna",
    ),
    (
        "AW: Angebot",
        "Hallo Frau Reed,\n\nvielen Dank für Ihre Nachricht. Ich bin ab Montag wieder im Büro und melde mich "
        "dann bei Ihnen.\n\nViele Grüße\nKevin Flynn",
    ),
    (
        "AW: Angebot",
        "Sehr geehrte Frau Reed,\n\nich war im Urlaub und komme erst jetzt zu Ihrer Anfrage. Das Angebot "
        "passt. Bitte wenden Sie sich an meine Kollegin Frau Müller wegen der Bestellung.",
    ),
    ("AW: Angebot", "Hallo, bin gerade im Urlaub, melde mich nächste Woche. Gruß Kevin"),
    (
        "RE: Offre",
        "Bonjour,\n\nMerci pour votre message. Je suis en déplacement jusqu'à jeudi, je vous appelle "
        "vendredi.\n\nCordialement",
    ),
    (
        "RE: Oferta",
        "Gracias por su correo. La oferta nos interesa, por favor contacte con mi compañero para los detalles.",
    ),
    ("R: Offerta", "Grazie per la mail, sono fuori ufficio fino a giovedì ma possiamo sentirci venerdì? Kevin"),
    ("Re: Proposal", "ok"),
    ("Re: Proposal", ""),
    ("Re: Proposal", "Please remove me from your list."),
    ("Re: Proposal", "Stop. Unsubscribe."),
    ("Re: Proposal", "Your message was delivered to the wrong person. Try alan@encom.com"),
    ("Re: Delivery failed for order 55", "The delivery failed because nobody was at home. We try again tomorrow."),
    ("RE: Undeliverable goods", "We cannot deliver the goods, they're out of stock."),
    ("Re: Read: the manual", "I read it and it's good."),
    ("Re: Accepted: your offer", "Great, we accept."),
    ("Re: [Ticket#123] Problem", "Hi, it still does not work. Can you look again?"),
    ("Re: vacation rental in June", "We are away until Monday, the house is free from 12 June."),
    ("Re: holiday schedule", "We have Friday off. Regards"),
    (
        "Re: Out of office message for the website",
        "Here's the text: 'We are out of office until January 2'. Ok like that?",
    ),
    ("Re: auto-reply feature", "The auto-reply feature works now. I tested the automatic reply with three accounts."),
    ("Re: Proposal", "This is not an automated reply :) I read your proposal and like it."),
    (
        "Re: Proposal",
        "Dear Quorra\n\nWe acknowledge receipt of your proposal dated 10 November and will respond within "
        "two weeks after the board meeting.\n\nKind regards\nKevin Flynn\nCEO",
    ),
    ("Re: Proposal", "Thank you for your inquiry. Our price list is attached. Do not hesitate to call."),
    (
        "Re: Job application",
        "Thank you for your application. We would like to invite you to an interview on Monday at 10.",
    ),
    ("SV: Tilbud", "Hei, takk for e-post. Jeg er på ferie til mandag, men vi kan ta en telefon på tirsdag?"),
    (
        "Odp: Oferta",
        "Dzień dobry, dziękuję za wiadomość. W tym tygodniu jestem na urlopie, proszę o kontakt telefoniczny "
        "w poniedziałek.",
    ),
    (
        "Re: Предложение",
        "Добрый день! Спасибо за письмо, я сейчас в отпуске, вернусь в понедельник и отвечу по цене.",
    ),
    ("Re: Proposal", "On holiday. Back Monday. Will sign then."),
    ("Re: ご提案", "お世話になっております。ご連絡ありがとうございます。来週の打ち合わせでお願いします。"),
    ("回复: 报价", "您好，报价收到，请联系我的同事张先生安排。"),
    (
        "Re: Proposal",
        "Thank you for your email. Please note our office is closed on Friday. I'll send the signed contract tomorrow.",
    ),
    ("Re: Proposal", "I will be out of the office from Monday, so please send the contract today."),
    ("Re: Proposal", "Hi Quorra, got it, will be in touch. K"),
    ("Re: Proposal", "Received, thank you."),
    (
        "Re: Proposal",
        "Thanks for your message! We have received your request and our team will get back to you. In the "
        "meantime, could you send the floor plan? Anna",
    ),
)

# Nobody could tell these from notes, but for the quotation below them.
ONLY_WITH_QUOTATION = (
    "We are away until Monday",
    "Here's the text",
    "Dzień dobry, dziękuję za wiadomość. W tym",
    "Добрый день! Спасибо",
)

MACHINES = (
    (
        "Re: Proposal",
        "Hello,\nI am on annual leave and will return on Monday 23rd November.\nIf urgent, please call the "
        "office on 020 7946 0000.",
    ),
    (
        "Proposal",
        "I will be out of the office starting  11/10/2026 and will not return until 11/20/2026.\n\nI will "
        "respond to your message when I return.",
    ),
    ("Kevin Flynn is out of the office", "I will be out of the office from 10.11.2026 until 20.11.2026."),
    (
        "Re: Proposal",
        "Thanks for your email. I'm currently on parental leave and won't be checking email. For anything "
        "urgent contact sam@x.example",
    ),
    ("RE: Proposal", "I no longer work at Flynn's Arcade. Please direct all enquiries to info@flynnsarcade.com."),
    ("Re: Proposal", "This mailbox is no longer monitored. Please use our contact form."),
    (
        "Re: Proposal",
        "Thank you for your email. This email address is not monitored. Please contact support@x.example.",
    ),
    (
        "Re: Proposal",
        "Hi there! Thanks for reaching out. We've received your message and will get back to you within 24 "
        "hours.\n\nThe Arcade Team",
    ),
    (
        "Your message to Arcade",
        "Thank you for getting in touch! We aim to respond to all enquiries within two working days.",
    ),
    ("Thank you for your enquiry", "Thank you for your enquiry. A member of our team will be in touch shortly."),
    ("We received your message", "Hi, we received your message and will respond as soon as possible."),
    ("Urlaub: AW: Angebot", "Guten Tag, ich bin bis 20.11. im Urlaub."),
    ("Ich bin nicht im Büro", "Bin ab 20.11. wieder da."),
    ("Abwesend: Angebot", "..."),
    (
        "Eingangsbestätigung",
        "Sehr geehrte Damen und Herren, Ihre E-Mail ist bei uns eingegangen und wird schnellstmöglich "
        "bearbeitet. Dies ist eine automatisch generierte Nachricht.",
    ),
    (
        "AW: Angebot",
        "Sehr geehrte Damen und Herren,\nherzlichen Dank für Ihre E-Mail. Ich bin derzeit nicht im Hause. Ab "
        "dem 20.11. bin ich wieder für Sie erreichbar. Ihre Nachricht wird nicht weitergeleitet.\nMit "
        "freundlichen Grüßen",
    ),
    (
        "RE: Offre",
        "Bonjour, je suis absente du bureau et serai de retour le 20 novembre. Pour toute urgence, merci de "
        "contacter Sam.",
    ),
    ("Absence: Offre", "Je suis en vacances"),
    ("Message d'absence", "Absent jusqu'au 20"),
    ("Fuera de la oficina", "Vuelvo el lunes"),
    ("Ausente: Oferta", "De vacaciones"),
    (
        "RE: Oferta",
        "Buenos días, me encuentro de vacaciones hasta el día 20 de noviembre. Si es urgente contacten con "
        "Sam. Gracias.",
    ),
    ("Assente: Offerta", "Sono in ferie"),
    (
        "RE: Offerta",
        "Buongiorno, sarò assente dal 10 al 20 novembre. Per comunicazioni urgenti rivolgersi a sam@x.example.",
    ),
    ("Ausência temporária", "Estarei ausente"),
    ("Afwezigheidsbericht", "Ik ben er niet"),
    ("Afwezig: Offerte", "Ik ben met vakantie"),
    ("Frånvarande: Offert", "Semester"),
    ("Fravær: Tilbud", "Ferie"),
    ("Poissaoloviesti", "Olen lomalla"),
    ("Nieobecność: Oferta", "Urlop"),
    ("Mimo kancelář", "Dovolená"),
    ("Ausser Haus", "Bin nicht da"),
    ("Auto-Antwort: Angebot", "weg"),
    ("Autoreply: Proposal", "weg"),
    ("[Auto-Reply] Proposal", "weg"),
    ("[Auto Reply] Proposal", "weg"),
    ("AutoReply", "x"),
    ("Auto Response: Proposal", "x"),
    ("Automated response: x", "x"),
    ("Automated reply", "x"),
    ("AUTO: Kevin Flynn is out of the office (returning 11/20/2026)", "I am out of the office until 11/20/2026."),
    ("Re: Proposal (Automatic Response)", "Hello, I am away until 20/11/2026 and am unable to read your message."),
    ("Kevin Flynn ist außer Haus.", "Ich werde ab  10.11.2026 nicht im Büro sein. Ich kehre zurück am  20.11.2026."),
    ("Kevin Flynn est absent(e).", "Je serai absent(e) à partir du 10/11/2026 de retour le 20/11/2026."),
    ("Vacation response", "x"),
    ("Vacation: Re: Proposal", "x"),
    ("Away: Proposal", "I am away"),
    ("On leave: Proposal", "x"),
    ("Maternity leave Re: Proposal", "I am on maternity leave"),
    (
        "Gone for the holidays",
        "Our office is closed from 24 December and will reopen on 4 January. For urgent matters call us.",
    ),
    ("Office closed: Proposal", "Our offices are closed for the holidays until 4 January"),
    (
        "Re: Proposal",
        "Our office is currently closed for the holidays and will reopen on January 4th. For urgent matters "
        "please call +1 555 0100. This is an automated message.",
    ),
    (
        "Case #0012345: Proposal [ ref:_00D.500:ref ]",
        "Thank you for contacting Arcade support. Your case number is 0012345.",
    ),
    (
        "[#4711] Proposal",
        "Thank you for your request. It has been assigned ticket number 4711. Please do not change the subject.",
    ),
    ("Ticket #4711 created", "Hello, your ticket has been created."),
    (
        "Re: Proposal",
        "Please do not reply to this email. This is an automatically generated message confirming that we "
        "got your email.",
    ),
    (
        "Boxbe: please verify yourself",
        "Your message to Kevin is waiting because he uses Boxbe to protect his inbox. Please click to verify "
        "you are not a robot.",
    ),
    (
        "Verify your message to flynn@flynnsarcade.com",
        "I'm protecting myself from spam. Click the link below to deliver your message. This is a one-time request.",
    ),
    ("Please confirm your message", "Your message requires confirmation. This message was sent by SpamArrest."),
    ("自動返信: 提案", "x"),
    ("【自動返信】お問い合わせありがとうございます", "x"),
    ("自动回复：报价", "x"),
    ("不在のお知らせ", "x"),
    (
        "Re: 提案",
        "メールありがとうございます。11月20日まで休暇をいただいております。お急ぎの場合は下記までご連絡ください。",
    ),
    ("Re: 报价", "您好，我正在休假，11月20日返回。如有急事请联系Sam。"),
    ("Re: 제안", "안녕하세요. 11월 20일까지 휴가로 부재중입니다. 급한 용무는 Sam에게 연락 바랍니다."),
    (
        "Ynt: Teklif",
        "Merhaba, e-postanız için teşekkürler. 20 Kasım tarihine kadar yıllık izindeyim. Acil durumlarda Sam "
        "ile iletişime geçebilirsiniz.",
    ),
    (
        "Re: Ofertă",
        "Mulțumesc pentru mesaj. Sunt în concediu până la 20 noiembrie. Pentru urgențe contactați pe Sam.",
    ),
    (
        "Re: Προσφορά",
        "Ευχαριστώ για το μήνυμά σας. Θα απουσιάζω μέχρι τις 20 Νοεμβρίου. Για επείγον θέμα επικοινωνήστε με τον Sam.",
    ),
    ("Re: Ajánlat", "Köszönöm levelét. November 20-ig szabadságon vagyok. Sürgős esetben forduljon Samhez."),
    (
        "Sv: Tilbud",
        "Tak for din mail. Jeg er på ferie og er tilbage den 20. november. Er det akut, kontakt venligst Sam.",
    ),
)


@pytest.mark.parametrize(("subject", "body"), PEOPLE)
def test_a_person_who_quotes_is_a_person(subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}\n{ANSWERS}", body + QUOTED))).kind == "reply"


@pytest.mark.parametrize(("subject", "body"), [each for each in PEOPLE if not each[1].startswith(ONLY_WITH_QUOTATION)])
def test_a_person_who_does_not_quote_is_a_person(subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}\n{ANSWERS}", body))).kind == "reply"


@pytest.mark.parametrize("refers", [ANSWERS, ""], ids=["with references", "without"])
@pytest.mark.parametrize(("subject", "body"), MACHINES)
def test_a_note_or_an_acknowledgement_is_not_a_person(subject: str, body: str, refers: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}\n{refers}", body))).kind == "auto_reply"


HEADERS_ALONE = {
    "reply": {"In-Reply-To": "<a@x.example>", "Subject": "Re: Proposal", "Content-Type": "multipart/alternative"},
    "auto_reply": {"Subject": "Abwesenheitsnotiz: Angebot", "X-Auto-Response-Suppress": "All"},
    "bounce": {
        "From": "mailer-daemon@googlemail.com",
        "Subject": "Delivery Status Notification (Failure)",
        "X-Failed-Recipients": "flynn@flynnsarcade.com",
        "Content-Type": "multipart/report; report-type=delivery-status",
    },
    "receipt": {"Subject": "Read: x", "Content-Type": "multipart/report; report-type=disposition-notification"},
    "calendar": {"Subject": "Zugesagt: Demo", "Content-Type": "multipart/alternative"},
    "unrelated": {"From": "postmaster@x.example", "Subject": "Delivery Status Notification (Delay)"},
}


@pytest.mark.parametrize("kind", HEADERS_ALONE)
def test_headers_mode_tells_the_kinds_apart(kind: str) -> None:
    headers = {"From": "Kevin Flynn <flynn@flynnsarcade.com>", **HEADERS_ALONE[kind]}
    assert what_is(mail_from_headers(tuple(headers.items()))).kind == kind


def test_a_report_in_an_unknown_language_is_a_failure_in_headers_mode() -> None:
    headers = (("Subject", "Nuntius non redditus"), ("Content-Type", "multipart/report; report-type=delivery-status"))
    assert what_is(mail_from_headers(headers)).kind == "bounce"
