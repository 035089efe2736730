"""A tiny Readback that records what Gmail sends it and answers with cards as they were laid out for it."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, redirect, request

from tests.sandbox.running import server_for

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")


@dataclass
class Readback:
    """`calls` holds (path, event, headers) of the add-on, `hits` (path, query, headers, remote address)."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    hits: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    def opens(self) -> list[tuple[str, str, dict[str, str], str]]:
        return [hit for hit in self.hits if hit[0].startswith("/o/")]

    def pixel(self, name: str = "token") -> str:
        return f'<img src="{self.url}/o/{name}.gif" width="1" height="1" alt="">'

    def tracking(self, update_type: str = "IN_PLACE_INSERT", content: str | None = None) -> dict[str, Any]:
        """An answer that inserts the pixel and a link."""
        link = (
            f'<a href="{self.url}/c/token?u=https%3A%2F%2Fgridworks.example%2Foffer%3Fa%3D1%26b%3D2">See the offer</a>'
        )
        inserted = {"content": content or link + self.pixel(), "contentType": "MUTABLE_HTML"}
        update = {"updateBody": {"type": update_type, "insertContents": [inserted]}}
        return {
            "renderActions": {
                "action": {
                    "navigations": [{"updateCard": card("Tracked", [text("You will see who opened it.")])}],
                    "notification": {"text": "Tracking on"},
                },
                "hostAppAction": {"gmailAction": {"updateDraftActionMarkup": update}},
            }
        }


def card(title: str, widgets: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"header": {"title": title}, "sections": [{"widgets": widgets}], **more}


def text(words: str) -> dict[str, Any]:
    return {"textParagraph": {"text": words}}


def buttons(**labels: dict[str, Any]) -> dict[str, Any]:
    shown = [{"text": label.replace("_", " "), "onClick": on_click} for label, on_click in labels.items()]
    return {"buttonList": {"buttons": shown}}


def press(url: str, **parameters: str) -> dict[str, Any]:
    told = [{"key": key, "value": value} for key, value in parameters.items()]
    return {"action": {"function": url, "parameters": told, "loadIndicator": "SPINNER"}}


def pushed(shown: dict[str, Any]) -> dict[str, Any]:
    return {"action": {"navigations": [{"pushCard": shown}]}}


@contextlib.contextmanager
def running_readback() -> Iterator[Readback]:
    """Run it on a free port for as long as the block lasts."""
    readback = Readback()
    app = Flask(__name__)

    @app.post("/addon/<path:path>")
    def addon(path: str) -> Any:
        readback.calls.append((request.path, request.get_json(), dict(request.headers)))
        answer = readback.answers.get(path, Response("broken", 500))
        return answer(readback.calls[-1][1]) if callable(answer) and not isinstance(answer, Response) else answer

    @app.get("/o/<token>")
    def pixel(token: str) -> Response:
        _note(readback)
        return Response(GIF, content_type="image/gif", headers={"Cache-Control": "no-store, max-age=0"})

    @app.get("/c/<token>")
    def click(token: str) -> Any:
        _note(readback)
        return redirect(request.args["u"])

    @app.get("/settings")
    def settings() -> str:
        return "<title>Readback</title><h1>Signed in</h1>"

    server = server_for(app, "127.0.0.1", 0)
    readback.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield readback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _note(readback: Readback) -> None:
    query = request.query_string.decode()
    readback.hits.append((request.path, query, dict(request.headers), request.remote_addr or ""))
