"""The names the stand-in answers for when a hosts file points them at it, and what each name serves.

Source: the page `deployments` of the Graph documentation (national clouds). The aliases are those of the identity
platform's instance discovery.
"""

from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

GRAPH_HOSTS = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
)
CLOUDS = (
    ("login.microsoftonline.com", "login.windows.net", ("login.microsoft.com", "sts.windows.net")),
    ("login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn", ("login.chinacloudapi.cn",)),
    ("login.microsoftonline.us", "login.microsoftonline.us", ("login.usgovcloudapi.net",)),
)
LOGIN_HOSTS = frozenset(name for network, cache, more in CLOUDS for name in (network, cache, *more))
MANAGEMENT_HOSTS = frozenset({"management.azure.com", "management.core.windows.net"})
GRAPH_ROOTS = tuple(f"https://{name}" for name in GRAPH_HOSTS)
MANAGEMENT_ROOTS = tuple(f"https://{name}" for name in sorted(MANAGEMENT_HOSTS))

GRAPH_PATHS = ("/v1.0", "/beta")
MANAGEMENT_PATHS = ("/tenants", "/subscriptions")
CONTROL = "/_local"


def instance_metadata() -> list[dict[str, Any]]:
    """The clouds as instance discovery lists them."""
    return [
        {
            "preferred_network": network,
            "preferred_cache": cache,
            "aliases": list(dict.fromkeys((network, cache, *more))),
        }
        for network, cache, more in CLOUDS
    ]


class ByHost:
    """Refuses, by name, what the host the caller wrote would serve and the stand-in does not.

    Under any other host name, such as 127.0.0.1, everything is served side by side.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not served(host_of(scope), scope["path"]):
            what = f"{scope['method']} https://{host_of(scope)}{scope['path']}"
            message = f"The stand-in tenant does not implement {what}."
            body = {"error": {"code": "NotImplemented", "message": message}}
            await JSONResponse(body, 501)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def host_of(scope: Scope) -> str:
    """The host name of a request, in lower case and without port."""
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1").partition(":")[0].lower())
    return ""


def served(host: str, path: str) -> bool:
    """Whether the stand-in has the path under this host name."""
    if path.startswith(CONTROL):
        return True
    if host in GRAPH_HOSTS:
        return path.startswith(GRAPH_PATHS)
    if host in MANAGEMENT_HOSTS:
        return path.rstrip("/") in MANAGEMENT_PATHS
    return not (host in LOGIN_HOSTS and path.startswith(GRAPH_PATHS))
