"""Who has a mailbox here, in which mail system, and how do their mail programs fetch pictures and follow links?"""

import hashlib
from dataclasses import dataclass
from typing import Literal

System = Literal["gmail", "outlook", "apple"]
Images = Literal["proxy", "direct"]

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; .NET4.0C; .NET4.0E; "
    "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
)
EDGE = f"{CHROME} Edg/142.0.0.0"
IPHONE_MAIL = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
IPHONE_SAFARI = f"{IPHONE_MAIL.replace(' Mobile', ' Version/18.6 Mobile')} Safari/604.1"
MAC_MAIL = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC_SAFARI = f"{MAC_MAIL} Version/18.6 Safari/605.1.15"

CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com", "icloud.com", "outlook.com"})


@dataclass(frozen=True)
class Account:
    """A mailbox. Its owner may write from `aliases` too; they deliver here where they are nobody's own address."""

    address: str
    name: str
    system: System
    images: Images
    source_ip: str
    image_agent: str = CHROME
    click_agent: str = CHROME
    aliases: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def hosted_domain(self) -> str | None:
        """The verified company domain that Google vouches for; none for consumer accounts."""
        return None if self.domain in CONSUMER_DOMAINS else self.domain

    @property
    def sub(self) -> str:
        """Google's lasting id of the account: 21 digits, never reused."""
        digest = int.from_bytes(hashlib.sha256(self.address.encode()).digest()[:8], "big")
        return f"1{digest % 10**20:020d}"

    @property
    def has_google_account(self) -> bool:
        return self.system == "gmail"

    def may_write_from(self, address: str) -> bool:
        return address.lower() in (self.address, *self.aliases)


QUORRA = Account(
    "quorra@gridworks.example", "Quorra Reed", "gmail", "proxy", "127.0.2.1", aliases=("q.reed@gridworks.example",)
)
SAM = Account("sam@gridworks.example", "Sam Tully", "gmail", "proxy", "127.0.2.2", MAC_SAFARI, MAC_SAFARI)
TESS = Account("tess@othergrid.example", "Tess Marlow", "gmail", "proxy", "127.0.2.3")
LORA = Account("lora.baines@gmail.com", "Lora Baines", "gmail", "proxy", "127.0.2.4")
FLYNN = Account(
    "flynn@flynnsarcade.com", "Kevin Flynn", "outlook", "direct", "127.0.2.5", OUTLOOK, EDGE,
    aliases=("kevinf@flynnsarcade.com",),
)  # fmt: skip
KEVIN = Account(
    "kevinf@flynnsarcade.com", "Kevin Flynn", "apple", "direct", "127.0.2.6", IPHONE_MAIL, IPHONE_SAFARI,
    aliases=("flynn@flynnsarcade.com",),
)  # fmt: skip
ALAN = Account("alan@encom.com", "Alan Bradley", "gmail", "proxy", "127.0.2.7")

CAST = (QUORRA, SAM, FLYNN, KEVIN, ALAN, TESS, LORA)
