"""On which day does an absence note say that somebody is back? Dates in words and numbers, in many languages.

Only a date that stands right after words like "back on" or "until" counts; a year that is not stated is the one that
puts the date soonest after the mail's own.
"""

import re
from datetime import date, timedelta

_CUE = re.compile(
    r"(?:back (?:in (?:the )?office )?(?:on|at work on|from)?|return(?:ing|s)? (?:to (?:the |my )?(?:office|work|"
    r"desk) )?(?:on|by)?|"
    r"until|till?|through|thru|\bto\b(?= (?:the )?\d)|-|–|—|bis (?:zum|einschließlich|inkl\.?)?|"
    r"wieder (?:\w+ ){0,3}?ab|ab dem|ab|am|zurück am|"
    r"jusqu'?au|retour le|à partir du|au|hasta el|hasta|regreso el|vuelvo el|volveré el|a partir del|até|"
    r"retorno (?:em|no dia)|volto (?:em|dia)|"
    r"regresso (?:a|em)|fino al|rientro il|rientrerò il|torno il|dal|tot en met|tot|t/m|terug op|vanaf|"
    r"till och med|till|tillbaka|åter|"
    r"til og med|tilbage|tilbake|til|palaan|saakka|asti|do dnia|do|wracam|wrócę|od|vrátím se|până (?:la|pe|în)|"
    r"revin (?:pe|în)|по|до|вернусь|"
    r"з|έως|μέχρι|戻り|復帰|至|到)(?:\s+(?:on|the|den|dem|el|le|il|dia|día|zum|dnia|incl\w*\.?|einschließlich|und mit|"
    r"and including))*[\s:,(]*"
    r"(?:[^\W\d]{2,12}\.?,?\s+(?:(?:the|den|dem|el|le|il|dia|día|d\.)\s+)?){0,2}?",
    re.IGNORECASE,
)
_MONTHS = (
    "jan|gen|ene|janv|sty|led|янв|січ|ιαν|tammi|oca|ian",
    "feb|fév|fev|févr|lut|úno|фев|лют|φεβ|helmi|şub",
    "mar|mär|maa|mrt|mrz|břez|мар|бер|μαρ|maalis",
    "apr|avr|abr|kwi|dub|апр|кві|απρ|huhti|nis",
    "may|mai|maj|mei|mag|kvě|мая|май|тра|μαΐ|μαι|touko",
    "jun|juin|giu|cze|červn|июн|чер|ιουν|kesä|haz|iun",
    "jul|juil|lug|lip|červenc|июл|лип|ιουλ|heinä|tem|iul",
    "aug|août|aou|ago|sie|srp|авг|сер|αυγ|elo|ağu",
    "sep|set|wrz|zář|сен|вер|σεπ|syys|eyl",
    "oct|okt|ott|out|paź|říj|окт|жов|οκτ|loka|eki",
    "nov|lis|noy|ноя|лис|νοε|marras|kas|noi",
    "dec|dez|déc|dic|des|gru|pro|дек|гру|δεκ|joulu|ara",
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
_AMERICAN = re.compile(r"\b(?:out of (?:the )?office|i am|i will|return(?:ing)?|back)\b", re.IGNORECASE)


def stated_return(text: str, on: date | None) -> date | None:
    """Return the last day that follows a cue, soonest after `on`; None where the mail's date is unknown and needed."""
    text = " ".join(text.split())[:4000]
    found = [day for cue in _CUE.finditer(text) if (day := _date_at(text, cue.end(), on))]
    sensible = [day for day in found if on is None or on <= day <= on + timedelta(days=500)]
    return max(sensible) if sensible else None


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
