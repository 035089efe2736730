"""Google's Pub/Sub pushes: verify, parse, leave a job, acknowledge."""

from flask import Blueprint

blueprint = Blueprint("push", __name__)
