"""`python -m backend addon-deployment`: print the description that Google installs the add-on from.

python -m backend addon-deployment > deployment.json
gcloud workspace-add-ons deployments create readback --deployment-file=deployment.json
"""

import json
import sys
from argparse import ArgumentParser, Namespace

from addon.deployment import deployment
from backend.settings import Settings

LOGO = "/static/addon-logo.png"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--base-url", metavar="URL", help="where Readback is served from (default: PUBLIC_URL)")
    parser.add_argument("--logo-url", metavar="URL", help=f"the add-on's logo (default: {LOGO} there)")


def run(args: Namespace) -> int:
    """Print the description; 2 where the address is none that Google would call."""
    base_url = (args.base_url or Settings.from_environ().public_url).rstrip("/")
    try:
        rendered = deployment(base_url, args.logo_url or f"{base_url}{LOGO}")
    except ValueError as problem:
        print(f"{problem}. Give --base-url, or set PUBLIC_URL.", file=sys.stderr)
        return 2
    print(json.dumps(rendered, indent=2))
    return 0
