"""On which day does an absence note say that somebody is back? Dates in words and numbers, in many languages.

Only a date that stands right after words like "back on" or "until" counts; a year that is not stated is the one that
puts the date soonest after the mail's own.
"""

import re
from datetime import date, timedelta

# What stands before a day, by language; the latest day after any of them is believed.
_CUES = (
    "back on|back in the office|back at work|back|returning|return on|return|until|till|til|through|thru|to",
    "bis zum|bis einschließlich|bis|wieder|ab dem|ab|am|zurück am|zurück",
    "jusqu'au|jusqu’au|retour le|à partir du|au",
    "hasta el|hasta|regreso el|vuelvo el|volveré el|a partir del",
    "até|retorno em|retorno|volto|regresso",
    "fino al|rientro il|rientrerò il|rientro|torno il|dal|al",
    "tot en met|tot|t/m|terug op|terug|vanaf",
    "till och med|tillbaka|åter|til og med|tilbage|tilbake|palaan",
    "do dnia|do|wracam|wrócę|od|vrátím se|până la|până pe|până în|revin",
    "по|до|вернусь|з|έως|μέχρι|iki|līdz|kuni|til og med|do vključno",
    "đến hết ngày|đến ngày|quay lại vào ngày|vào ngày|sampai dengan|sampai tanggal|sampai|hingga|kembali pada",
    "حتى تاريخ|حتى|سأعود يوم|سأعود في|تا تاریخ|עד ה-|עד ה|עד|אחזור ב-|אחזור ב|regresar[ée] el|retornarei em",
)
_CUE = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(_CUES)})(?![^\W\d_])|(?<=\s)[-–—](?=\s)|(?<=\d\.)\s?[-–—]|戻り|復帰|至|到",
    re.IGNORECASE,
)
_FILLER = re.compile(r"[\s:,(]*[^\W\d_]{1,14}(?:-[^\W\d_]{2,8})?[.,]?(?=[\s(])")
_SPACE = re.compile(r"[\s:,(]*")
_FILLERS = 6  # "on Monday the", "på kontoret måndag den"
_MONTHS = (
    "jan|gen|ene|janv|sty|led|янв|січ|ιαν|tammi|oca|ian|jaa|sau|يناي|בינו|ינו",
    "feb|fév|fev|févr|lut|úno|фев|лют|φεβ|helmi|şub|vee|vas|فبرا|בפבר|פבר",
    "mar|mär|maa|mrt|mrz|břez|мар|бер|μαρ|maalis|kov|مارس|במרץ|מרץ",
    "apr|avr|abr|kwi|dub|апр|кві|απρ|huhti|nis|bala|أبري|באפר|אפר",
    "may|mai|maj|mei|mag|kvě|мая|май|тра|μαΐ|μαι|touko|gegu|مايو|במאי|מאי",
    "jun|juin|giu|cze|červn|июн|чер|ιουν|kesä|haz|iun|jūn|juun|birž|يوني|ביונ|יונ",
    "jul|juil|lug|lip|červenc|июл|лип|ιουλ|heinä|tem|iul|jūl|juul|liep|يولي|ביול|יול",
    "aug|août|aou|ago|sie|srp|авг|сер|αυγ|elo|ağu|agu|rugp|أغسط|באוג|אוג",
    "sep|set|wrz|zář|сен|вер|σεπ|syys|eyl|szep|rugs|سبتم|בספט|ספט",
    "oct|okt|ott|out|paź|říj|окт|жов|οκτ|loka|eki|spal|أكتو|באוק|אוק",
    "nov|lis|noy|ноя|лис|νοε|marras|kas|noi|lapk|نوفم|בנוב|נוב",
    "dec|dez|déc|dic|des|gru|pro|дек|гру|δεκ|joulu|ara|det|ديسم|בדצמ|דצמ",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split("|")}
_YEAR = r"(?:,?\s*(?:de |del |of )?(20\d\d)(?!\d))?"
_NUMBERS = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})(?:\s?\2\s?(\d{4}|\d{2}))?(?!\d)")
_ISO = re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_EAST = re.compile(r"(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.|-?го)?\s*(?:of |de |d['’] ?)?([^\W\d_]{{3,12}})\.?{_YEAR}"
)
_MONTH_FIRST = re.compile(rf"([^\W\d_]{{3,12}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d){_YEAR}")
_AMERICAN = re.compile(r"\b(?:out of (?:the )?office|i am|i will|return(?:ing)?|back)\b|[回返]", re.IGNORECASE)


def stated_return(text: str, on: date | None) -> date | None:
    """Return the last day that follows a cue, soonest after `on`; None where the mail's date is unknown and needed."""
    text = " ".join(text.split())[:4000]
    found = [day for cue in _CUE.finditer(text) if (day := _day_after(text, cue.end(), on))]
    found += [day for until in _UNTIL_AFTER.finditer(text) if (day := _date_at(text, until.start(), on))]
    sensible = [day for day in found if on is None or on <= day <= on + timedelta(days=500)]
    return max(sensible) if sensible else None


# Finnish, Hungarian, Turkish, Japanese and Korean say "until" behind the day.
_UNTIL_AFTER = re.compile(
    r"(?<!\d)(?:\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{4})?\s(?:saakka|asti)|\d{1,2} [^\W\d_]{3,9} tarihine|"
    r"(?:20\d\d年)?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일](?:\s?\([^)]\))?\s?(?:まで|까지|以降|から|に(?:復帰|戻)|"
    r"(?:에|부터)? ?복귀|"
    r"[后後起]?(?:返回|回来|回來|恢复|上班))|\d{1,2}/\d{1,2} ?(?:返回|回来|回來)|"
    r"[^\W\d_]{3,12} \d{1,2}\.? (?:között|közt)|[^\W\d_]{3,12} \d{1,2}-ig|\d{1,2} [^\W\d_]{3,12} weer)",
    re.IGNORECASE,
)


def _day_after(text: str, place: int, on: date | None) -> date | None:
    """Read a day right here or behind a few small words, such as a weekday."""
    for _ in range(_FILLERS):
        start = _SPACE.match(text, place)
        if day := _date_at(text, start.end() if start else place, on):
            return day
        filler = _FILLER.match(text, place)
        if not filler:
            return None
        place = filler.end()
    return None


def _date_at(text: str, place: int, on: date | None) -> date | None:
    if match := _ISO.match(text, place):
        return _day(int(match.group(1)), int(match.group(2)), int(match.group(3)), on)
    if match := _EAST.match(text, place):
        return _day(0, int(match.group(1)), int(match.group(2)), on)
    if match := _NUMBERS.match(text, place):
        return _of_numbers(match, text, on)
    if (match := _DAY_FIRST.match(text, place)) and (month := _month(match.group(2))):
        return _day(int(match.group(3) or 0), month, int(match.group(1)), on)
    if (match := _MONTH_FIRST.match(text, place)) and (month := _month(match.group(1))):
        return _day(int(match.group(3) or 0), month, int(match.group(2)), on)
    return None


def _month(word: str) -> int | None:
    word = word.lower()
    return next((_MONTH_OF[word[:size]] for size in (7, 6, 5, 4, 3) if word[:size] in _MONTH_OF), None)


def _of_numbers(match: re.Match[str], text: str, on: date | None) -> date | None:
    """Day first, but for English with slashes where both readings fit: there the one soon after the mail wins."""
    first, second = int(match.group(1)), int(match.group(3))
    year = int(match.group(4) or 0)
    year += 2000 if 0 < year < 100 else 0
    day_first, month_first = _day(year, second, first, on), _day(year, first, second, on)
    if match.group(2) == "/" and _AMERICAN.search(text) and month_first and on and month_first >= on:
        return month_first if not day_first or day_first < on or month_first <= day_first else day_first
    return day_first or month_first


def _day(year: int, month: int, day: int, on: date | None) -> date | None:
    try:
        if year:
            return date(year, month, day)
        if on is None:
            return None
        this_year = date(on.year, month, day)
        return this_year if this_year >= on - timedelta(days=30) else date(on.year + 1, month, day)
    except ValueError:
        return None
