"""Passes requests on to another host: Easy Auth in front of `func start`, which has none of its own."""

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from local.host.http import raw_path

# Of this connection only (RFC 9110, section 7.6.1), or written anew by the server.
DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"})


class Upstream:
    """An ASGI application that answers with what `url` answers."""

    def __init__(self, url: str, *, http: httpx.AsyncClient) -> None:
        self.url = url.rstrip("/")
        self.http = http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self.answer(Request(scope, receive))
            await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        headers = [(name, value) for name, value in request.headers.items() if name not in DROPPED]
        try:
            answer = await self.http.request(
                request.method,
                f"{self.url}{raw_path(request)}{query}",
                headers=headers,
                content=await request.body(),
                follow_redirects=False,
            )
        except httpx.TransportError as error:
            return PlainTextResponse(f"The functions host at {self.url} does not answer: {error}", status_code=502)
        response = Response(answer.content, status_code=answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in DROPPED | {"content-encoding"}:
                response.headers.append(name, value)
        return response
