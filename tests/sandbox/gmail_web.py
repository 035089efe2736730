"""To come."""
from flask import Blueprint
blueprint = Blueprint("gmail_web", __name__)
