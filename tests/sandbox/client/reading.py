"""What does a person see of a mailbox: threads in Inbox, Sent and Drafts, and one mail with its pictures and links?"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from tests.sandbox.cast import Account
from tests.sandbox.client import letterforms
from tests.sandbox.client.desk import people
from tests.sandbox.client.people import has_addon
from tests.sandbox.mailbox import Mailbox, Message

FOLDERS = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT"}

Json = dict[str, Any]


def box(mailbox: Mailbox, account: Account) -> Json:
    """The three folders as rows of threads (of drafts, in Drafts), newest first."""
    every: dict[str, list[Message]] = {}
    for message in mailbox.list():
        every.setdefault(message.thread_id, []).append(message)
    handles = {message_id: draft_id for draft_id, message_id in mailbox.drafts.items()}
    folders: Json = {}
    for folder, label in FOLDERS.items():
        found = mailbox.list(label)
        if folder == "drafts":
            folders[folder] = [
                _row([m], account) | {"draft_id": handles[m.id], "message_id": m.id} for m in found if m.id in handles
            ]
        else:
            threads = dict.fromkeys(m.thread_id for m in found)
            folders[folder] = [_row(_readable(every[thread]), account) for thread in threads]
    unread = sum(1 for m in mailbox.list("INBOX") if "UNREAD" in m.labels)
    return {"version": mailbox.history_id, "unread": unread, **folders}


def _readable(messages: Iterable[Message]) -> list[Message]:
    return [m for m in messages if "DRAFT" not in m.labels]


def _row(newest_first: list[Message], account: Account) -> Json:
    newest = newest_first[0]
    mine = {account.address, *account.aliases}
    senders = [pair for m in reversed(newest_first) for pair in people(m, "From")]
    names = list(dict.fromkeys("me" if address in mine else name or address for name, address in senders))
    if names == ["me"]:
        names = [f"To: {', '.join(name or address for name, address in people(newest, 'To')) or 'nobody yet'}"]
    return {
        "thread_id": newest.thread_id,
        "message_id": newest.id,
        "people": ", ".join(names),
        "subject": newest_first[-1].subject or "(no subject)",
        "snippet": newest.snippet,
        "at": newest.received_at.isoformat(),
        "unread": any("UNREAD" in m.labels for m in newest_first),
        "count": len(newest_first),
    }


def thread(mailbox: Mailbox, account: Account, thread_id: str, images: str) -> Json:
    """A thread's mails, oldest first; drafts are read in the compose window."""
    messages = _readable(mailbox.thread(thread_id))
    subject = messages[0].subject if messages else ""
    return {
        "thread_id": thread_id,
        "subject": subject or "(no subject)",
        "messages": [told(mailbox, account, message, images) for message in messages],
    }


def told(mailbox: Mailbox, account: Account, message: Message, images: str) -> Json:
    """One mail. `images` says how its pictures are loaded: proxy, direct, or none."""
    source = message.html if message.html is not None else letterforms.html_of(message.text)
    screen = letterforms.shown(
        source,
        None if images == "none" else lambda url: image_path(account, url, images),
        None if has_addon(account) else lambda url: follow_path(account, url),
    )
    gmail_id, gmail_thread_id = page_ids(mailbox, message)
    return {
        "id": message.id,
        "thread_id": message.thread_id,
        "gmail_id": gmail_id,
        "gmail_thread_id": gmail_thread_id,
        "message_id": message.message_id,
        "labels": sorted(message.labels),
        "unread": "UNREAD" in message.labels,
        "subject": message.subject or "(no subject)",
        **{name.lower(): _named(message, name) for name in ("From", "To", "Cc")},
        "at": message.received_at.isoformat(),
        "snippet": message.snippet,
        "html": screen.html,
        "images": [{"address": url, "path": image_path(account, url, images)} for url in screen.images],
        "links": [
            {"text": words, "address": url, "path": url if has_addon(account) else follow_path(account, url)}
            for words, url in screen.links
        ],
    }


def composing(account: Account, body: str) -> Json:
    """A body for the compose window, as it is kept, and its pictures, which Gmail shows through its proxy."""
    kept = letterforms.composed(body)
    via = "proxy" if account.has_google_account else "direct"
    screen = letterforms.shown(kept, lambda url: image_path(account, url, via), None)
    return {
        "html": kept,
        "images": [{"address": url, "path": image_path(account, url, via)} for url in screen.images],
    }


def page_ids(mailbox: Mailbox, message: Message) -> tuple[str, str]:
    """The ids by which Gmail's page knows a mail and its thread: what was written here has one of the page's own."""
    first = mailbox.thread(message.thread_id)[0]
    gmail_id = f"msg-a:{message.alias}" if message.alias else f"msg-f:{int(message.id, 16)}"
    return gmail_id, f"thread-a:{first.alias}" if first.alias else f"thread-f:{int(message.thread_id, 16)}"


def image_path(account: Account, url: str, via: str) -> str:
    return f"/mail/{account.address}/image?via={via}&u={quote(url, safe='')}"


def follow_path(account: Account, url: str) -> str:
    return f"/mail/{account.address}/follow?u={quote(url, safe='')}"


def _named(message: Message, field: str) -> list[Json]:
    return [{"name": name, "address": address} for name, address in people(message, field)]
