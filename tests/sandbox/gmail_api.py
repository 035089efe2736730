"""What does each of Gmail's methods do? Messages, threads, drafts, labels, history, watch: `HANDLERS` has them all."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from tests.sandbox import gmail_errors, letters, project
from tests.sandbox.gmail_call import Asked, Handler
from tests.sandbox.gmail_search import found
from tests.sandbox.gmail_shapes import find_part, message_resource, part_bytes, short, thread_resource
from tests.sandbox.mailbox import SYSTEM_LABELS, Change, Message, NotInMailbox, Watch

_WATCH_LIVES_MS = 7 * 24 * 3600 * 1000
_NEVER_SET_BY_HAND = {"SENT", "DRAFT"}


def _form(asked: Asked) -> str:
    form = asked.one("format", "full").lower()
    if asked.headers_only and form in ("full", "raw"):
        raise gmail_errors.forbidden(f"Metadata scope doesn't allow format {form.upper()}")
    return form


def _message(asked: Asked) -> Message:
    try:
        return asked.mailbox.get(asked.path["id"])
    except NotInMailbox:
        raise gmail_errors.not_found() from None


def _thread(asked: Asked) -> Sequence[Message]:
    try:
        return asked.mailbox.thread(asked.path["id"])
    except NotInMailbox:
        raise gmail_errors.not_found() from None


def _raw(asked: Asked, told: dict[str, Any]) -> bytes:
    if asked.call.media is not None:
        return asked.call.media
    if not told.get("raw"):
        raise gmail_errors.invalid(
            "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
        )
    try:
        raw = str(told["raw"])
        return urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        raise gmail_errors.invalid("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed") from None


def _page(asked: Asked, items: list[Any], most: int = 500) -> tuple[list[Any], dict[str, str]]:
    size = asked.number("maxResults", 100, most)
    token = asked.one("pageToken") or "0"
    if not token.isdecimal() or len(token) > 20:
        raise gmail_errors.invalid("Invalid pageToken")
    start = int(token)
    rest = {"nextPageToken": str(start + size)} if len(items) > start + size else {}
    return items[start : start + size], rest


def _search(asked: Asked) -> list[Message]:
    query = asked.one("q")
    if query and asked.headers_only:
        raise gmail_errors.forbidden("Metadata scope does not support 'q' parameter")
    wanted = set(asked.many("labelIds"))
    trash_too = asked.one("includeSpamTrash") == "true" or bool(wanted & {"TRASH", "SPAM"})
    matched = found(asked.mailbox, query, asked.world.now(), trash_too=trash_too)
    return [message for message in matched if wanted <= message.labels]


def get_profile(asked: Asked) -> dict[str, Any]:
    messages = asked.mailbox.messages.values()
    return {
        "emailAddress": asked.account.address,
        "messagesTotal": len(messages),
        "threadsTotal": len({message.thread_id for message in messages}),
        "historyId": str(asked.mailbox.history_id),
    }


def get_message(asked: Asked) -> dict[str, Any]:
    form = _form(asked)
    return message_resource(_message(asked), form, asked.many("metadataHeaders"), headers_only=asked.headers_only)


def list_messages(asked: Asked) -> dict[str, Any]:
    matched = _search(asked)
    page, rest = _page(asked, matched)
    return ({"messages": [short(m) for m in page]} if page else {}) | rest | {"resultSizeEstimate": len(matched)}


def get_attachment(asked: Asked) -> dict[str, Any]:
    try:
        mail = asked.mailbox.get(asked.path["messageId"]).mail
    except NotInMailbox:
        raise gmail_errors.not_found() from None
    part = find_part(mail, asked.path["id"].removeprefix("ANGjdJ"))
    if part is None or not asked.path["id"].startswith("ANGjdJ"):
        raise gmail_errors.invalid("Invalid attachment token")
    content = part_bytes(part)
    return {"size": len(content), "data": urlsafe_b64encode(content).decode()}


def send_message(asked: Asked) -> dict[str, Any]:
    return _sent(asked, _raw(asked, asked.body), asked.body.get("threadId"), None)


def _sent(asked: Asked, raw: bytes, thread_id: str | None, draft_id: str | None) -> dict[str, Any]:
    if thread_id is not None:
        try:
            asked.mailbox.thread(thread_id)
        except NotInMailbox:
            raise gmail_errors.not_found() from None
    try:
        sent = asked.world.send(asked.account.address, raw, thread_id, draft_id, as_typed=False)
    except ValueError as problem:
        raise gmail_errors.invalid(str(problem)) from None
    return _labelled(asked.mailbox.get(sent))


def _labelled(message: Message) -> dict[str, Any]:
    return short(message) | ({"labelIds": sorted(message.labels)} if message.labels else {})


def insert_message(asked: Asked) -> dict[str, Any]:
    raw = _raw(asked, asked.body)
    labels = set(map(str, asked.body.get("labelIds", [])))
    mailbox, received_ms = asked.mailbox, asked.world.now_ms()
    default = "dateHeader" if asked.call.path.endswith("/import") else "receivedTime"
    thread_id = mailbox.thread_for(raw, asked.body.get("threadId"))
    kept = mailbox.add(raw, labels, received_ms, thread_id=thread_id)
    if asked.one("internalDateSource", default) == "dateHeader":
        kept.received_ms = _date_header_ms(raw, received_ms)
    return _labelled(kept)


def _date_header_ms(raw: bytes, otherwise: int) -> int:
    try:
        return int(parsedate_to_datetime(letters.field_values(raw, "Date")[0]).timestamp() * 1000)
    except (IndexError, ValueError, TypeError):
        return otherwise


def modify_message(asked: Asked) -> dict[str, Any]:
    add, remove = _label_changes(asked)
    return _labelled(asked.mailbox.relabel(_message(asked).id, add, remove, asked.world.now_ms()))


def _label_changes(asked: Asked) -> tuple[set[str], set[str]]:
    add = set(map(str, asked.body.get("addLabelIds", [])))
    remove = set(map(str, asked.body.get("removeLabelIds", [])))
    for label in add | remove:
        if label not in SYSTEM_LABELS and label not in asked.mailbox.user_labels:
            raise gmail_errors.invalid(f"labelId not found: {label}")
        if label in _NEVER_SET_BY_HAND:
            raise gmail_errors.invalid(f"Invalid label: {label}")
    return add, remove


def batch_modify(asked: Asked) -> None:
    add, remove = _label_changes(asked)
    for message_id in map(str, asked.body.get("ids", [])):
        if message_id in asked.mailbox.messages:
            asked.mailbox.relabel(message_id, add, remove, asked.world.now_ms())


def trash_message(asked: Asked) -> dict[str, Any]:
    return _labelled(asked.mailbox.relabel(_message(asked).id, {"TRASH"}, {"INBOX"}, asked.world.now_ms()))


def untrash_message(asked: Asked) -> dict[str, Any]:
    return _labelled(asked.mailbox.relabel(_message(asked).id, set(), {"TRASH"}, asked.world.now_ms()))


def delete_message(asked: Asked) -> None:
    asked.mailbox.remove(_message(asked).id, asked.world.now_ms())


def get_thread(asked: Asked) -> dict[str, Any]:
    form = _form(asked)
    return thread_resource(
        asked.mailbox, _thread(asked), form, asked.many("metadataHeaders"), headers_only=asked.headers_only
    )


def list_threads(asked: Asked) -> dict[str, Any]:
    newest: dict[str, Message] = {}
    for message in _search(asked):
        newest.setdefault(message.thread_id, message)
    page, rest = _page(asked, list(newest.values()))
    threads = [
        {
            "id": m.thread_id,
            "snippet": "" if asked.headers_only else m.snippet,
            "historyId": str(max(x.history_id for x in asked.mailbox.thread(m.thread_id))),
        }
        for m in page
    ]
    return ({"threads": threads} if threads else {}) | rest | {"resultSizeEstimate": len(newest)}


def modify_thread(asked: Asked) -> dict[str, Any]:
    add, remove = _label_changes(asked)
    messages = [asked.mailbox.relabel(m.id, add, remove, asked.world.now_ms()) for m in _thread(asked)]
    return {"id": messages[0].thread_id, "messages": [_labelled(m) for m in messages]}


def list_history(asked: Asked) -> dict[str, Any]:
    mailbox, start = asked.mailbox, asked.one("startHistoryId")
    if not start.isdecimal() or len(start) > 20:
        raise gmail_errors.invalid("Missing/invalid parameter: startHistoryId")
    asked.world.expire_old_history(mailbox)
    if int(start) < mailbox.history_forgotten_to:
        raise gmail_errors.not_found()
    kinds, label = set(asked.many("historyTypes")), asked.one("labelId")
    fitting = [
        change
        for change in mailbox.changes
        if change.id > int(start)
        and (not kinds or change.kind in kinds)
        and (not label or label in (*change.message_labels, *change.labels))
    ]
    page, rest = _page(asked, fitting)
    records = [_history_record(change) for change in page]
    return ({"history": records} if records else {}) | rest | {"historyId": str(mailbox.history_id)}


def _history_record(change: Change) -> dict[str, Any]:
    message: dict[str, Any] = {"id": change.message_id, "threadId": change.thread_id}
    labelled = message | ({"labelIds": list(change.message_labels)} if change.message_labels else {})
    key = {"messageAdded": "messagesAdded", "messageDeleted": "messagesDeleted", "labelAdded": "labelsAdded",
           "labelRemoved": "labelsRemoved"}[change.kind]  # fmt: skip
    detail = {"message": labelled} | ({"labelIds": list(change.labels)} if change.labels else {})
    return {"id": str(change.id), "messages": [message], key: [detail]}


def watch(asked: Asked) -> dict[str, Any]:
    topic = str(asked.body.get("topicName", ""))
    if not topic.startswith(f"projects/{project.PROJECT}/topics/"):
        raise gmail_errors.invalid(f"Invalid topicName does not match projects/{project.PROJECT}/topics/*")
    if topic != project.TOPIC:
        raise gmail_errors.Refusal(
            404, "NOT_FOUND", f"Error sending test message to Cloud PubSub {topic} : Resource not found "
            f"(resource={topic.rpartition('/')[2]}).", "notFound",
        )  # fmt: skip
    behaviour = asked.body.get("labelFilterBehavior") or asked.body.get("labelFilterAction") or "include"
    expires_ms = asked.world.now_ms() + _WATCH_LIVES_MS
    labels = tuple(map(str, asked.body.get("labelIds", [])))
    mailbox = asked.mailbox
    mailbox.watch = Watch(topic, labels, str(behaviour).lower() == "exclude", expires_ms)
    asked.world.pubsub.publish(mailbox.address, mailbox.history_id)  # the test message
    return {"historyId": str(mailbox.history_id), "expiration": str(expires_ms)}


def stop(asked: Asked) -> None:
    asked.mailbox.watch = None


def _draft(asked: Asked, draft_id: str) -> Message:
    message_id = asked.mailbox.drafts.get(draft_id)
    if message_id is None:
        raise gmail_errors.not_found()
    return asked.mailbox.messages[message_id]


def _save_draft(asked: Asked, draft_id: str | None) -> dict[str, Any]:
    told = asked.body.get("message") or {}
    draft_id = asked.world.save_draft(asked.account.address, _raw(asked, told), draft_id, told.get("threadId"))
    return {"id": draft_id, "message": _labelled(_draft(asked, draft_id))}


def create_draft(asked: Asked) -> dict[str, Any]:
    return _save_draft(asked, None)


def update_draft(asked: Asked) -> dict[str, Any]:
    _draft(asked, asked.path["id"])
    return _save_draft(asked, asked.path["id"])


def get_draft(asked: Asked) -> dict[str, Any]:
    message = _draft(asked, asked.path["id"])
    return {"id": asked.path["id"], "message": message_resource(message, _form(asked))}


def list_drafts(asked: Asked) -> dict[str, Any]:
    matched = {message.id for message in _search(asked)}
    drafts = [(d, m) for d, m in asked.mailbox.drafts.items() if m in matched]
    page, rest = _page(asked, drafts[::-1])
    told = [{"id": d, "message": short(asked.mailbox.messages[m])} for d, m in page]
    return ({"drafts": told} if told else {}) | rest | {"resultSizeEstimate": len(drafts)}


def send_draft(asked: Asked) -> dict[str, Any]:
    draft_id = str(asked.body.get("id", ""))
    draft = _draft(asked, draft_id)
    told = asked.body.get("message") or {}
    raw = _raw(asked, told) if told.get("raw") or asked.call.media else draft.raw
    return _sent(asked, raw, None, draft_id)


def delete_draft(asked: Asked) -> None:
    _draft(asked, asked.path["id"])
    asked.world.discard_draft(asked.account.address, asked.path["id"])


def _label(asked: Asked, label_id: str) -> dict[str, Any]:
    if label_id in asked.mailbox.user_labels:
        return {"id": label_id, "name": asked.mailbox.user_labels[label_id], "type": "user"}
    return {"id": label_id, "name": label_id, "type": "system"}


def list_labels(asked: Asked) -> dict[str, Any]:
    return {"labels": [_label(asked, label) for label in (*SYSTEM_LABELS, *asked.mailbox.user_labels)]}


def get_label(asked: Asked) -> dict[str, Any]:
    label_id = asked.path["id"]
    if label_id not in SYSTEM_LABELS and label_id not in asked.mailbox.user_labels:
        raise gmail_errors.not_found()
    messages = [m for m in asked.mailbox.messages.values() if label_id in m.labels]
    unread = [m for m in messages if "UNREAD" in m.labels]
    return _label(asked, label_id) | {
        "messagesTotal": len(messages), "messagesUnread": len(unread),
        "threadsTotal": len({m.thread_id for m in messages}), "threadsUnread": len({m.thread_id for m in unread}),
    }  # fmt: skip


def create_label(asked: Asked) -> dict[str, Any]:
    name = str(asked.body.get("name", "")).strip()
    if not name or name.upper() in SYSTEM_LABELS:
        raise gmail_errors.invalid("Invalid label name")
    label_id = f"Label_{len(asked.mailbox.user_labels) + 1}"
    asked.mailbox.user_labels[label_id] = name
    return _label(asked, label_id)


def list_send_as(asked: Asked) -> dict[str, Any]:
    account = asked.account
    first = {"sendAsEmail": account.address, "displayName": account.name, "replyToAddress": "", "signature": "",
             "isPrimary": True, "isDefault": True}  # fmt: skip
    more = [
        {"sendAsEmail": alias, "displayName": account.name, "replyToAddress": "", "signature": "", "isDefault": False,
         "treatAsAlias": True, "verificationStatus": "accepted"}
        for alias in account.aliases
    ]  # fmt: skip
    return {"sendAs": [first, *more]}


def get_vacation(asked: Asked) -> dict[str, Any]:
    vacation = asked.world.state.vacations.get(asked.account.address)
    if vacation is None:
        return {"enableAutoReply": False}
    return {"enableAutoReply": True, "responseSubject": vacation.subject, "responseBodyPlainText": vacation.text}


HANDLERS: dict[str, Handler] = {
    "gmail.users.getProfile": get_profile,
    "gmail.users.watch": watch,
    "gmail.users.stop": stop,
    "gmail.users.history.list": list_history,
    "gmail.users.messages.get": get_message,
    "gmail.users.messages.list": list_messages,
    "gmail.users.messages.send": send_message,
    "gmail.users.messages.insert": insert_message,
    "gmail.users.messages.import": insert_message,
    "gmail.users.messages.modify": modify_message,
    "gmail.users.messages.batchModify": batch_modify,
    "gmail.users.messages.trash": trash_message,
    "gmail.users.messages.untrash": untrash_message,
    "gmail.users.messages.delete": delete_message,
    "gmail.users.messages.attachments.get": get_attachment,
    "gmail.users.threads.get": get_thread,
    "gmail.users.threads.list": list_threads,
    "gmail.users.threads.modify": modify_thread,
    "gmail.users.drafts.create": create_draft,
    "gmail.users.drafts.update": update_draft,
    "gmail.users.drafts.get": get_draft,
    "gmail.users.drafts.list": list_drafts,
    "gmail.users.drafts.send": send_draft,
    "gmail.users.drafts.delete": delete_draft,
    "gmail.users.labels.list": list_labels,
    "gmail.users.labels.get": get_label,
    "gmail.users.labels.create": create_label,
    "gmail.users.settings.sendAs.list": list_send_as,
    "gmail.users.settings.getVacation": get_vacation,
}
