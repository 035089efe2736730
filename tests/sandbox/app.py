"""How are the parts joined? `create_sandbox(config)` makes the Flask application over one `World`."""

import importlib
import importlib.util

from flask import Flask, redirect
from werkzeug.wrappers import Response

from tests.sandbox import control, gmail_web, oauth, picture_web
from tests.sandbox.world import SandboxConfig, World

__all__ = ["SandboxConfig", "create_sandbox"]

MOST_BYTES = 40 * 1024 * 1024


def create_sandbox(config: SandboxConfig) -> Flask:
    """Make the sandbox; its `World` is `app.extensions["world"]`. The mail client is mounted at /mail."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, SECRET_KEY="the sandbox keeps no secrets in a session")
    app.extensions["world"] = World(config)
    for module in (oauth, gmail_web, picture_web, control):
        app.register_blueprint(module.blueprint)
    found = importlib.util.find_spec("tests.sandbox.client")
    if found is not None and found.origin is not None:  # a folder without __init__.py is not the client
        client = importlib.import_module("tests.sandbox.client")
        app.register_blueprint(client.blueprint, url_prefix="/mail")

    @app.get("/")
    def front() -> Response:
        return redirect("/mail/")

    return app
