"""The content: which documents there are, how they were read, and what can be done with them.

An upload is one multipart request for each file; its bytes go to a temporary file while they arrive. The conversion is
a job that goes on without the page, which asks `progress` how far it is.
"""

import re
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from backend.domain.documents import ACCEPTED_TYPES, MAX_BYTES
from backend.errors import DocumentRefused, Malformed, NotFound, Transient
from backend.services import documents, feed, reading, sharing
from backend.services.documents import Upload, Uploader, Wanted
from backend.web import telling_documents
from backend.web.guards import rep_required
from backend.web.limits import limiter
from backend.web.own_looks import look_path
from backend.web.parts import now, parts

blueprint = Blueprint("content", __name__)

_ROW = "int(max=9223372036854775807)"
_PAGE = "int(max=100000)"
_ID = re.compile(r"[0-9]{1,18}")
_LONGEST_SEARCH = 200
_MOST_ASKED = 100
_MOST_ROWS = 200
_FORM_BYTES = 1 << 20  # what stands around the file in a multipart body
_YEAR_S = 365 * 24 * 3600
_A_MOMENT_S = 60
_UPLOADS = ("content.upload", "content.upload_version")
_NOT_STORED = "Documents can’t be stored just now, so nothing was. Please try again in a minute."


@blueprint.url_value_preprocessor
def _make_room(endpoint: str | None, _: dict[str, Any] | None) -> None:
    """Allow a document's size where one is uploaded by somebody we know, before the form is read for its token."""
    if endpoint in _UPLOADS and current_user.is_authenticated and current_user.status == "active":
        request.max_content_length = MAX_BYTES + _FORM_BYTES


@blueprint.get("/content")
@rep_required
def content() -> ResponseReturnValue:
    """The documents that the rep may use, as thumbnails."""
    words = request.args.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    wanted = Wanted(words, archived="archived" in request.args, recent_first=request.args.get("sort") == "used")
    with parts().engine.begin() as conn:
        found = documents.list_documents(conn, current_user.workspace_id, current_user.rep_id, wanted)
        may_use = documents.may_use(conn, current_user.workspace_id)
    return render_template("content.html", documents=found, wanted=wanted, may_use=may_use, **_limits())


@blueprint.get(f"/content/<{_ROW}:document_id>")
@rep_required
def document(document_id: int) -> ResponseReturnValue:
    """One document: its pages with the time on each, its readers, versions and shares."""
    workspace_id, rep_id = current_user.workspace_id, current_user.rep_id
    with parts().engine.begin() as conn:
        seq = feed.latest_seq(conn, workspace_id)  # first: what is newer is then told again, never lost
        record = documents.get_document(conn, workspace_id, rep_id, document_id, _version())
        chosen_id = record.chosen.id if record.chosen else None
        read = reading.readings_of_document(conn, workspace_id, document_id, chosen_id)
        shares = sharing.shares_of_document(conn, workspace_id, rep_id, document_id)
        may_use = documents.may_use(conn, workspace_id)
    shown = {"leaves": telling_documents.leaves(record.pages, read), "reading": read, "shares": shares, "seq": seq}
    return render_template(
        "document.html", record=record, may_use=may_use, now=now(), most_rows=_MOST_ROWS, **shown, **_limits()
    )


@blueprint.post("/content/upload")
@rep_required
@limiter.limit("300 per hour")
def upload() -> ResponseReturnValue:
    """Take new documents: one for each file."""
    return _take(None)


@blueprint.post(f"/content/<{_ROW}:document_id>/versions")
@rep_required
@limiter.limit("300 per hour")
def upload_version(document_id: int) -> ResponseReturnValue:
    """Take a new version of a document; its links show it once it is ready."""
    return _take(document_id)


@blueprint.post(f"/content/<{_ROW}:document_id>/again")
@rep_required
@limiter.limit("60 per hour")
def try_again(document_id: int) -> ResponseReturnValue:
    """Have the pages made once more, where that failed by our fault."""
    with parts().engine.begin() as conn:
        documents.try_again(conn, current_user.workspace_id, current_user.rep_id, document_id)
    return _back_to(document_id)


@blueprint.get("/content/progress")
@rep_required
def progress() -> ResponseReturnValue:
    """How far the conversion of some documents is, for the page that watches them."""
    asked = [int(told) for told in request.args.getlist("document")[:_MOST_ASKED] if _ID.fullmatch(told)]
    with parts().engine.begin() as conn:
        told = documents.progress_of(conn, current_user.workspace_id, current_user.rep_id, asked)
    return jsonify(documents=[_told(each) for each in told])


@blueprint.get(f"/content/<{_ROW}:document_id>/look")
@rep_required
def look(document_id: int) -> ResponseReturnValue:
    """The viewer that recipients see, for the rep: nothing is counted."""
    with parts().engine.begin() as conn:
        record = documents.get_document(conn, current_user.workspace_id, current_user.rep_id, document_id, _version())
    if record.chosen is None or not record.pages:
        raise NotFound("There are no pages to look at yet.")
    return redirect(look_path(document_id, record.chosen.id, request.args.get("page", 1, type=int)))


@blueprint.get(f"/content/<{_ROW}:document_id>/pages/<{_ROW}:version_id>/<{_PAGE}:number>/<{_PAGE}:width>")
@rep_required
def page_image(document_id: int, version_id: int, number: int, width: int) -> ResponseReturnValue:
    """A page as an image of about this width, for the rep: nothing is counted."""
    workspace_id = current_user.workspace_id
    with parts().engine.begin() as conn:
        image = documents.get_page_image(
            conn, workspace_id, current_user.rep_id, document_id, (version_id, number, width)
        )
    answer = Response(parts().blobs.stream(workspace_id, image.digest), content_type=f"image/{image.format}")
    answer.content_length = image.bytes
    kept = f"max-age={_A_MOMENT_S}" if image.may_be_wider else f"max-age={_YEAR_S}, immutable"
    answer.headers["Cache-Control"] = f"private, {kept}"  # a version's pages never change
    return answer


@blueprint.post(f"/content/<{_ROW}:document_id>/name")
@rep_required
def rename(document_id: int) -> ResponseReturnValue:
    """Give a document another name."""
    with parts().engine.begin() as conn:
        try:
            documents.rename(
                conn, current_user.workspace_id, current_user.rep_id, document_id, request.form.get("name", "")
            )
        except Malformed as problem:
            flash(str(problem), "failure")
        else:
            flash("Renamed. Its readers see the new name as well.", "good")
    return _back_to(document_id)


@blueprint.post(f"/content/<{_ROW}:document_id>/archive")
@rep_required
def archive(document_id: int) -> ResponseReturnValue:
    """Put a document out of sight; its links go on."""
    with parts().engine.begin() as conn:
        documents.archive(conn, current_user.workspace_id, current_user.rep_id, document_id, now())
    flash("Archived. It is no longer offered for mails; what was sent can still be read.", "good")
    return _back_to(document_id)


@blueprint.post(f"/content/<{_ROW}:document_id>/restore")
@rep_required
def restore(document_id: int) -> ResponseReturnValue:
    """Take a document back from the archive."""
    with parts().engine.begin() as conn:
        documents.restore(conn, current_user.workspace_id, current_user.rep_id, document_id)
    flash("Restored. It can be put into mails again.", "good")
    return _back_to(document_id)


@blueprint.post(f"/content/<{_ROW}:document_id>/team")
@rep_required
def set_shared(document_id: int) -> ResponseReturnValue:
    """Share a document with the team, or no longer."""
    is_shared = _switched()
    with parts().engine.begin() as conn:
        documents.set_shared(conn, current_user.workspace_id, current_user.rep_id, document_id, is_shared)
        own = documents.progress_of(conn, current_user.workspace_id, current_user.rep_id, [document_id])
    if not own:  # an admin has ended what a colleague had shared
        flash("It is shared no longer: its owner alone sees it now.", "good")
        return redirect(url_for("content.content"), 303)
    flash("Your team can use it now." if is_shared else "It is yours alone again.", "good")
    return _back_to(document_id)


@blueprint.post(f"/content/<{_ROW}:document_id>/gate")
@rep_required
def set_asks_email(document_id: int) -> ResponseReturnValue:
    """Ask readers for an e-mail address first, or no longer."""
    asks = _switched()
    with parts().engine.begin() as conn:
        documents.set_asks_email(conn, current_user.workspace_id, current_user.rep_id, document_id, asks)
    flash("Readers are asked for their address first." if asks else "Readers see it at once.", "good")
    return _back_to(document_id)


def _take(document_id: int | None) -> ResponseReturnValue:
    """Take what was sent in the form; as JSON one file a request, without a script as many as were chosen."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Malformed("Nothing was stored. Please choose a file first.")
    if document_id is not None or _wants_json():
        files = files[:1]
    if _wants_json():
        return _take_for_script(files[0], document_id)
    for file in files:
        try:
            stored = _store(file, document_id)
        except (DocumentRefused, Transient) as problem:
            flash(f"{file.filename}: {_why_not(problem)}", "failure")
        else:
            flash(f"{stored['name']} is uploaded; its pages are being made. You may close this page.", "good")
    return redirect(
        url_for("content.content") if document_id is None else url_for(".document", document_id=document_id)
    )


def _take_for_script(file: FileStorage, document_id: int | None) -> ResponseReturnValue:
    try:
        return jsonify(_store(file, document_id)), 202
    except DocumentRefused as problem:
        return jsonify(error=problem.reason, sentence=_why_not(problem)), 422
    except Transient as problem:
        return jsonify(error="transient", sentence=_why_not(problem)), 503


def _store(file: FileStorage, document_id: int | None) -> dict[str, Any]:
    """Hand a file over and say what became of it."""
    by = Uploader(current_user.workspace_id, current_user.rep_id)
    wanted = Upload(file.stream, file.filename or "", document_id)
    stored_id = documents.upload(parts().engine, parts().blobs, by, wanted, now())
    with parts().engine.begin() as conn:
        [told] = documents.progress_of(conn, by.workspace_id, by.rep_id, [stored_id])
    return _told(told)


def _told(progress: documents.Progress) -> dict[str, Any]:
    return {
        "document": progress.document_id,
        "name": progress.name,
        "state": progress.state,
        "pages": progress.pages,
        "ready_pages": progress.ready_pages,
        "sentence": progress.sentence,
        "address": url_for("content.document", document_id=progress.document_id),
    }


def _why_not(problem: DocumentRefused | Transient) -> str:
    return str(problem) if isinstance(problem, DocumentRefused) else _NOT_STORED


def _limits() -> dict[str, Any]:
    return {"most_bytes": MAX_BYTES, "accepted": ",".join(f".{each}" for each in ACCEPTED_TYPES)}


def _version() -> int | None:
    """The version that is asked for, where one is."""
    told = request.args.get("version")
    if told is None:
        return None
    if not _ID.fullmatch(told):
        raise NotFound
    return int(told)


def _switched() -> bool:
    told = request.form.get("is")
    if told not in ("on", "off"):
        raise Malformed
    return told == "on"


def _back_to(document_id: int) -> ResponseReturnValue:
    return redirect(url_for("content.document", document_id=document_id), 303)


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
