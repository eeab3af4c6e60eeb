"""HTTP as the Functions host does it: route, key, body, function, answer."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from azure.functions import meta
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from local.host.admin import AdminApi
from local.host.executor import Executor, Outcome
from local.host.outputs import QueueOutputs
from local.host.routes import RouteTable

MAX_BODY_BYTES = 104_857_600  # the host's maxRequestBodySize
HOMEPAGE = "Your function app is up and running. (local stand-in)\n"
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Keys:
    """The app's keys. The master key opens every level."""

    function: str
    master: str

    def allows(self, level: str, presented: str | None) -> bool:
        """Whether `presented` opens `level` ("anonymous", "function" or "admin")."""
        if level == "anonymous":
            return True
        accepted = [self.master] if level == "admin" else [self.function, self.master]
        given = (presented or "").encode()
        return any(key and hmac.compare_digest(key.encode(), given) for key in accepted)


class FunctionsApp:
    """The ASGI application behind both listeners, without Easy Auth."""

    def __init__(
        self,
        *,
        routes: RouteTable,
        keys: Keys,
        executor: Executor,
        outputs: QueueOutputs,
        admin: AdminApi,
        homepage: bool,
    ) -> None:
        self.routes = routes
        self.keys = keys
        self.executor = executor
        self.outputs = outputs
        self.admin = admin
        self.homepage = homepage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await self.answer(request)
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        path = raw_path(request)
        if path == "/admin" or path.startswith("/admin/"):
            if not self.keys.allows("admin", request.headers.get("x-functions-key")):
                return Response(status_code=401)
            return await self.admin.answer(request)
        found = self.routes.find(request.method, path)
        if found is None:
            if path == "/" and request.method in {"GET", "HEAD"} and self.homepage:
                return PlainTextResponse(HOMEPAGE)
            return Response(status_code=404)
        route, values = found
        if not self.keys.allows(route.level, presented_key(request)):
            return Response(status_code=401)
        body = await read_body(request)
        if body is None:
            return Response(status_code=413)
        datum = request_datum(request, values=values, body=body)
        outcome = await self.executor.run(route.function, datum)
        outcome = await self.outputs.write(outcome)
        return response_of(outcome)


def presented_key(request: Request) -> str | None:
    """The key of a request: the header x-functions-key wins over ?code=, even when it is wrong."""
    return request.headers.get("x-functions-key") or request.query_params.get("code")


def raw_path(request: Request) -> str:
    """The path as it was sent, still percent-encoded."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return str(raw.decode("latin-1")).partition("?")[0]


def full_url(request: Request) -> str:
    """The address as it was asked for: percent-encoded, with the query."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.scheme}://{request.url.netloc}{raw_path(request)}{query}"


async def read_body(request: Request) -> bytes | None:
    """The body if the request says how long it is: the host passes nothing on of a chunked upload. None: too large."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) == 0:
        return b""
    return await request.body() if int(length) <= MAX_BODY_BYTES else None


def request_datum(request: Request, *, values: Mapping[str, str], body: bytes) -> meta.Datum:
    """A request as the worker receives it.

    Header names are lower case, repeated headers and query values joined by commas, empty query values left out.
    """
    headers = join_repeated((name.lower(), value) for name, value in request.headers.items())
    query = join_repeated(parse_qsl(request.url.query))
    return meta.Datum(
        {
            "method": meta.Datum(request.method, "string"),
            "url": meta.Datum(full_url(request), "string"),
            "headers": strings(headers),
            "query": strings(query),
            "params": strings(values),
            "body": meta.Datum(body, "bytes"),
        },
        "http",
    )


def join_repeated(pairs: object) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:  # type: ignore[attr-defined]
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def strings(values: Mapping[str, str]) -> dict[str, meta.Datum]:
    return {name: meta.Datum(value, "string") for name, value in values.items()}


def response_of(outcome: Outcome) -> Response:
    """The answer to the caller. A failed function is a 500 with an empty body; the reason is in the log only."""
    if outcome.error is not None or outcome.returned is None:
        return Response(status_code=500)
    if outcome.returned.type == "http":
        return http_response(outcome.returned.value)
    return text_response(str(outcome.returned.value))


def http_response(value: Mapping[str, object]) -> Response:
    status, headers, body = value["status_code"], value["headers"], value["body"]
    assert isinstance(status, meta.Datum)
    assert isinstance(headers, dict)
    assert isinstance(body, meta.Datum)
    response = Response(content=body.value, status_code=int(status.value))
    for name, header in headers.items():
        if HEADER_NAME.fullmatch(name) and name.lower() not in {"content-length", "transfer-encoding"}:
            response.headers[name] = header.value
    cookies = value.get("cookies") or []
    assert isinstance(cookies, list)
    add_cookies(response.headers, cookies)
    return response


def add_cookies(headers: MutableHeaders, cookies: list[object]) -> None:
    """Append the cookies; ASP.NET percent-encodes their values on the way out."""
    for cookie in cookies:
        for morsel in cookie.values():  # type: ignore[attr-defined]
            name, value = morsel.key, quote(morsel.value, safe="-_.~")
            text = morsel.OutputString().removeprefix(f"{name}={morsel.coded_value}")
            headers.append("set-cookie", f"{name}={value}{text}")


def text_response(text: str) -> Response:
    """A `str` result: JSON text with a "body" is taken as a response object, everything else is the body."""
    try:
        document = json.loads(text)
    except ValueError:
        return PlainTextResponse(text)
    if not isinstance(document, dict) or "body" not in document:
        return PlainTextResponse(text)
    body = document["body"]
    status = document.get("statusCode") or document.get("status") or 200
    return PlainTextResponse(body if isinstance(body, str) else json.dumps(body), status_code=int(status))
