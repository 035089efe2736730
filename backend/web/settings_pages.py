"""The settings: mailbox, devices, team."""

from flask import Blueprint

blueprint = Blueprint("settings", __name__)
