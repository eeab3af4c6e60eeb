"""The page's own style sheet and script: nothing is loaded from anybody else."""

from functools import cache
from pathlib import Path

from provisioning.http import Request, Response, error_response

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


async def serve(request: Request) -> Response:
    """One of the known files; no name from outside ever becomes a path."""
    name = request.route.get("name", "")
    if name not in MEDIA_TYPES:
        return error_response(404, "not_found", "There is no such file.")
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(200, content(name), media_type=MEDIA_TYPES[name], headers=headers)


@cache
def content(name: str) -> bytes:
    """A file's bytes."""
    return (STATIC / name).read_bytes()
