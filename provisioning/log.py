"""Log levels for a product whose logs hold ids only."""

import logging

# At INFO these log every request's address, and Graph's hold user names in paths and filters (home-assistant#119846).
TALKATIVE = ("azure", "httpx", "httpcore", "msal", "urllib3", "aiohttp", "hpack", "opentelemetry")
OURS = ("provisioning", "landing")


def quiet() -> None:
    """Set other packages to WARNING and ours to INFO. Safe to call again."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
