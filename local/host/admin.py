"""The host's admin API: run a function that is not HTTP, and the host's status.

The caller has checked the master key.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from local.host.indexing import FunctionEntry

RunByHand = Callable[[FunctionEntry, str], Awaitable[None]]


class AdminApi:
    """POST /admin/functions/{name} and GET /admin/host/status."""

    def __init__(self, *, functions: Iterable[FunctionEntry], run: RunByHand, version: str) -> None:
        self.functions = {function.name.lower(): function for function in functions}
        self.run = run
        self.version = version
        self.tasks: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Response:
        path = request.url.path.rstrip("/")
        if path == "/admin/host/status" and request.method == "GET":
            return JSONResponse({"id": "local", "state": "Running", "version": self.version})
        if path == "/admin/functions" and request.method == "GET":
            return JSONResponse([{"name": f.name, "trigger": f.trigger.kind} for f in self.functions.values()])
        if path.startswith("/admin/functions/") and request.method == "POST":
            return self.start(path.removeprefix("/admin/functions/"), await request.body())
        return Response(status_code=404)

    def start(self, name: str, body: bytes) -> Response:
        function = self.functions.get(name.lower())
        if function is None:
            return PlainTextResponse(f"There is no function {name!r} on this host.", status_code=404)
        if function.trigger.kind == "httpTrigger":
            return PlainTextResponse(f"{name!r} is an HTTP function. Call its route.", status_code=400)
        try:
            given = input_of(body)
        except ValueError as error:
            return PlainTextResponse(str(error), status_code=400)
        task = asyncio.ensure_future(self.run(function, given))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return Response(status_code=202)


def input_of(body: bytes) -> str:
    """The `input` of {"input": "..."}; empty without a body. ValueError for anything else."""
    if not body.strip():
        return ""
    try:
        document: Any = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("input", ""), str):
        raise ValueError('The body must be JSON such as {"input": "text"}.')
    return str(document.get("input", ""))
