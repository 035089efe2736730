"""By which words do programs give themselves away in a User-Agent? The tables of `agents`.

Names are what a rep reads. Where several match, the first one wins. Found by reading what mail systems, security
products and libraries send; each vendor's name is its own word.
"""

import re

Named = tuple[tuple[str, re.Pattern[str]], ...]


def _table(*rows: tuple[str, str]) -> Named:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in rows)


# They fetch pictures when a person reads the mail, whatever lists of bots say of them.
MAIL_SYSTEMS = _table(
    ("Yahoo's image proxy", r"YahooMailProxy"),
    ("Mail.ru's image proxy", r"Mail\.RU_Bot/Img"),
    ("Yandex Mail's image proxy", r"YandexImageResizer"),
    ("UkrNet's image proxy", r"mail\.ukr\.net proxy"),
    ("Seznam's image proxy", r"SeznamEmailProxy"),
    (
        "a mail service's image proxy",
        r"e?mail[ _-]?(?:image|img)?[ _-]?proxy|(?:image|img)[ _-]?proxy.{0,40}\bmail",
    ),
)

# Office asks what lies behind a link before it lets somebody follow it.
PROBES = _table(
    ("Microsoft Office", r"^Microsoft Office(?:/| Mobile/| \w+ 20\d\d)(?!.*Outlook)"),
    (
        "Microsoft Office",
        r"Microsoft Office (?:Existence|Protocol) Discovery|Microsoft-WebDAV-MiniRedir"
        r"|\) (?:Word|Excel|PowerPoint)/\d|Microsoft Data Access Internet Publishing"
        r"|OfficeLinkChecker|Microsoft URL Control",
    ),
)

SCANNERS = _table(
    ("Barracuda", r"Barracuda"),
    ("Proofpoint", r"Proofpoint|UrlDefense"),
    ("Mimecast", r"Mimecast"),
    ("Cisco", r"Cisco(?:[- ](?:Secure|Talos|Ironport|Umbrella|AMP))|IronPort|OpenDNS|Talos(?:Intel|-)"),
    ("Symantec", r"Symantec|MessageLabs|Norton-?Safeweb|Blue ?Coat|WebPulse"),
    ("Trend Micro", r"Trend ?Micro|\bTMUFE\b|TMhtload|TM[- ]?WRS"),
    ("Sophos", r"\bSophos"),
    ("Forcepoint", r"Forcepoint|Websense"),
    ("FireEye", r"FireEye|Trellix|McAfee[ -]?(?:Web|Site|Gateway|Email|GTI)|SiteAdvisor"),
    ("Fortinet", r"Forti(?:net|guard|mail|sandbox|web)"),
    ("Zscaler", r"Zscaler"),
    ("Check Point", r"Check ?Point (?:Harmony|Sandblast|Software)|Avanan|CloudGuard"),
    ("Palo Alto Networks", r"Palo ?Alto ?Networks|Expanse, a Palo|PAN-?WildFire"),
    ("VirusTotal", r"virustotal"),
    ("urlscan.io", r"urlscan"),
    ("Microsoft Defender", r"SafeLinks|Safe ?Links|\bSmartScreen|Windows Defender|MSOfficeATP"),
    ("Google Safe Browsing", r"Google-Safety|Google ?Safe ?Browsing|Google-PhishingDetect"),
    ("Netcraft", r"Netcraft"),
    ("Kaspersky", r"Kaspersky"),
    ("Bitdefender", r"Bit ?Defender"),
    ("ESET", r"\bESET\b"),
    ("F-Secure", r"F-?Secure|WithSecure"),
    ("Dr.Web", r"Dr\.?Web\b"),
    ("Cyren", r"Cyren|Commtouch|Hornetsecurity|Vade ?Secure|Vadesecure|SpamTitan|MailGuard\b|SpamExperts"),
    (
        "Cloudmark",
        r"Cloudmark|SpamAssassin|rspamd|Abnormal ?Security|Ironscales|Egress ?Defend|GreatHorn"
        r"|Perception ?Point",
    ),
    (
        "Agari",
        r"\bAgari|PhishTank|OpenPhish|PhishLabs|Cofense|KnowBe4|Area ?1 ?Security|CheckPhish"
        r"|SlashNext",
    ),
    (
        "a link scanner",
        r"(?:url|link|virus|malware|phish(?:ing)?|threat|security|safe|e?mail)[ _-]?(?:scan(?:ner)?|sandbox)\b",
    ),
)

PREVIEWS = _table(
    ("Slack", r"Slackbot|Slack-ImgProxy|Slack-?LinkExpanding"),
    ("Skype or Teams", r"SkypeUriPreview|MicrosoftPreview|Microsoft-?Teams-?Preview"),
    ("LinkedIn", r"LinkedInBot"),
    (
        "iMessage or Facebook",
        r"facebookexternalhit|Facebot|facebookcatalog|meta-externalfetcher|meta-externalhit",
    ),
    ("WhatsApp", r"^WhatsApp/|^WhatsApp$"),
    ("Twitter", r"Twitterbot"),
    ("Telegram", r"TelegramBot"),
    ("Discord", r"Discordbot"),
    ("Viber", r"^Viber\b(?!.*Mozilla)"),
    ("Google Chat", r"Google-PageRenderer|GoogleChatBot|Google-?Docs|Google Web Preview|Google-Apps-Script"),
    ("Zoom", r"ZoomBot|Zoom-?LinkPreview"),
    ("Webex", r"WebexTeams-?Preview|Cisco-?Spark-?Preview"),
    ("Line", r"line-poker|LineBotWebhook"),
    ("KakaoTalk", r"kakaotalk-scrap"),
    ("Signal", r"^Signal-(?:Android|iOS|Desktop)"),
    ("Mattermost", r"Mattermost-Bot"),
    ("Rocket.Chat", r"Rocket\.Chat"),
    (
        "Iframely",
        r"Iframely|Embedly|\bembed\.ly|redditbot|Pinterestbot|Tumblr/|vkShare|Bitlybot|SnapchatAds"
        r"|Snap URL Preview",
    ),
    ("a chat's link preview", r"(?:link|url|web)[ _-]?(?:preview|expand(?:er|ing)|unfurl)|unfurl"),
)

MAIL_APPS = _table(
    ("Outlook for iOS", r"Outlook-iOS"),
    ("Outlook for Android", r"Outlook-Android"),
    ("Outlook", r"Microsoft Outlook|MacOutlook|ms-office|MSOffice|Outlook-Express|\bOutlook/\d|OneOutlook"),
    ("Windows Mail", r"Microsoft Windows Mail|Windows-?Live-?Mail|WindowsMail"),
    ("Thunderbird", r"Thunderbird|Icedove|Shredder/|Betterbird"),
    ("SeaMonkey", r"SeaMonkey"),
    ("Lotus Notes", r"Lotus-?Notes|\bHCL[- ]Notes"),
    ("Apple Mail", r"^(?:Apple)?Mail/|com\.apple\.mobilemail|MobileMail"),
    ("Postbox", r"Postbox(?:App)?/"),
    ("Airmail", r"\bAirmail"),
    ("Spark", r"\bSpark(?:Desktop|Mail)?/|com\.readdle"),
    ("eM Client", r"eM ?Client|Mailbird|BlueMail|Mailspring|Nylas"),
    ("The Bat!", r"The ?Bat!?"),
    ("Evolution", r"\bEvolution/|\bKMail\b|Kontact|\bGeary\b|Claws ?Mail|\bSylpheed|\bBalsa\b|\bTrojita"),
    ("Zimbra", r"Zimbra Desktop|\bZdesktop"),
    ("Eudora", r"\bEudora|\bPegasus ?Mail|IncrediMail|\bBarca(?:Pro)?/|PocoMail|\bFoxmail"),
    ("K-9 Mail", r"K-?9 ?Mail|FairEmail|Samsung ?Email|SamsungMail|AquaMail|TypeApp|Nine ?Mail|ProfiMail"),
    ("MailMate", r"MailMate|GyazMail|\bUnibox|Mimestream|\bCanary ?Mail|Polymail|EdisonMail|\bEdison ?Mail"),
    ("Superhuman", r"\bSuperhuman(?:/|$)|\bMissive/|\bFront(?:App)?/\d|\bNewton/|CloudMagic|Boxer/|\bHEY/\d"),
    ("a Proton client", r"Proton ?Mail(?!\.)|Tutanota(?!\.)|\bTuta/"),
    ("Mail.ru's app", r"Mail\.?ru.{0,12}(?:Android|iOS|Mail)|ru\.mail\.mailapp|myMail"),
    ("NetEase Mail", r"MailMaster|NetEaseMail|\bQQMail|\bAlimail"),
    ("GroupWise", r"GroupWise|Windows Phone Mail"),
)

# What loads addresses for programs. Apps for people that bring their own name are among MAIL_APPS or PLATFORMS.
LIBRARIES = _table(
    ("curl", r"^(?:lib)?curl[/ ]|^curl$|PycURL|^Wget\b|\bWget/"),
    (
        "Python",
        r"python-|^python|aiohttp|\bhttpx\b|urllib|\brequests/|Scrapy|mechanize|http\.client"
        r"|PycURL|twisted",
    ),
    (
        "Go",
        r"^Go[- ]|Go-http-client|Go http package|\bGoHttp|fasthttp|\bgorequest|\bresty/|\bcolly\b"
        r"|^Go$",
    ),
    (
        "Java",
        r"^Java/|^Java1|\bJava/1\.|Apache-?HttpClient|HttpClient/|Apache-HttpAsyncClient"
        r"|Jakarta Commons|Jersey/|\bJetty/",
    ),
    (
        "okhttp",
        r"^okhttp|\bokhttp/|Ktor[ -]client|^ktor|Retrofit|RestTemplate|\bUnirest|vertx"
        r"|AsyncHttpClient|AHC/|^Play/",
    ),
    (
        "JavaScript",
        r"node-fetch|^axios|\baxios/|\bundici\b|^node\b|node-superagent|superagent/|^got\b"
        r"|\bgot \(|node\.js|Deno/|Bun/|needle/|\bphin\b|simplecrawler|\brequest\.js|^nodejs"
        r"|wreck\b",
    ),
    (
        "Ruby",
        r"^Ruby\b|Faraday|rest-client|HTTPClient/\d|\bTyphoeus|http\.rb|httparty|\bEM-HTTP|\bExcon"
        r"|^Mechanize|WWW-Mechanize",
    ),
    ("Perl", r"libwww-perl|^libwww|lwp-|LWP::|\bperl\b|Mojolicious|HTTP-Tiny|HTTP::|^WWW-"),
    (
        "PHP",
        r"^PHP|\bPHP[/-]|Guzzle|Symfony|Zend[_ ]Http|HTTP_Request|\bPEAR (?:HTTP|::)|php-requests"
        r"|\bBuzz\b|WordPress/|^Requests/|Snoopy|Laravel",
    ),
    (
        "a .NET program",
        r"RestSharp|\.NET Framework|^\.NET|System\.Net|HttpClientFactory|Microsoft-CryptoAPI|NuGet"
        r"|^Refit|Flurl",
    ),
    ("Rust", r"reqwest|hyper/|\bureq\b|\bsurf/|isahc|attohttpc|actix"),
    ("PowerShell", r"PowerShell"),
    (
        "a testing tool",
        r"Postman|Insomnia|HTTPie|\bk6/|JMeter|\bwrk/|ApacheBench|^ab/|Siege/|\bLocust|\bHey/0"
        r"|Paw/|Bruno(?:Runtime)?/",
    ),
    (
        "a download program",
        r"aria2|\bWinHTTP\b|WinHttp|^Wininet|DAP/|GetRight|FlashGet|Free Download Manager|HTTrack"
        r"|Download(?:er|Manager)|AppleCoreMedia|TrackerSDK",
    ),
    (
        "a programming library",
        r"^Dart/|Dart:io|\bErlang|hackney|\bElixir|\bhttp-kit|clj-http|\bHaskell|http-conduit|^Lua"
        r"|luasocket|\bQt/\d.*Network|^R \(|libcurl|^httr|\bSwiftHTTP|Alamofire(?!.*Mail)"
        r"|^Boost\.Beast|cpp-httplib|cpprestsdk|^Cpanel-HTTP",
    ),
)

# Generic words of machines; what crawler-user-agents knows by name is asked beside this.
MACHINES = re.compile(
    r"""
      [\w.-]*bot(?![a-z]) [\w.-]* | [\w.-]*bot\b | \brobots?\b | [\w.-]*(?:crawl|spider|scrap[ei]|slurp)[\w.-]*
    | \+?\bhttps?:// | \bwww\.[\w-]+\.[a-z]{2,} | [\w.+-]+(?:@|\(at\)|\[at\])[\w-]+\.[a-z]{2,}
    | headless | phantomjs | slimerjs | selenium | puppeteer | playwright | webdriver | splash\b | cypress/ | zombie\.js
    | [\w.-]*(?:fetch(?:er)?|check(?:er|link)|monitor(?:ing)?|archiv(?:e|er)|harvest(?:er)?)\b
    | [\w.-]*(?:valid(?:ator|ation)|indexer)\b
    | [\w.-]*(?:scanner|analy[sz]er|inspector|detector|extractor|grabber|sniffer|collector|aggregator|probe|verifier)\b
    | [\w.-]*(?:uptime|pingdom|ping(?:er)?\b|statuscake|lighthouse|pagespeed|gtmetrix)[\w.-]*
    | [\w.-]*(?:synthetic|nagios|zabbix|zgrab|masscan|nmap|nikto|sqlmap|nuclei)[\w.-]*
    | [\w.-]*(?:feed(?:s|ly|burner|parser|fetcher|reader|demon|wind|zilla)?\b|\brss\b|rssreader|newsblur)[\w./-]*
    | [\w.-]*podcast[\w./-]*
    | [\w.-]*(?:semrush|ahrefs|majestic|screaming\ frog|sitebulb|\bseo\b|serp)[\w.-]*
    | [\w.-]*(?:preview|snippet|screenshot|thumbnail|snapshot|unshorten)[\w.-]*
    | \(KHTML,\ like\ Gecko[;,]\ (?!Safari)[^)]+\) | Safari/[\d.]+\ \((?:compatible;\ |BingLocal)[^)]+\)\s*$
    | [\w.-]*(?:observatory|transcoder|capture|thumb(?:s|nails?|nailer)?\b|tester|whatcms|duplexweb)[\w.-]*
    | [\w.-]*(?:page\ speed|daumoa?\b|diagnostics|measurement|assetnote|netcraft|httpscheck|mshots|debugbear)[\w.-]*
    | \bgoogle-(?:ads|amp|publisher|read|site|test|xrawler|adwords)[\w-]*
    | \bgoogle\ search\ console | \bkeyword\ suggestion
    | [\w.-]*(?:search|agent|proxy|prerender|cache)(?:bot|engine)\b
    | firefox\ mutant | neustar\ wpm | iplabel | logic-apps | upstreamclient | ^pip/
    | screenie | websnapr | wkhtmlto | webkit2png | imgsizer | \bwpif\b | \bPTST\b | gomezagent | webmon | nodemeter
    | linkexaminer | brokenlink | backlink | [\w.-]+-scan\b | quiterss | rssowl | feedable | \breeder
    | favicon | heimdall
    | ^p?npm/ | ^gradle/ | ^kubectl | cpython | http\ client\b | functionize | searchby
    | \bchatgpt-user | \bgptbot | \bclaude(?:bot|-user|-web) | \bperplexity | \bcohere-ai
    | \bgoogle-extended | \bduckassist
    """,
    re.IGNORECASE | re.VERBOSE,
)

# A device's name may sound like a machine's ("Cubot", "Power Bot"): what stands where Android puts it is not asked.
DEVICES = re.compile(
    r"CUBOT[^;)]*|;[^;()]*\bBuild/[^;)]*|(?<=Android )[\d.]+; [^;()]+(?=\))|\bRoboto\b",
    re.IGNORECASE,
)

# What only a program with a screen says of itself.
PLATFORMS = re.compile(
    r"Windows|Macintosh|Mac OS|Mac_PowerPC|iPhone|iPad|iPod|Android|Linux|X11|CrOS|FreeBSD|OpenBSD|NetBSD|SunOS"
    r"|CFNetwork|Darwin|Dalvik|BlackBerry|BB10|PlayBook|Symbian|SymbOS|Series ?[46]0|MIDP|J2ME|webOS|hpwOS|Tizen|Bada"
    r"|KAIOS|Nintendo|PlayStation|PLAYSTATION|Xbox|SMART-TV|SmartTV|HbbTV|Opera Mini|Opera/|UCWEB|UP\.Browser|NetFront"
    r"|Obigo|Maemo|MeeGo|Haiku|AmigaOS|BeOS|OS/2|IRIX|HP-UX|Fuchsia|HarmonyOS|OpenHarmony|Sailfish|RISC OS|Nokia"
    r"|UCBrowser|SonyEricsson|DoCoMo|KDDI|Vodafone|AppleTV|tvOS|watchOS|Roku|CrKey|Kindle|Silk/|Brew"
    r"|LG/|SAMSUNG-|MOT-|ZTE-|SAGEM|WAP Browser|Gecko/\d|Chrome/\d|AppleWebKit/\d",
    re.IGNORECASE,
)
