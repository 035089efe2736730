"""The feed and the page of a message."""

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
