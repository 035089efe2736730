"""What did somebody answer, in their own words? The new part of a mail, without quotation, signature and disclaimer.

Quotation is taken off by `mail_text`, which judging needs anyway. A signature is seldom marked ("-- "), so it is known
by what programs add at the end ("Sent from my iPhone") and by a closing formula with a few short lines after it. Where
that would leave nothing, nothing is taken off: better a signature told than an answer lost. Why no library does this:
DECISIONS, "The words of an answer".
"""

import re

from backend.domain.mail import Mail

LONGEST = 4000

# What telephones and apps add below an answer, in the languages that they are sold in.
_BY_PROGRAM = re.compile(
    r"^\W{0,3}(?:(?:sent|get|download) (?:from|via|with|using|outlook|yahoo|proton) ?.{0,60}|"
    r"(?:von|mit) (?:mein\w{0,3}|meinem/meiner|der|dem|einem?)\b.{0,50} gesendet\W*|"
    r"gesendet (?:von|mit|mittels) .{1,60}|"
    r"envoyé (?:de|depuis|à partir) .{1,60}|enviado (?:desde|do|de|a partir|con|via) .{1,60}|"
    r"inviato (?:da|dal|con|tramite) .{1,60}|"
    r"verzonden (?:vanaf|vanuit|met|via) .{1,60}|skickat från .{1,60}|sendt fra .{1,60}|lähetetty .{1,60}|"
    r"wysłan[eo] z .{1,60}|odesláno z .{1,60}|odoslané z .{1,60}|trimis (?:de pe|din) .{1,60}|"
    r"(?:iphone|ipad|android)\S{0,4} (?:cihazımdan |telefonumdan )?gönderildi\W*|"
    r"отправлено (?:с|из) .{1,60}|надіслано з .{1,60}|στάλθηκε από .{1,60}|נשלח מ.{1,60}|أُ?رسل من .{1,60}|"
    r"发自我的.{1,40}|從我的 .{1,40}傳送|(?:iphone|android)から送信|.{1,30}에서 보냄)$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W{0,2}(?:(?:with )?(?:best|kind|kindest|warm|warmest) (?:regards|wishes)|regards|best|cheers|sincerely|"
    r"yours (?:sincerely|faithfully|truly)|all the best|many thanks|thanks(?: again| a lot)?|thank you|br|rgds|"
    r"(?:mit )?(?:freundlichen?|besten?|herzlichen?|vielen|liebe[nr]?|schönen?|viele) (?:grü(?:ß|ss)en?|gru(?:ß|ss))|"
    r"(?:gruß|gruss|grüße|lg|mfg|vg|bg)|beste grüße|"
    r"(?:bien )?cordialement(?: vôtre)?|bien à vous|meilleures salutations|sincères salutations|"
    r"(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|un abrazo|cordiali saluti|distinti saluti|"
    r"(?:un )?saluti?|a presto|"
    r"att|atenciosamente|cumprimentos|com os melhores cumprimentos|abraços?|abs|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|mvg|groet(?:en|jes)?|"
    r"(?:med )?(?:vänliga?|venlig|vennlig|bästa|bedste|beste|hjertelig) (?:hälsning(?:ar)?|hilsen|hilsener)|"
    r"mvh|hilsen|vh|"
    r"(?:ystävällisin )?terve(?:isin|isiä|htien|tuloa)|"
    r"(?:serdecznie )?pozdrawiam(?: serdecznie)?|z poważaniem|s pozdravem|s pozdravom|(?:hezký den|pěkný den)|"
    r"üdvözlettel|tisztelettel|cu (?:stimă|respect)|saygılar(?:ım(?:ız)?la)?|iyi çalışmalar|"
    r"с уважением|с наилучшими пожеланиями|з повагою|με εκτίμηση|φιλικά|בברכה|تحياتي|مع (?:أطيب )?التحيات?|"
    r"敬具|此致|祝好|顺祝商祺|감사합니다|よろしくお願い(?:いた|致)します)\W*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\W{0,6}(?:disclaimer|confidentiality|vertraulich|(?:this|the) (?:e-?mail|message|communication)\b.{0,160}"
    r"(?:confidential|privileged|intended)|(?:diese|die) (?:e-?mail|nachricht)\b.{0,120}(?:vertraulich|bestimmt)|"
    r"ce (?:message|courriel|mail)\b.{0,120}confidentiel|este (?:mensaje|correo|e-?mail)\b.{0,120}confidencial|"
    r"(?:please )?(?:consider|think of) the environment)",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[-_=*–—]{2,}\s*$")
_JOINERS = "\u200c\u200d\ufe0f"  # Persian words and emojis are made with them
_AFTERTHOUGHT = re.compile(r"^\W{0,2}p\.? ?s\.?\W", re.IGNORECASE)
_SIGNED_LINES, _SIGNED_WIDTH = 14, 70
_LOOKED_AT = 80  # lines below a closing formula; with more there, it closes nothing


def new_text(mail: Mail) -> str:
    """Return what was written now, at most `LONGEST` characters; "" where the mail says nothing of its own."""
    whole = _tidy(mail.newest)
    return _unsigned(whole.split("\n"))[:LONGEST].strip() or whole[:LONGEST].strip()


def _unsigned(lines: list[str]) -> str:
    kept: list[str] = []
    for number, line in enumerate(lines):
        after = lines[number + 1 : number + 1 + _LOOKED_AT]
        closes = _CLOSING.match(line) or _RULE.match(line)
        if any(kept) and (_DISCLAIMER.match(line) or (closes and _is_signature(after))):
            return _tidy("\n".join([*kept, *_afterthoughts(after)]))
        if not _BY_PROGRAM.match(line):
            kept.append(line)
    return _tidy("\n".join(kept))


def _is_signature(following: list[str]) -> bool:
    """Tell whether these lines are a name and where to find its owner, and not the rest of the answer."""
    said = [line for line in following if line.strip()]
    for number, line in enumerate(said):
        if _DISCLAIMER.match(line) or _AFTERTHOUGHT.match(line):
            said = said[:number]
            break
    sentences = sum(1 for line in said[:3] if line.rstrip().endswith((".", "?", "!", "。")) and line.count(" ") > 2)
    return len(said) <= _SIGNED_LINES and all(len(line) <= _SIGNED_WIDTH for line in said[:4]) and not sentences


def _afterthoughts(following: list[str]) -> list[str]:
    """A "P.S." below the signature, up to the next empty line."""
    start = next((number for number, line in enumerate(following) if _AFTERTHOUGHT.match(line)), None)
    if start is None:
        return []
    end = next((number for number in range(start, len(following)) if not following[number].strip()), len(following))
    return ["", *following[start:end]]


def _tidy(text: str) -> str:
    """Without control characters and runs of empty lines; what turns the direction of writing is left out, too."""
    text = "".join(each for each in text[: 8 * LONGEST] if each in "\n\t" or each.isprintable() or each in _JOINERS)
    return re.sub(r"\n\s*\n+", "\n\n", text).strip()
