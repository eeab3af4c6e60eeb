"""What `bootstrap` needs of the Azure CLI, over real HTTP: `az account get-access-token` and `az rest`.

The real azure-cli is half a gigabyte; `make clients` runs that one against the stand-in tenant. Options and
the words of an error are azure-cli's.
"""

import argparse
import json
import os
import sys
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def token() -> str:
    """A token of the account that is signed in."""
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["AZ_CLIENT_ID"],
        "client_secret": os.environ["AZ_CLIENT_SECRET"],
        "scope": "https://graph.microsoft.com/.default",
    }
    with urlopen(f"{os.environ['AZ_AUTHORITY']}/oauth2/v2.0/token", urlencode(form).encode()) as answer:
        return str(json.load(answer)["access_token"])


def main() -> None:
    """Do what the arguments say, as azure-cli does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", nargs="+")
    for option in ("url", "method", "body", "headers", "output", "resource", "scope", "tenant"):
        parser.add_argument(f"--{option}")
    given = parser.parse_args()
    if given.command[0] == "account":
        print(json.dumps({"accessToken": token(), "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"}))
        return
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    content = given.body.encode() if given.body else None
    request = Request(given.url, content, headers, method=(given.method or "get").upper())
    try:
        with urlopen(request) as answer:
            sys.stdout.write(answer.read().decode())
    except HTTPError as error:
        sys.exit(f"ERROR: {error.reason}({error.read().decode()})")


main()
