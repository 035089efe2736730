"""Sandbox mail: a small mail client in the browser over the sandbox's mailboxes, with the add-on in its side panel.

Mounted at /mail. Pages: `/mail/` (whose mailbox?) and `/mail/<address>/`. The page's script (static/*.js) and the
headless `person.Person` use the same endpoints below `/mail/<address>/`; bodies and answers are JSON objects, and what
cannot be done answers 404 or 422 with `{"error": "a sentence"}`:

    GET  image?u=URL&via=proxy|direct      a picture, through Google's proxy or with this person's own program
    GET  follow?u=URL                      a link, followed as this person's browser; 302 to where it leads

    GET  api/me                            the account: addresses, images (its usual way), addon (installed or not)
    GET  api/box?since=VERSION             {version, unread, inbox, sent, drafts}: rows of threads; or {unchanged}
    GET  api/threads/ID?images=HOW         {subject, messages}; HOW is proxy, direct or none
    GET  api/messages?folder=FOLDER        {messages}: all mails of inbox or sent, newest first
    GET  api/messages/ID?images=HOW        {html, images: [{address, path}], links: [{text, address, path}], ...}
    POST api/messages/ID/read              {read}
    GET  api/messages/ID/answer?kind=KIND&quote=0|1
                                           a SHEET to begin with; KIND is reply, reply_all or forward
    POST api/messages/ID/auto_reply        {style, subject?, text?}: a machine answers; STYLE is exchange, gmail,
                                           unmarked (absence notes), receipt or calendar

    SHEET: {from, to, cc, bcc, subject, html, answering}, in answers also images: [{address, path}]
    POST api/drafts                        SHEET + draft_id? -> {draft_id, html (as kept), images}
    GET  api/drafts/ID                     SHEET + draft_id
    POST api/drafts/ID/discard
    POST api/send                          SHEET + draft_id?, undo_s? -> {message_id, thread_id} | {pending, undo_s}
    POST api/pending/HANDLE/undo           {undone}
    GET  api/pending/HANDLE                {outcome: waiting|sent|undone|failed, message_id}

    GET  api/addon                         {name, declared, granted}
    POST api/addon                         {trigger: home|message|compose} or {function, parameters, form}, with
                                           context {message_id} or {to, cc, bcc}: the server calls the add-on
                                           -> {status, response} (the add-on's JSON) | {status, error}
    POST api/addon/consent                 {scopes | all_scopes, withdraw?} -> {granted}

Reading: `reading`, `letterforms`. Writing: `desk`, `outbox`. The add-on: `addon_host`, `cards`.
"""

from flask import Blueprint

from tests.sandbox.client import api, pages

__all__ = ["blueprint"]

blueprint = Blueprint("mail", __name__, template_folder="templates", static_folder="static")
blueprint.after_request(pages.harden)

for _path, _page in (("/", pages.start), ("/<address>/", pages.mailbox)):
    blueprint.add_url_rule(_path, view_func=_page)
for _path, _way_out in (("image", pages.image), ("follow", pages.follow)):
    blueprint.add_url_rule(f"/<address>/{_path}", view_func=_way_out)
for _method, _path, _view in (
    ("GET", "me", api.me),
    ("GET", "box", api.box),
    ("GET", "threads/<thread_id>", api.thread),
    ("GET", "messages", api.messages),
    ("GET", "messages/<message_id>", api.message),
    ("POST", "messages/<message_id>/read", api.mark_read),
    ("GET", "messages/<message_id>/answer", api.begin_answer),
    ("POST", "messages/<message_id>/auto_reply", api.auto_reply),
    ("POST", "drafts", api.save_draft),
    ("GET", "drafts/<draft_id>", api.read_draft),
    ("POST", "drafts/<draft_id>/discard", api.discard_draft),
    ("POST", "send", api.send),
    ("POST", "pending/<pending>/undo", api.undo),
    ("GET", "pending/<pending>", api.pending),
    ("GET", "addon", api.addon),
    ("POST", "addon", api.call_addon),
    ("POST", "addon/consent", api.consent),
):
    blueprint.add_url_rule(f"/<address>/api/{_path}", view_func=_view, methods=[_method])
