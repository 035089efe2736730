"""Which pictures does a mail load from elsewhere?"""

from html.parser import HTMLParser


class _Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src") if tag == "img" else None
        if source and source.startswith(("http://", "https://")):
            self.addresses.append(source)


def remote_pictures(html: str) -> list[str]:
    """The addresses of its remote images, each once, in order."""
    parser = _Pictures()
    parser.feed(html)
    return list(dict.fromkeys(parser.addresses))
