"""Mail that the rules had not been written for, and that taught them something. A row is a mail: sender, subject, text.

Notes without any header that says so, in many languages; shared mailboxes that confirm; and people who write nearly
the same. All of them name the mail that they answer, as automatic answers do, too.
"""

import pytest

from backend.domain.incoming import what_is
from backend.domain.mail import parse_mail
from tests.payloads.mail import ANSWERS, letter

NOTES = (
    (
        "flynn@encom.example",
        "Re: Grid",
        "I have limited access to email while attending a trade show and may be slow to respond. "
        "I'll be back in the office on 12/2.",
    ),
    (
        "flynn@encom.example",
        "Re: Grid",
        "I have retired! Effective October 30, your new contact at ENCOM is Lora Baines.",
    ),
    (
        "lucia@encom.es",
        "Re: Propuesta",
        "Estimado remitente: Lucía Gómez ya no trabaja en ENCOM. Por favor diríjase a ventas@encom.es.",
    ),
    ("petrova@encom.ru", "Re: Предложение", "Добрый день! Меня нет в офисе до 7 декабря. Отвечу после возвращения."),
    ("dana@encom.co.il", "Re: הצעה", "אני נמצאת בחופשת לידה ולא זמינה במייל. נא לפנות ליוסי."),
    (
        "flynn@hotmail.com",
        "Re: Grid",
        "This is an automated message. I check this account rarely, so please write to kevin@arcade.example instead.",
    ),
    ("flynn@yahoo.com", "Yahoo! Auto Response", "I'm on a boat."),
    ("flynn@encom.example", "Kevin Flynn's autoresponse", "Not here."),
    (
        "flynn@encom.example",
        "Re: Grid",
        "I'm off on long service leave. My emails are being looked after by Lora Baines.",
    ),
    (
        "flynn@encom.example",
        "Re: Grid",
        "To focus on deep work I batch my email and reply on Tuesdays and Thursdays. If it can't wait, text me.",
    ),
    (
        "meier@encom.de",
        "Re: Angebot",
        "Danke für deine Mail! Ich bin bis Anfang Dezember auf Weltreise. Deine Nachricht wird automatisch gelöscht.",
    ),
    (
        "giulia@fiatlux.it",
        "Re: Proposta",
        "Giulia Conti non fa più parte dell'organico. Si prega di inviare le comunicazioni a info@fiatlux.it",
    ),
    ("jan@encom.nl", "Re: Offerte", "Dank voor je mail. Ik werk niet op vrijdag. Maandag lees ik je bericht."),
    ("ayse@encom.com.tr", "Re: Teklif", "Şu anda doğum iznindeyim. İşlerimle Mehmet Bey ilgilenmektedir."),
    (
        "khaled@encom.ae",
        "Re: Grid",
        "أنا حالياً في رحلة عمل وسأرد على رسالتكم عند عودتي يوم الأحد 6 ديسمبر. في الحالات الطارئة اتصلوا بالمكتب.",
    ),
    (
        "sato@encom.co.jp",
        "Re: ご提案",
        "佐藤は9月30日をもちまして退職いたしました。今後のご連絡は鈴木までお願いいたします。",
    ),
    (
        "rasa@encom.lt",
        "Re: Pasiūlymas",
        "Laba diena,\n\natostogauju iki gruodžio 4 d. Skubiais klausimais kreipkitės į Joną.",
    ),
    ("somchai@encom.th", "ตอบกลับอัตโนมัติ: Grid", "ขณะนี้ข้าพเจ้าอยู่ระหว่างลาพักร้อน จะกลับมาทำงานวันที่ 1 ธันวาคม"),
)
CONFIRMATIONS = (
    ("joao@encom.com.br", "Re: Proposta", "Recebemos o seu e-mail. Em breve entraremos em contato.\n\nEquipe ENCOM"),
    ("bilgi@encom.com.tr", "Re: Teklif", "Mesajınız tarafımıza ulaşmıştır. En kısa sürede size dönüş yapılacaktır."),
    ("info@encom.ae", "Re: Grid", "شكراً لتواصلكم معنا. لقد استلمنا رسالتكم وسنقوم بالرد عليكم في أقرب وقت ممكن."),
    (
        "info@encom.cz",
        "Re: Nabídka",
        "Děkujeme za Váš e-mail. Vaši zprávu jsme přijali a budeme Vás co nejdříve kontaktovat.",
    ),
    ("info@encom.gr", "Re: Προσφορά", "Σας ευχαριστούμε για το μήνυμά σας. Θα επικοινωνήσουμε το συντομότερο δυνατό."),
    (
        "office@encom.ro",
        "Re: Oferta",
        "Am primit solicitarea dumneavoastră și vă vom răspunde în cel mai scurt timp.",
    ),
    (
        "flynn@encom.example",
        "Re: Grid",
        "Please confirm that you are a human by clicking this link, so that your message is delivered to me.",
    ),
    (
        "noreply@boxbe.com",
        "Grid (Action Required)",
        "Hello quorra@gridworks.example,\n\nYour message was waitlisted. Use the link below.",
    ),
)
PEOPLE = (
    ("Out of office next week - Re: Grid", "Quorra, as I'm out next week, can we move the demo to the 7th?"),
    ("AW: Angebot", "Hallo, ich bin diese Woche krank. Melde mich, sobald ich wieder fit bin. Gruß Petra"),
    ("Re: Grid", "Kevin is out of the office until Monday, but I can answer for him: yes.\n\nLora"),
    ("Re: Grid", "I'm travelling until Monday. Can you call me then?"),
    ("Re: Предложение", "Алан, я до пятницы в командировке, посмотрю на выходных и отвечу."),
    ("Re: Grid", "I'm retired from the games business, Quorra. Try Lora."),
    ("Re: Grid", "I've forwarded this to our purchasing department. They will contact you shortly.\n\nKevin"),
    ("R: Proposta", "Grazie, ricevuto. Le farò sapere al più presto.\nGiulia"),
    ("YNT: Teklif", "Mesajınız için teşekkürler, en kısa sürede döneceğim. Ayşe"),
    ("RE: Proposition", "Bonjour, bien reçu, merci. Je vous réponds dès que possible.\nClaire"),
    ("回复: Grid", "Quorra 你好,邮件已收到。价格我们觉得可以,下周休假回来后签合同。"),
    ("RE: 제안서", "제안서 잘 받았습니다. 휴가 다녀와서 다음 주에 연락드리겠습니다. 가격은 괜찮습니다."),
    (
        "Fwd: Grid",
        "Quorra, looping in Lora, who decides on this. Could you answer her question?\n\n"
        "---------- Forwarded message ---------\nFrom: Lora <lora@encom.example>\nSubject: Re: Grid\n\nWhich fee?",
    ),
)


@pytest.mark.parametrize(("sender", "subject", "body"), [*NOTES, *CONFIRMATIONS])
def test_nobody_wrote_it(sender: str, subject: str, body: str) -> None:
    found = what_is(parse_mail(letter(f"From: {sender}\nSubject: {subject}\n{ANSWERS}", body)))
    assert found.kind == "auto_reply", found


@pytest.mark.parametrize(("subject", "body"), PEOPLE)
def test_a_person_wrote_it(subject: str, body: str) -> None:
    found = what_is(parse_mail(letter(f"Subject: {subject}\n{ANSWERS}", body)))
    assert found.kind == "reply", found


def test_a_forward_to_somebody_else_is_no_answer() -> None:
    body = PEOPLE[-1][1]
    headers = f"Subject: Fwd: Grid\nTo: lora@encom.example, quorra@gridworks.example\n{ANSWERS}"
    assert what_is(parse_mail(letter(headers, body))).rule == "forward"
