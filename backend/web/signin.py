"""Signing in with Google, joining a workspace, signing out."""

from flask import Blueprint

blueprint = Blueprint("signin", __name__)
