"""How are the parts joined? The one place that sees all of them.

`create_parts(settings)` makes the adapters and the engine; `create_app(parts)` the Flask application over them;
`asgi.py` puts the collector and the live feed in front of it; `jobs.py` gets the same parts in the worker.
"""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from backend.adapters.blobs import Blobs
from backend.adapters.documents import Documents
from backend.adapters.gmail import Gmail
from backend.adapters.google_auth import GoogleAuth
from backend.adapters.places import Places
from backend.adapters.secrets import FernetBox
from backend.services.parts import Parts
from backend.settings import Settings
from backend.store.engine import create_store
from backend.web import addon, addon_documents, content, covers, pages, push, settings_pages, sharing, signin, viewer

MAX_REQUEST_BYTES = 1024 * 1024


def create_parts(settings: Settings) -> Parts:
    """Join the real parts; `settings.database_url` must be known by now."""
    if settings.database_url is None:
        raise ValueError("no database address: the command that starts the process provides one")
    return Parts(
        settings=settings,
        engine=create_store(settings.database_url),
        google=GoogleAuth(settings.google),
        gmail=Gmail(settings.google),
        secrets=FernetBox(settings.token_encryption_keys),
        blobs=Blobs(settings.blobs_url or str(settings.data_dir / "blobs")),
        documents=Documents(),
        places=Places(settings.geoip_database) if settings.geoip_database else None,
    )


def create_app(parts: Parts) -> Flask:
    """Make the Flask application: everything but the collector and the live feed."""
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.update(
        SECRET_KEY=parts.settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        SESSION_COOKIE_NAME="__Host-readback",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["readback"] = parts
    csrf = CSRFProtect(app)
    for module in (signin, pages, content, settings_pages, sharing, covers, addon, addon_documents, push, viewer):
        app.register_blueprint(module.blueprint)
    for signed_by_google in (addon, addon_documents, push):  # no cookie is read there, so there is nothing to forge
        csrf.exempt(signed_by_google.blueprint)
    csrf.exempt(viewer.blueprint)  # whoever knows a share's address may do there what its forms do
    signin.init_app(app)
    pages.init_app(app)
    return app
