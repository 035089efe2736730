"""Mail as it comes from the wild: absence notes without any header, desks, gateways, and people who sound like them."""

import logging

import pytest

from backend.domain.incoming import what_is
from backend.domain.mail import parse_mail
from tests.payloads.mail import ANSWERS, QUOTED, letter, parts

NOTES = (
    ("leaver", "Kevin Flynn is no longer with the company. Please contact Alan Bradley for any assistance."),
    ("leaver de", "Herr Flynn ist nicht mehr in unserem Unternehmen tätig. Bitte wenden Sie sich an info@encom.com."),
    ("leaver fr", "Bonjour,\nJe ne fais plus partie de la société. Merci d'adresser vos messages à info@encom.com."),
    ("leaver es", "Le informo que ya no trabajo en la empresa. Por favor dirija sus correos a info@encom.com"),
    ("leaver ru", "Я больше не работаю в компании. Пожалуйста, пишите на info@encom.com"),
    ("new address", "My email address has changed to kf@encom.com. Mails to this address will not be read."),
    (
        "part-time",
        "Thank you for your email. I work Monday to Wednesday and will respond on my next working day. "
        "If your matter is urgent please call the main office.",
    ),
    ("shut", "Our offices are closed from December 24. We will respond to all messages when we return on January 4."),
    ("shut de", "Unser Büro ist vom 23.12.2026 bis 03.01.2027 geschlossen. Ab dem 04.01. sind wir wieder für Sie da."),
    ("ill de", "Guten Tag, leider bin ich erkrankt. In dringenden Fällen erreichen Sie das Sekretariat."),
    ("ill es", "Me encuentro de baja médica. Durante mi ausencia, contacte por favor con Lora."),
    ("da", "Jeg er på barselsorlov indtil 1. marts 2027. Henvendelser kan ske til post@encom.com"),
    ("pt", "Prezados, estarei em licença maternidade até 01/04/2027. Neste período, favor contatar Lora."),
    ("ro", "Bună ziua, mă aflu în concediu de odihnă până pe 20 noiembrie. Pentru urgențe contactați colegul meu."),
    ("bg", "Здравейте, в отпуск съм до 20 ноември. При спешни случаи, моля, свържете се с Алан."),
    ("hr", "Poštovani, na godišnjem sam odmoru do 20.11.2026. Za hitne slučajeve obratite se kolegi Alanu."),
    ("sl", "Pozdravljeni, do 20. 11. sem na dopustu. V nujnih primerih se obrnite na sodelavca Alana."),
    ("lt", "Laba diena, šiuo metu atostogauju iki lapkričio 20 d. Skubiais klausimais kreipkitės į Alaną."),
    ("lv", "Labdien! Esmu atvaļinājumā līdz 20. novembrim. Steidzamos gadījumos lūdzu sazinieties ar Alanu."),
    ("et", "Tere! Olen puhkusel kuni 20. novembrini. Kiiretes küsimustes palun pöörduge Alani poole."),
    ("he", "שלום, אני בחופשה עד ה-20 בנובמבר. בנושאים דחופים ניתן לפנות לאלן."),
    ("ar", "مرحباً، أنا في إجازة حتى 20 نوفمبر. للأمور العاجلة يرجى التواصل مع آلان."),
    ("vi", "Chào bạn, tôi đang nghỉ phép đến hết ngày 20/11. Nếu có việc gấp vui lòng liên hệ Alan."),
    ("id", "Saat ini saya sedang cuti sampai tanggal 20 November. Untuk hal mendesak silakan hubungi Alan."),
    ("th", "ขณะนี้อยู่ในช่วงลาพักร้อนถึงวันที่ 20 พฤศจิกายน หากมีเรื่องด่วนกรุณาติดต่อคุณอลัน"),
    ("ca", "Bon dia, sóc de vacances fins al 20 de novembre. Per a qualsevol urgència contacteu amb l'Alan."),
)


@pytest.mark.parametrize(("name", "body"), NOTES, ids=[each[0] for each in NOTES])
def test_a_note_without_any_header_is_a_note(name: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: Re: Proposal\n{ANSWERS}", body))).kind == "auto_reply"


SUBJECTS = (
    *("Resposta automàtica: Oferta", "Erantzun automatikoa: Oferta", "پاسخ خودکار: x", "Balasan automatik: x"),
    *("การตอบกลับอัตโนมัติ: x", "Аутоматски одговор: x", "不在時の自動応答: x", "外出: x", "Нет на работе: x"),
    *("Poissa: Tarjous", "Annual leave Re: Proposal", "OOO Re: Proposal", "OOO until 9/21", "No longer with Arcade: x"),
    *("Kevin Flynn has left the company Re: Proposal", "My email address has changed"),
)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_subject_says_it(subject: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}\n{ANSWERS}", "x"))).kind == "auto_reply"


MARKS = (
    "X-Somebody-Autoreply: 1",
    "X-Loop: vacation",
    "Precedence: junk",
    "X-Mailer: SomeAutoResponder 1.0",
)


@pytest.mark.parametrize("mark", MARKS)
def test_marks_that_nobody_has_listed(mark: str) -> None:
    assert what_is(parse_mail(letter(f"{mark}\n{ANSWERS}", "I am not here"))).kind == "auto_reply"


@pytest.mark.parametrize("mark", ["X-Somebody-Autoreply: no", "X-Auto-Response-Suppress: All"])
def test_marks_that_deny_or_ask(mark: str) -> None:
    assert what_is(parse_mail(letter(f"{mark}\n{ANSWERS}", "Let us meet."))).kind == "reply"


DESKS = (
    ("newsroom@paper.example", "Re: Proposal", "Due to the volume of email we receive we cannot respond to every one."),
    ("abuse@isp.example", "Re: x", "Because of the number of reports you may not receive an individual response."),
    ("serviceclient@encom.com", "RE: x", "Votre message a bien été reçu. Une réponse vous sera apportée sous 48 h."),
    ("atendimento@encom.com", "Recebemos seu contato", "Olá, recebemos sua mensagem e em breve falamos com você."),
    ("kevin@mail.example", "Re: x", "I apologize for this automatic reply. I allow incoming mail only from friends."),
    (
        "kevin@mail.example",
        "Re: x",
        "I protect myself against receiving junk mail. Use this link so that I can receive it",
    ),
    ("filter@encom.com", "Message quarantined: x", "Your message was quarantined by the recipient's filter."),
    ("dev-bounces@x.example", "Ihre Nachricht an Dev wartet auf Bestätigung", "Sie wird zurückgehalten."),
)


@pytest.mark.parametrize(("sender", "subject", "body"), DESKS)
def test_desks_and_filters_are_no_people(sender: str, subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"From: {sender}\nSubject: {subject}\n{ANSWERS}", body))).kind == "auto_reply"


def test_an_agent_answers_through_a_desk() -> None:
    body = "##- Type your reply above this line -##\n\nHi Quorra,\n\nwe can offer the larger cabinet for 2,000.\n\nLora"
    assert what_is(parse_mail(letter(f"X-Mailer: Zendesk Mailer\n{ANSWERS}", body))).kind == "reply"


PEOPLE = (
    "Yes, go ahead.\n\nKevin\nMy working days are Monday to Wednesday. I am out of the office on Thursdays.",
    "Hi, Kevin no longer works here. I took over his job. What is this about?",
    "お世話になっております。先週は出張のため不在にしておりました。ご提案の件、進めてください。",
    "Thank you for reaching out. This isn't a priority for us right now, please check back in Q2.",
    "I'm on holiday next week, back on the 23rd. Can we talk after that?",
    "Merci pour votre message, je reviens vers vous la semaine prochaine.",
    "Thank you for your email, we will review it and get back to you shortly.\n\nKevin",
)


@pytest.mark.parametrize("quoted", ["", QUOTED], ids=["alone", "with a quotation"])
@pytest.mark.parametrize("body", PEOPLE)
def test_people_who_sound_like_notes(body: str, quoted: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: Re: Proposal\n{ANSWERS}", body + quoted))).kind == "reply"


PREFIXES = ("EXTERNAL: Re:", "CAUTION: Re:", "{Spam?} Re:", "Odp.:", "Odpověď:", "HA:", "[External] AW:", "Ext: SV:")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes_of_gateways_and_languages(prefix: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {prefix} Proposal", "Sounds good."))).kind == "reply"


BOUNCES = (
    ("Non remis : Proposal", "550 5.1.1"),
    ("Echec de remise du message", "Adresse inconnue"),
    ("**Message you sent blocked by our bulk email filter**", "It has NOT BEEN DELIVERED"),
    ("Considered UNSOLICITED BULK EMAIL, apparently from you", "Delivery of the email was stopped!"),
    ("VIRUS IN MAIL FROM YOU", "Delivery of the email was stopped!"),
    ("BANNED contents from you (.exe)", "Delivery of the email was stopped!"),
    ("[발송실패 안내]", "받는 사람의 메일 주소가 존재하지 않습니다"),
)


@pytest.mark.parametrize(("subject", "body"), BOUNCES)
def test_servers_refuse_in_many_words(subject: str, body: str) -> None:
    mail = letter(f"From: postmaster@mx.example\nSubject: {subject}", body)
    assert what_is(parse_mail(mail)).kind == "bounce"


RECEIPTS = (
    ("Proposal", "Return Receipt\n\nYour document: Proposal\nwas received by: Kevin Flynn"),
    ("Lida: Proposta", "Sua mensagem foi lida em terça-feira"),
    ("Przeczytano: Oferta", "Wiadomość została przeczytana we wtorek"),
)


@pytest.mark.parametrize(("subject", "body"), RECEIPTS)
def test_receipts_without_their_form(subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}", body))).kind == "receipt"


UNRELATED = (
    ("a digest", "Subject: Dev Digest, Vol 12\nList-Id: <dev.x.example>", "Today's topics\n\nAlan wrote:\n> it\n\nYes"),
    ("a mailing", "Subject: Out of the office? Try our tool\nList-Unsubscribe: <https://x.example>", "Write better"),
)


@pytest.mark.parametrize(("name", "headers", "body"), UNRELATED, ids=[each[0] for each in UNRELATED])
def test_nobody_answers(name: str, headers: str, body: str) -> None:
    assert what_is(parse_mail(letter(headers, body))).kind == "unrelated"


def test_google_calendar_answers_even_where_its_part_is_lost() -> None:
    sender = "Sender: Google Calendar <calendar-notification@google.com>\nSubject: Accepted: Demo @ Thu Nov 12"
    mail = parts(f"{sender}\nAuto-Submitted: auto-generated", "mixed", "Content-Type: text/plain\n\nHe has accepted.")
    assert what_is(parse_mail(mail)).kind == "calendar"


LOOSE = (
    "Bitte beachten: wegen einer Dienstreise beantworte ich E-Mails zurzeit nur mit Verzögerung.",
    "I'm on a sabbatical until March 2027. Lora (lora@encom.com) is looking after my projects.",
    "Jestem na zwolnieniu lekarskim. W moim zastępstwie Lora Baines.",
    "Je travaille à temps partiel. Pour une réponse rapide : accueil@encom.com",
    "Ik ben vandaag vrij en lees mijn mail niet.",
    "我正在出差，可能不能及时回复您的邮件，请谅解。",
    "Diese Mailadresse wird nicht mehr verwendet. Bitte nutzen Sie künftig kevin@encom.com.",
    "Votre message est arrivé. Merci de ne pas répondre à ce message.",
)


@pytest.mark.parametrize("body", LOOSE)
def test_a_topic_and_a_hint_are_enough_where_no_mail_program_wrote(body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: Re: Proposal\n{ANSWERS}", body))).kind == "auto_reply"


ON_THE_WAY = (
    "Bin auf Dienstreise, melde mich danach mit Zahlen.",
    "I'm on a sabbatical from March, so let us sign before that.",
    "Jestem na urlopie, ale możemy porozmawiać w piątek.",
    "我在出差，周五回来再谈。",
    "Добрый день, сейчас в командировке, вернусь в понедельник, тогда и обсудим.",
    "Hi Quorra, thank you for your email. We received the documents and will get back to you next week.",
)


@pytest.mark.parametrize("body", ON_THE_WAY)
def test_people_on_their_way_answer_all_the_same(body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: Re: Proposal\n{ANSWERS}", body))).kind == "reply"
    by_program = f"Subject: Re: Proposal\nX-Mailer: Apple Mail\n{ANSWERS}"
    assert what_is(parse_mail(letter(by_program, body + QUOTED))).kind == "reply"


ARRIVED = (
    (
        "support@encom.com",
        "Re: Proposal",
        "We've received your email and opened ticket ENC-991. An engineer will look.",
    ),
    ("careers@encom.com", "Thank you for applying", "Hi Quorra, thanks for applying! We'll review it and be in touch."),
    ("buchhaltung@encom.com", "AW: x", "Ihre Rechnung ist bei uns eingegangen. Anfragen beantworten wir hier nicht."),
    ("info@encom.com", "R: x", "Grazie per averci contattato. Le risponderemo entro 24 ore."),
    ("klantenservice@encom.com", "RE: x", "Bedankt voor je bericht! We antwoorden binnen 24 uur."),
    ("kundservice@encom.com", "SV: x", "Ditt ärende har registrerats med nummer 4711."),
    ("info@encom.com", "Ynt: x", "Mesajınız tarafımıza ulaşmıştır. En kısa sürede size dönüş yapılacaktır."),
    ("support@encom.com", "Re: x", "我们已收到您的邮件，将在两个工作日内回复。"),
)


@pytest.mark.parametrize(("sender", "subject", "body"), ARRIVED)
def test_shared_mailboxes_confirm_in_their_languages(sender: str, subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"From: {sender}\nSubject: {subject}\n{ANSWERS}", body))).kind == "auto_reply"


def test_an_order_is_confirmed_that_was_no_mail() -> None:
    body = "Thank you for your order! Your order number is 4711."
    raw = letter("From: orders@shop.example\nSubject: Order confirmation 4711", body)
    assert what_is(parse_mail(raw)).kind == "unrelated"


BY_DESK = (
    "In-Reply-To: <a@b.example>\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n"
    "X-Mailer: Zendesk Mailer\nSubject: Credits"
)
LINE = "##- Please type your reply above this line -##\n\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Lora (Encom)\n\nHey Quorra,\n\nI added the credits a minute ago, have fun.\n\nLora", "reply"),
        ("Hi Quorra,\n\nYour request (#4711) has been received by our staff.", "auto_reply"),
        ("Your request (#4711) has been solved.", "auto_reply"),
        ("The credits were added.", "auto_reply"),
    ],
)
def test_zendesk_calls_its_agents_generated_too(body: str, kind: str) -> None:
    assert what_is(parse_mail(letter(BY_DESK, LINE + body))).kind == kind


def test_a_person_who_confirms_is_no_shared_mailbox() -> None:
    body = "Buongiorno, abbiamo ricevuto la sua offerta e le faremo sapere al più presto."
    assert what_is(parse_mail(letter(ANSWERS, body))).kind == "reply"


ODDITIES = (
    ("auto_reply", "Subject: Re: Hello [Auto Reply: away]\nIn-Reply-To: <a@b.example>", "Gone fishing"),
    ("auto_reply", "Subject: Loop Alert: Duplicated Message-ID (dev ML)\nReferences: <a@b.example>", "Seen before."),
    ("bounce", "From: no-reply@isp.example\nSubject: メールエラー通知", "Could not be delivered to: <k@isp.example>"),
    (
        "auto_reply",
        f"Subject: Re: Proposal\n{ANSWERS}",
        "I am out of the office until 20 November. Is it urgent? Then call Alan.",
    ),
)


@pytest.mark.parametrize(("kind", "headers", "body"), ODDITIES)
def test_oddities(kind: str, headers: str, body: str) -> None:
    assert what_is(parse_mail(letter(headers, body))).kind == kind


def test_a_sender_that_nobody_encoded_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Nor where a server configures logging later, which enables every logger that was disabled."""
    logging.getLogger("flufl.bounce").disabled = False
    what_is(parse_mail(letter("From: Почта <postmaster@mx.example>\nSubject: Undeliverable: x", "550 5.1.1")))
    assert not caplog.records


MORE_NOTES = (
    ("Urlaubsbedingt abwesend", "x"),
    ("Büro geschlossen / Office closed", "x"),
    ("Lora on leave until 20 Nov Re: Proposal", "x"),
    ("Away from office Re: Proposal", "x"),
    ("Thank you for your email", "x"),
    ("Re: Proposal", "Kevin Flynn is out of the office from 10 Nov to 20 Nov."),
    (
        "Re: Proposal",
        "I am out of the office and will be back on 23 November.\n\nThis message is confidential. Are you not the "
        "intended recipient? Could you please delete it?",
    ),
)


@pytest.mark.parametrize(("subject", "body"), MORE_NOTES)
def test_more_notes(subject: str, body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: {subject}\n{ANSWERS}", body))).kind == "auto_reply"


def test_a_member_tells_the_list() -> None:
    headers = f"Subject: Re: [dev] patch\nList-Id: <dev.x.example>\nPrecedence: list\n{ANSWERS}"
    body = "I will be away until Monday, please merge without me."
    assert what_is(parse_mail(letter(headers, body))).kind == "reply"


def test_an_answer_through_a_campaign_service_quotes() -> None:
    assert what_is(parse_mail(letter("Subject: Hello\nX-Mailgun-Tag: a", "Yes, please." + QUOTED))).kind == "reply"
    assert what_is(parse_mail(letter("Subject: Hello\nX-Mailgun-Tag: a", "Our news"))).kind == "unrelated"


ABOUT_THE_SAME_THINGS = (
    "The vacation rental from 10 to 20 November is booked. Please pay the deposit.",
    "Das Hotel ist vom 10. bis 20. November geschlossen, bitte buchen Sie ein anderes.",
    "La formation du 10 au 20 novembre vous intéresse. Merci de contacter Alan.",
    "Hi, please email me the price list. I am in meetings all day, so no calls.",
    "Lora is on maternity leave, I replaced her. Send me the deck.",
    "The warehouse is closed from 24 December until 4 January. Please ship before.",
    "I changed jobs, please use kevin@encom.com from now on. And yes, I'm still interested!",
)


@pytest.mark.parametrize("body", ABOUT_THE_SAME_THINGS)
def test_people_talk_of_closed_doors_and_travels(body: str) -> None:
    assert what_is(parse_mail(letter(f"Subject: Re: Proposal\n{ANSWERS}", body))).kind == "reply"
