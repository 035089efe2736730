"""What does somebody see whom the add-on cannot serve yet, and what when something does not work?

One sentence and one thing to do each. The windows that open here tell Gmail when they are closed, and the add-on is
then asked anew.
"""

from typing import Literal

from addon.cards import BRAND, Json, button, buttons, card, html, line, open_link, paragraph, section

Reason = Literal["stranger", "pending", "shut", "no_mailbox", "other_mailbox", "disconnected"]

_CONNECT = "Connect Readback"
_TOLD: dict[Reason, tuple[str, str, str]] = {
    "stranger": (
        "Connect your mailbox",
        "Readback tells you whether a mail was opened, its links clicked, and who answered. "
        "It takes two clicks to begin.",
        _CONNECT,
    ),
    "no_mailbox": (
        "Connect your mailbox",
        "You are signed in to Readback, but it cannot see yet when your mails are sent and answered.",
        "Connect this mailbox",
    ),
    "other_mailbox": (
        "This mailbox is not connected",
        "Readback sees another mailbox of yours, but not this one. Connect it as well to track mails from here.",
        "Connect this mailbox",
    ),
    "disconnected": (
        "Your mailbox is disconnected",
        "Google no longer lets Readback see this mailbox, so answers are not noticed. "
        "Nothing that was recorded is lost.",
        "Reconnect",
    ),
    "pending": (
        "Waiting for an admin",
        "You asked to join your company’s workspace. An admin must admit you; then Readback works here.",
        "Look again",
    ),
    "shut": (
        "You have no access",
        "An admin of your company’s workspace has declined or ended your access. Please ask them.",
        "Open Readback",
    ),
}


def connect_card(public_url: str, reason: Reason) -> Json:
    """The card for whoever has to do something elsewhere first."""
    title, sentence, label = _TOLD[reason]
    press = button(label, connecting(public_url, reason), strong=True)
    return card("connect", title, [section([paragraph(html(sentence)), buttons(press)])], subtitle=BRAND)


def connecting(public_url: str, reason: Reason) -> Json:
    """Where the one button leads."""
    paths: dict[Reason, str] = {
        **{"pending": "/waiting", "shut": "/"},
        **{"other_mailbox": "/settings/mailbox", "disconnected": "/settings/mailbox"},
    }
    return open_link(f"{public_url}{paths.get(reason, '/connect')}", overlay=True)


def disconnected_line(public_url: str) -> Json:
    """A warning on top of a card that still has something to tell."""
    return line(
        html("Your mailbox is disconnected: answers are not noticed."),
        below="Press to reconnect. Nothing that was recorded is lost.",
        on_click=connecting(public_url, "disconnected"),
    )


def error_card(public_url: str, title: str, sentence: str) -> Json:
    """What happened, whether anything was lost, and what to do."""
    press = button("Open Readback", open_link(f"{public_url}/"))
    return card("error", title, [section([paragraph(html(sentence)), buttons(press)])], subtitle=BRAND)
