"""Every route says who may call it."""

from backend.app import create_app
from backend.services.parts import Parts


def test_every_route_declares_its_guard(settings):
    app = create_app(
        Parts(settings=settings, engine=None, google=None, gmail=None, secrets=None, blobs=None, documents=None)
    )
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        assert rule.endpoint == "static" or getattr(view, "guard", None), f"{rule.rule} declares no guard"
