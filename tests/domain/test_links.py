"""Which addresses may be tracked, and which texts may stand for them."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.links import (
    LONGEST_ADDRESS,
    LONGEST_TEXT,
    UNNAMED,
    CheckedLink,
    RefusedLink,
    check_link,
    clean_text,
    looks_like_address,
    read_address,
)
from backend.domain.tokens import mint_token, read_token

OFFER = "https://gridworks.example/offer?plan=arcade&seats=12&utm_source=mail#terms"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (OFFER, OFFER),
        (f"  {OFFER}\n", OFFER),
        ("http://gridworks.example", "http://gridworks.example"),
        ("gridworks.example/offer?a=b&c=%20d", "https://gridworks.example/offer?a=b&c=%20d"),
        ("gridworks.example:8443/x", "https://gridworks.example:8443/x"),
        ("//gridworks.example/x", "https://gridworks.example/x"),
        ("HTTPS://Gridworks.Example/Path", "https://gridworks.example/Path"),
        ("https://münchen.example/ä?q=ö#ü", "https://xn--mnchen-3ya.example/%C3%A4?q=%C3%B6#%C3%BC"),
        (
            "https://x.example/?q=a%2Fb+c&d[]=1&url=https://y.example/@z",
            "https://x.example/?q=a%2Fb+c&d[]=1&url=https://y.example/@z",
        ),
        ("http://localhost:8025/landing?x=1", "http://localhost:8025/landing?x=1"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://192.0.2.1/x", "http://192.0.2.1/x"),
    ],
)
def test_an_address_is_read_with_its_query_whole(typed, read):
    assert read_address(typed) == read


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Where should the link lead"),
        ("javascript:alert(1)", "Only web addresses"),
        ("JavaScript:alert(1)", "Only web addresses"),
        ("java\tscript:alert(1)", "no spaces"),
        ("data:text/html,<script>alert(1)</script>", "Only web addresses"),
        ("vbscript:x", "Only web addresses"),
        ("file:///etc/passwd", "Only web addresses"),
        ("ftp://x.example/", "Only web addresses"),
        ("mailto:flynn@flynnsarcade.com", "untracked"),
        ("tel:+123456", "untracked"),
        ("http:gridworks.example", "two slashes"),
        ("https://", "cannot be read"),
        ("https:///path", "cannot be read"),
        ("https://user:secret@gridworks.example/", "hides where it leads"),
        ("https://gridworks.example@evil.example/", "hides where it leads"),
        ("https://good.example\\@evil.example/", "backslashes"),
        ("https://grid works.example/", "no spaces"),
        ("https://gridworks.example/\u202eelpmaxe", "no spaces"),
        ("https://gridworks.example:99999/", "cannot be read"),
        ("https://gridworks.example:port/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://-x-.example/", "cannot be read"),
        ("https://x..example/", "cannot be read"),
        ("offer", "not the name of a site"),
        ("https://x.example/" + "a" * LONGEST_ADDRESS, "longer than"),
        ("https://x.example/" + "ä" * (LONGEST_ADDRESS // 3), "longer than"),
    ],
)
def test_an_address_that_may_not_be_tracked_is_refused_with_a_reason(typed, told):
    refused = read_address(typed)
    assert isinstance(refused, RefusedLink)
    assert refused.where == "address"
    assert told in refused.sentence


@pytest.mark.parametrize(
    "text",
    [
        *("https://gridworks.example", "www.gridworks.example", "gridworks.example", "see paypal.com/login now"),
        *("flynn@flynnsarcade.com", "gridworks。example", "ｇｒｉｄｗｏｒｋｓ．example", "grid\u200dworks.example"),
        *("http://x", "a://b", "PAYPAL.COM", "(gridworks.example)", "xn--80ak6aa92e.com", "evil.com.pdf/x.com"),
    ],
)
def test_a_text_that_looks_like_an_address_is_refused(text):
    assert looks_like_address(text)
    refused = check_link(text, OFFER)
    assert isinstance(refused, RefusedLink)
    assert refused.where == "text"


@pytest.mark.parametrize(
    "text",
    [
        "See the offer",
        "report.pdf",
        "Node.js",
        "v2.0",
        "e.g. this",
        "U.S. prices",
        "3.14",
        "ça va…",
        "报价",
        "🙂 offer",
    ],
)
def test_words_are_words(text):
    assert not looks_like_address(text)
    assert check_link(text, OFFER) == CheckedLink(text, OFFER)


def test_a_link_without_text_gets_words_and_not_its_address():
    assert check_link("  ", OFFER) == CheckedLink(UNNAMED, OFFER)
    assert check_link("\u200d\u200b", OFFER) == CheckedLink(UNNAMED, OFFER)


def test_a_text_is_one_line_without_what_cannot_be_seen():
    assert clean_text(" our\n\t \u202eoffer\u200b\0 ") == "our offer"
    assert isinstance(check_link("x" * (LONGEST_TEXT + 1), OFFER), RefusedLink)


@given(
    st.text(max_size=60), st.text(max_size=80) | st.from_regex(r"(https?:)?(//)?[a-z.@:\\/%\[\]]{0,30}", fullmatch=True)
)
def test_whatever_is_typed_is_read_or_refused(text, address):
    checked = check_link(text, address)
    if isinstance(checked, RefusedLink):
        assert checked.sentence
        return
    parts = urlsplit(checked.destination)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert "@" not in parts.netloc
    assert checked.destination.isascii()
    assert len(checked.destination) <= LONGEST_ADDRESS
    assert not any(letter.isspace() or letter in '<>"\\' for letter in checked.destination)
    assert checked.text.strip()
    assert not looks_like_address(checked.text)
    assert read_address(checked.destination) == checked.destination
    keys = (b"k" * 32,)
    assert read_token("c", mint_token("c", 5, keys, checked.destination), keys, checked.destination) == 5
