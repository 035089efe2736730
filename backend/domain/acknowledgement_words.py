"""How do desks and shared mailboxes say that a mail arrived, beyond the phrases of the ticket systems? Data only."""

RECEIVED = (
    r"thank(?:s| you) for (?:applying|submitting)|accept this as (?:an )?acknowledgement|we['’]ve (?:got|received) |"
    r"ihre (?:rechnung|bestellung|unterlagen|reklamation) .{0,60}(?:erhalten|eingegangen)|"
    r"wir haben ihre .{0,40}erhalten|votre (?:demande|message) a été (?:transmise?|prise? en compte)|"
    r"gracias por contactar|ha sido recibid[oa]|obrigad[oa] por entrar em contato|"
    r"(?:abbiamo|è stat[ao]) pres[oa] in carico|grazie per averci contattat|bedankt voor (?:je|uw) (?:vraag|"
    r"aanvraag)|"
    r"(?:ditt ärende|din henvendelse|din förfrågan|din forespørsel) .{0,25}(?:registrer|motta|modta|skapa)|"
    r"tack för att du kontakt|kiitos yhteydenoto|zgłoszenie zostało|tarafımıza ulaşmıştır|"
    r"(?:已|我们)收到(?:您|你)的|受け付け(?:ました|いたし)|お問い合わせ(?:を|いただき|ありがとう)|접수되었습니다"
)
PROMISED = (
    r"(?:nous )?vous répond(?:rons|ra)|en breve|será atendid|le risponderemo|entro \d+ ore|binnen \d+ (?:uur|"
    r"werkdagen)|"
    r"(?:inom|innen) \d+ (?:timmar|timer|dagar|dager)|en kısa sürede|melden uns|we['’]ll review|endeavou?r to|"
    r"(?:个|個)?(?:工作日|小时)内|営業日以内|enquiry is important|vastaamme|w ciągu \d+|v průběhu"
)
