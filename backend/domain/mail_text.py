"""What did the sender write now, and what is only quoted, forwarded or prefixed by a mail program?

Every mail program marks an answer in its user's language: a subject's prefix, a line before the quotation, a block
of headers. The words are data at the top; the reading below is linear in the size of the text.
"""

import re
from dataclasses import dataclass
from html import unescape

# Prefixes of answers: English, German, Nordic, Dutch, Polish, Turkish, Portuguese, Italian, Hungarian, Czech,
# Russian, Greek, Hebrew, Arabic, Chinese, Korean, Indonesian, Vietnamese. "VS" is Finnish for an answer, Norwegian
# and Danish for a forward: see `is_forward`.
_ANSWERS = (
    r"re|aw|antw(?:ort)?|sv|svar|vs|odp|ynt|yan|cevap|res|resp|rif|r|vá|válasz|ad|отв|ответ|на|απ|σχετ|השב|תגובה|رد|"
    r"回复|回覆|答复|回信|返信|회신|답장|bls|balas|trả lời|réf|ref|hl|atb|iv|ha|odpověď|odpoveď|odg|одг"
)
_FORWARDS = (
    r"fwd?|forward(?:ed)?|wg|weitergeleitet|tr|transf(?:ert)?|rv|reenv(?:iado)?|enc|i|inoltr[oa]|vl|vb|"
    r"vidarebefordrat|"
    r"videresendt|doorst|doorgestuurd|pd|podaj dalej|továbbítás|tov|ilt|i̇lt|пер|пересл|fs|πρθ|הועבר|إعادة توجيه|"
    r"转发|轉寄|轉發|転送|전달|trs|předat|chuyển tiếp"
)
_MANY = r"\.?\s*(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:：]\s*"
_ANSWER_PREFIX = re.compile(rf"(?:{_ANSWERS}){_MANY}", re.IGNORECASE)
_FORWARD_PREFIX = re.compile(rf"\[?(?:{_FORWARDS}){_MANY}|\[fwd:\s*", re.IGNORECASE)
_TAG = re.compile(
    r"\[[^\[\]]{1,60}\]\s*|\{[^{}]{1,40}\}\s*|\(ext(?:ern(?:al)?)?\)\s*|\*+\s*(?:ext\w*|spam)\s*\*+\s*:?\s*|"
    r"(?:ext|extern(?:al|e|o)?(?: e?-?mail| sender)?|caution|spam|(?:suspected|possible|probable) spam|"
    r"phishing)\s*:\s*",
    re.IGNORECASE,
)


def after_tags(subject: str) -> str:
    """Return the subject without the [tags] that lists and gateways put in front."""
    while (tag := _TAG.match(subject)) and subject[tag.end() :].strip() and not _FORWARD_PREFIX.match(subject):
        subject = subject[tag.end() :]
    return subject


def answer_prefix(subject: str) -> bool:
    """Tell whether the outermost prefix marks an answer ("Re:", "AW:", "[list] Sv:")."""
    return bool(_ANSWER_PREFIX.match(after_tags(subject)))


def forward_prefix(subject: str) -> bool:
    """Tell whether the outermost prefix marks a forward ("Fwd:", "WG:", "TR:")."""
    return bool(_FORWARD_PREFIX.match(after_tags(subject)))


def without_prefixes(subject: str) -> str:
    """Return the subject without tags and without prefixes of answers and forwards."""
    while True:
        subject = after_tags(subject.strip())
        prefix = _ANSWER_PREFIX.match(subject) or _FORWARD_PREFIX.match(subject)
        if not prefix or not subject[prefix.end() :].strip():
            return subject
        subject = subject[prefix.end() :]


_MACHINE_PREFIX = re.compile(
    r"(?:auto(?:matic|matische|matisch|mated)?[ _-]?(?:reply|response|antwort|antwoord|svar)|out of (?:the )?office|"
    r"r[ée]ponse automatique|respuesta autom[áa]tica|resposta autom[áa]tica|risposta automatica|autosvar|"
    r"automatisk svar|automaattinen vastaus|accepted|declined|tentative|read|gelesen|lu|leído|letto|undeliverable|"
    r"undelivered mail returned to sender|returned mail|unzustellbar|delivery status notification \(\w+\))"
    r"(?: \([^)]{1,30}\))?\s*[:：-]\s*",
    re.IGNORECASE,
)


def bare_subject(subject: str) -> str:
    """Return what stays of a subject in every answer to it, in lower case."""
    subject = without_prefixes(subject)
    machine = _MACHINE_PREFIX.match(subject)
    if machine and subject[machine.end() :].strip():
        subject = without_prefixes(subject[machine.end() :])
    return " ".join(subject.lower().split())


# --- quotation --------------------------------------------------------------------------------------------------

_FROM_LABELS = (
    r"from|von|de|da|van|från|fra|frá|od|от|від|lähettäjä|kimden|gönderen|feladó|expéditeur|mittente|remitente|"
    r"remetente|"
    r"absender|afzender|nadawca|odesílatel|από|dari|từ|寄件者|寄件人|发件人|發件人|差出人|"
    r"보낸 ?사람|מאת|من|de la|saatja|nuo|no"
)
_FROM_LINE = re.compile(rf"^[ \t*_]*(?:{_FROM_LABELS})[ \t*_]*[:：][ \t*_]*\S", re.IGNORECASE)
_LABEL_LINE = re.compile(r"^[ \t*_]*[^\s:：<>@][^:：<>@\n]{0,24}[:：][ \t*_]*\S?")
_WROTE = (
    r"wrote|writes|schrieb|schreef|a écrit|escribió|escribi[óo]|escreveu|ha scritto|scrisse|skrev|kirjoitti|"
    r"napisa[łl]\(?a?\)?|"
    r"napsala?|írta|a scris|написала?|пишет|пише|έγραψε|yazdı|menulis|đã viết|写道|寫道|schrieben|"
    r"het volgende geschreven|"
    r"geschreven|następująco|wrote the following|napísala?|님이 작성|כתב|כתבה|كتب|のメール|さんは書きました"
)
_ATTRIBUTION = re.compile(rf"(?:{_WROTE})[^\n]{{0,60}}[:：]\s*$|^\S.{{4,200}}\d.{{0,200}}[:：]\s*$", re.IGNORECASE)
_ATTRIBUTION_WORD = re.compile(rf"(?:{_WROTE})[^\n]{{0,60}}[:：]?\s*$", re.IGNORECASE)
_ATTRIBUTION_START = re.compile(
    r"^(?:on|am|le|el|em|il|op|den|på|w dniu|dne|at|kl|pada|vào|於|在|ב|στις|пн|вт|ср|чт|пт|сб|вс|\d|[^\W\d]{2,10},? )",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(r"^\s*-{2,}\s*[^-\n]{4,60}\s*-{2,}\s*$")
_ORIGINAL_WORDS = re.compile(
    r"original|ursprünglich|d'origine|oorspronkelijk|ursprung|oprindelig|opprinnelig|alkuperäinen|oryginaln|исходное|"
    r"původní|eredeti|mesaj|originale|原始|元のメッセージ|원본",
    re.IGNORECASE,
)
_FORWARD_WORDS = re.compile(
    r"forwarded|weitergeleitet|transf[ée]r|reenviad|encaminhad|inoltrat|doorgestuurd|vidarebefordra|videresendt|"
    r"välitetty|przekazan|пересланн|пересыла|předan|továbbított|iletilen|redirecionad|转发|轉寄|転送|전달|προωθ",
    re.IGNORECASE,
)
_FORWARD_LINE = re.compile(
    r"^\s*(?:[-_=*]{2,}.{0,80}|begin forwarded message|anfang der weitergeleiteten.{0,30}|début du message.{0,30}|"
    r"inizio messaggio inoltrato|inicio del mensaje reenviado|begin doorgestuurd bericht|forwarded by .{1,80}|"
    r"vidarebefordrat brev|start på videresendt .{0,20}|início da mensagem .{0,20})[:：]?[-_=* ]*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$")
_RULER = re.compile(r"^\s*(?:_{8,}|-{12,}|\*{12,}|={12,})\s*$")


@dataclass(frozen=True)
class Told:
    """A text taken apart: what is new, whether something was quoted, and whether a forwarded mail follows."""

    newest: str
    quotes: bool
    forwards: bool


def newest_part(text: str) -> str:
    """Return what was written now, without quotation, forwarded mail and signature."""
    return told(text).newest


def told(text: str) -> Told:
    """Take a text apart. Answers between quoted lines belong to what is new; a signature does not."""
    lines = text[:100_000].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")[:3000]
    kept: list[str] = []
    quotes = False
    for number, line in enumerate(lines):
        if line.lstrip().startswith((">", "|>", "&gt;")):
            quotes = True
        elif is_forward_line(line):
            return Told(_joined(kept), True, True)
        elif _begins_old_mail(lines, number):
            return Told(_joined(kept), True, False)
        elif _is_attribution(lines, number, kept):
            if not _quoted_lines_follow(lines, number):
                return Told(_joined(kept), True, False)
            quotes = True
        elif _SIGNATURE.match(line) and any(each.strip() for each in kept):
            return Told(_joined(kept), quotes or ">" in "".join(lines[number:])[:5000], False)
        else:
            kept.append(line)
    return Told(_joined(kept), quotes, False)


def is_forward_line(line: str) -> bool:
    """Tell whether a mail program wrote this line above a forwarded mail."""
    return len(line) < 160 and bool(_FORWARD_LINE.match(line)) and bool(_FORWARD_WORDS.search(line))


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip()


def _begins_old_mail(lines: list[str], number: int) -> bool:
    line = lines[number]
    if len(line) > 300:
        return False
    if _ORIGINAL.match(line):
        return bool(_ORIGINAL_WORDS.search(line)) or _header_block(lines, number + 1)
    if _RULER.match(line):
        return _header_block(lines, number + 1)
    return bool(_FROM_LINE.match(line)) and _header_block(lines, number)


def _header_block(lines: list[str], number: int) -> bool:
    """Three or more "Label: value" lines, the first of them naming a sender: the block that Outlook writes."""
    following = [line for line in lines[number : number + 10] if line.strip()][:6]
    if not following or not _FROM_LINE.match(following[0]):
        return False
    return sum(1 for line in following[:5] if _LABEL_LINE.match(line)) >= 3


def _is_attribution(lines: list[str], number: int, kept: list[str]) -> bool:
    """Lines like "On Monday Flynn wrote:"; they may be broken over three lines."""
    line = lines[number].strip()
    if not line or len(line) > 250:
        return False
    joined = " ".join(each.strip() for each in lines[number : number + 3])[:400]
    ends = next((each for each in (line, *_growing(lines, number)) if each.endswith((":", "："))), "")
    if not ends:
        return bool(_ATTRIBUTION_WORD.search(line)) and "@" in joined and _quoted_lines_follow(lines, number)
    if _ATTRIBUTION_WORD.search(ends):
        return bool(_ATTRIBUTION_START.match(ends)) or "@" in ends or _quoted_lines_follow(lines, number)
    return bool(_ATTRIBUTION.search(ends)) and ("@" in ends or bool(kept)) and _quoted_lines_follow(lines, number)


def _growing(lines: list[str], number: int) -> list[str]:
    grown, text = [], lines[number].strip()
    for line in lines[number + 1 : number + 4]:
        if not line.strip() or line.lstrip().startswith(">"):
            break
        text = f"{text} {line.strip()}"
        grown.append(text)
    return grown


def _quoted_lines_follow(lines: list[str], number: int) -> bool:
    following = [line.lstrip() for line in lines[number + 1 : number + 7] if line.strip()]
    return any(line.startswith(">") for line in following[:4])


# --- HTML -------------------------------------------------------------------------------------------------------

_TAG_IN_HTML = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|<[!?/][^<>]*>")
_BREAKS = frozenset(
    [
        "br",
        "p",
        "div",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "blockquote",
        "pre",
        "dd",
        "dt",
    ]
)
_SILENT = ("script", "style", "head", "title")
_OUTLOOK_RULE = re.compile(
    r'id="?(?:\w+_)?(?:divRplyFwdMsg|appendonsend)|border-top: ?solid #?(?:B5C4DF|E1E1E1)', re.IGNORECASE
)


def text_of_html(html: str) -> str:
    """Make text of HTML: one line for a block, "> " before what stands in a blockquote."""
    html = _without_silent(html[:400_000])
    lines, depth, line, end = [], 0, "", 0
    for tag in _TAG_IN_HTML.finditer(html):
        line += html[end : tag.start()].replace("\r", " ").replace("\n", " ")
        end = tag.end()
        name = (tag.group(2) or "").lower()
        if name not in _BREAKS:
            line += "" if name in ("span", "b", "i", "em", "strong", "a", "font", "u", "wbr", "o") else " "
            continue
        lines.append(("> " if depth > 0 else "") + line)
        line = ""
        if name == "blockquote":
            depth = max(0, depth + (-1 if tag.group(1) else 1))
        if _OUTLOOK_RULE.search(tag.group(3) or ""):
            lines.append("_" * 32)
    lines.append(("> " if depth > 0 else "") + line + html[end:].replace("\n", " "))
    return _tidied(lines)


def _tidied(lines: list[str]) -> str:
    told_lines = [" ".join(unescape(line).split()) for line in lines]
    return "\n".join("" if line == ">" else line for line in told_lines).strip()


def _without_silent(html: str) -> str:
    """Cut scripts, styles and comments; what is opened and never closed ends there."""
    for opening, closing in (("<!--", "-->"), *((f"<{name}", f"</{name}") for name in _SILENT)):
        lowered, kept, place = html.lower(), [], 0
        while (start := lowered.find(opening, place)) >= 0:
            after = lowered[start + len(opening) : start + len(opening) + 1]
            stop = lowered.find(closing, start)
            if opening != "<!--" and after.isalnum():  # <header> is not <head>
                kept.append(html[place : start + len(opening)])
                place = start + len(opening)
                continue
            kept.append(html[place:start])
            if stop < 0:
                place = len(html) if opening != "<head" else start + len(opening)
                break
            place = stop + len(closing)
        html = "".join([*kept, html[place:]])
    return html
