"""What kind of program names itself so: real User-Agents, and what a person calls the program."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.agents import agent_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
PEOPLE = {"browser", "mail_app", "gmail_proxy", "mail_proxy"}

CASES = [
    # mail systems
    (
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "gmail_proxy",
        "Gmail's image proxy",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
        "Safari/537.36 Edge/12.246 Mozilla/5.0",
        "gmail_prefetch",
        "Gmail's prefetch",
    ),
    ("Mozilla/5.0", "apple_prefetch", "Apple's proxy"),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", "mail_proxy", "Yahoo's image proxy"),
    (
        "Mozilla/5.0 (compatible; YandexImageResizer/2.0; +http://yandex.com/bots)",
        "mail_proxy",
        "Yandex Mail's image proxy",
    ),
    # mail programs: real Outlook is a person's, whatever one list of crawlers says
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; "
        "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)",
        "mail_app",
        "Outlook on Windows",
    ),
    ("Outlook-iOS/725.2123023.prod.iphone (3.45.0)", "mail_app", "Outlook for iOS"),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
        "mail_app",
        "Thunderbird on Mac",
    ),
    ("Mail/3774.600.62 CFNetwork/1568.200.51 Darwin/24.1.0", "mail_app", "Apple Mail"),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "mail_app",
        "iPhone Mail",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "mail_app",
        "Mail on Mac",
    ),
    # browsers
    (CHROME, "browser", "Chrome on Windows"),
    (f"{CHROME} Edg/142.0.0.0", "browser", "Edge on Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "browser", "Firefox on Linux"),
    (
        "Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_X19 Build/O11019) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/130.0.0.0 Mobile Safari/537.36",
        "browser",
        "Chrome on Android",
    ),
    # scanners and probes
    ("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", "scanner", "Barracuda"),
    ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", "scanner", "Proofpoint"),
    ("Microsoft Office Existence Discovery", "probe", "Microsoft Office"),
    # previews: the link was passed on
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "preview", "Slack"),
    ("Slack-ImgProxy 1.19 (+https://api.slack.com/robots)", "preview", "Slack"),
    ("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", "preview", "Skype or Teams"),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", "preview", "LinkedIn"),
    ("WhatsApp/2.24.20.89 A", "preview", "WhatsApp"),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "preview", "iMessage or Facebook"),
    ("Twitterbot/1.0", "preview", "Twitter"),
    # crawlers
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler", "Googlebot"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "crawler", "bingbot"),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "crawler",
        "GPTBot",
    ),
    (CHROME.replace("Chrome/", "HeadlessChrome/"), "crawler", "HeadlessChrome"),
    # libraries
    ("curl/8.5.0", "library", "curl"),
    ("python-requests/2.32.3", "library", "Python"),
    ("Go-http-client/2.0", "library", "Go"),
    ("okhttp/4.12.0", "library", "okhttp"),
    ("axios/1.7.7", "library", "JavaScript"),
    # nobody known
    ("", "none", "a program without a name"),
    ("Frobnicator", "unknown", "an unknown program"),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "kind", "name"), CASES)
def test_a_program_is_known_by_what_it_calls_itself(user_agent: str, kind: str, name: str) -> None:
    agent = agent_of(user_agent)
    assert agent.kind == kind
    assert kind == "crawler" or agent.name == name
    assert kind != "crawler" or name.lower() in agent.name.lower()


PHONES = ("CUBOT NOTE 20", "POWER BOT", "M BOT 551", "ID bot 53", "Wildfire E star", "Impress_Pear", "SM-S918B")


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_that_is_named_like_a_machine_is_a_persons(phone: str) -> None:
    built = (
        f"Mozilla/5.0 (Linux; Android 13; {phone} Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/130.0.0.0 Mobile Safari/537.36"
    )
    assert agent_of(built).kind == "browser"
    assert agent_of(built.replace(" Build/TP1A.220624.014", "")).kind == "browser"


@pytest.mark.parametrize(
    "added",
    [
        "(compatible; Google-AMPHTML)",
        "CloudflareObservatory/1.0",
        "FancyNewBot/1.0",
        "some-crawler",
        "+https://scan.example/about",
        "(ops@scan.example)",
    ],
)
def test_a_browser_that_adds_that_it_is_a_machine_is_one(added: str) -> None:
    assert agent_of(f"{CHROME} {added}").kind not in PEOPLE


def test_a_mail_program_that_crawls_is_a_crawler() -> None:
    disguised = (
        "Mozilla/5.0 (Windows; U; Windows NT 5.0) Gecko/20050716 Thunderbird/1.0.6 - WebCrawler http://seo.example/bot"
    )
    assert agent_of(disguised).kind == "crawler"


@given(st.text(max_size=3000))
def test_anything_is_some_kind_of_program_with_a_name(user_agent: str) -> None:
    assert agent_of(user_agent).name
