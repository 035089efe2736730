"""Which networks are Google's and Microsoft's today? `python -m backend refresh-networks` fetches their lists.

Writes `backend/domain/network_ranges.py`, to be reviewed and shipped like any change of the code. Whatever goes wrong,
the file stays as it was.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from backend.domain import network_ranges
from backend.domain.network_lists import check_successor, google_ranges, microsoft_mail_ranges, written
from backend.errors import Malformed

_TIMEOUT_S = 30
_GOOGLE = "https://www.gstatic.com/ipranges/goog.json"
_GOOGLE_CLOUD = "https://www.gstatic.com/ipranges/cloud.json"
_MICROSOFT = "https://endpoints.office.com/endpoints/worldwide?ServiceAreas=Exchange"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--google", default=_GOOGLE, help="where Google's networks are listed")
    parser.add_argument("--google-cloud", default=_GOOGLE_CLOUD, help="where those of its cloud are")
    parser.add_argument("--microsoft", default=_MICROSOFT, help="where Microsoft's endpoints are")
    parser.add_argument("--into", type=Path, default=Path(network_ranges.__file__), help="the module to write")


def run(args: argparse.Namespace) -> int:
    """Fetch, check, write; 1 where a list could not be had or cannot be meant."""
    try:
        google = google_ranges(_fetched(args.google), _fetched(args.google_cloud))
        microsoft = microsoft_mail_ranges(_fetched(f"{args.microsoft}&clientrequestid={uuid4()}"))
        check_successor("Google", network_ranges.GOOGLE, google)
        check_successor("Microsoft", network_ranges.MICROSOFT_MAIL, microsoft)
    except (Malformed, requests.RequestException, json.JSONDecodeError) as problem:
        print(f"Nothing was changed: {problem}", file=sys.stderr)
        return 1
    args.into.write_text(written(google, microsoft))
    print(f"{len(google)} networks of Google's, {len(microsoft)} of Microsoft's mail, in {args.into.name}")
    return 0


def _fetched(url: str) -> Any:
    answer = requests.get(url, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    return answer.json()
