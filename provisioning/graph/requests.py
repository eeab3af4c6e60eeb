"""Requests with a body or headers of our own, at the addresses of the SDK's builders."""

from collections.abc import Mapping
from typing import Any

import orjson
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation

EVENTUAL: Mapping[str, str] = {"ConsistencyLevel": "eventual"}


def json_request(method: Method, builder: Any, body: Any) -> RequestInformation:
    """Make a request with a JSON body of our own at the address of one of the SDK's builders.

    The SDK's models would cost a third of a second to import, and cannot carry back what they do not know.

    Args:
        method: POST or PATCH.
        builder: The SDK's, such as `graph.build.groups`.
        body: What orjson takes.
    """
    info = RequestInformation(method, builder.url_template, builder.path_parameters)
    info.headers.try_add("Accept", "application/json")
    info.set_stream_content(orjson.dumps(body), "application/json")
    return info


def add_headers(info: RequestInformation, headers: Mapping[str, str] | None) -> None:
    """Add headers to a request."""
    for name, value in (headers or {}).items():
        info.headers.add(name, value)
