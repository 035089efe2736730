"""The ranges of addresses that vendors publish; `python -m backend refresh-networks` writes them anew."""

# Google's own, without what its cloud lets to others
GOOGLE = (
    "64.233.160.0/19",
    "66.102.0.0/20",
    "66.249.64.0/19",
    "72.14.192.0/18",
    "74.125.0.0/16",
    "108.177.0.0/17",
    "142.250.0.0/15",
    "172.217.0.0/16",
    "172.253.0.0/16",
    "173.194.0.0/16",
    "209.85.128.0/17",
    "216.58.192.0/19",
)
# Exchange Online's, which Defender fetches from
MICROSOFT_MAIL = (
    "40.92.0.0/15",
    "40.94.0.0/16",
    "40.107.0.0/16",
    "52.96.0.0/12",
    "104.47.0.0/17",
)
