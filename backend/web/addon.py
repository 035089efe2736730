"""Gmail's add-on calls: verify Google's token, parse the event, answer with a card."""

from flask import Blueprint

blueprint = Blueprint("addon", __name__)
