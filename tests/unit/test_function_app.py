"""function_app.py: loads with no settings and almost no cost, and says only what a trigger is bound to."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.functions.http import HttpResponseConverter

import function_app
from landing.assets import load_assets
from landing.rendering import HTML
from landing.settings import PageSettings
from provisioning.http import JSON, Response

ASSETS = load_assets(PageSettings()).values()
LOGO_TYPES = ("image/png", "image/svg+xml")
ROOT = Path(__file__).resolve().parents[2]
ADMINISTRATION = {"tenant_request", "operation", "why", "health"}
HEAVY = ("msgraph", "azure.storage", "azure.data", "azure.identity", "pydantic", "aiohttp", "jinja2", "httpx", "kiota")
# What the host puts into trigger metadata; a body's property of the same name, in any case, replaces it.
TRIGGER_METADATA = {
    "id",
    "dequeuecount",
    "popreceipt",
    "insertiontime",
    "expirationtime",
    "nextvisibletime",
    "queuetrigger",
    "sys",
}


def run(code: str) -> str:
    """Run code in a fresh interpreter with an empty environment."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.pitfall("F1")
def test_it_loads_with_an_empty_environment() -> None:
    """azure-functions-python-worker#1262: an exception at import time hides every function."""
    code = "import json, function_app as f; print(json.dumps([x.get_function_name() for x in f.app.get_functions()]))"
    assert sorted(json.loads(run(code))) == [
        "assets",
        "board",
        "board_refresh",
        "health",
        "hires",
        "hires_webhook",
        "me",
        "messages",
        "operation",
        "outgoing",
        "page",
        "pass_page",
        "passes",
        "passes_cleanup",
        "seen",
        "start",
        "sweep",
        "tenant",
        "tenant_request",
        "watch",
        "why",
    ]


@pytest.mark.pitfall("F6")
def test_it_imports_nothing_heavy() -> None:
    """msgraph-sdk-python#904: a webhook has three seconds, a cold start included."""
    code = "import sys, json, function_app; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(run(code))
    assert [name for name in loaded if name.startswith(HEAVY)] == []


@pytest.mark.pitfall("F6")
@pytest.mark.parametrize("source", ["bamboohr", "rippling"])
def test_the_webhook_path_imports_no_graph(source: str) -> None:
    """The first is code and the second a profile."""
    code = """
import asyncio, json, os, sys
os.environ.update(TENANT_ID="0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10", HR_SECRET_BAMBOOHR="s" * 12,
                  HR_SECRET_RIPPLING="s" * 12,
                  AzureWebJobsStorage="DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;"
                  "QueueEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a;")
import azure.functions as func, function_app
from local.signing import bamboohr_delivery
source = "SOURCE"
body, headers = bamboohr_delivery({"type": "employee.created", "data": {"employeeId": "1"}}, secret="s" * 12)
if source == "rippling":
    body, headers = b"event_name=employee.hired&id=1", {"authorization": "Bearer " + "s" * 12}
request = func.HttpRequest(method="POST", url="/api/hires/" + source, headers=headers, body=body,
                           route_params={"source": source})
async def main():
    answer = await function_app.hires_webhook.build().get_user_function()(request)
    await function_app.runtime.services().close()
    return answer
answer = asyncio.run(main())
graph = ("msgraph", "kiota", "azure.identity")
print(json.dumps([answer.status_code, sorted(name for name in sys.modules if name.startswith(graph))]))
"""
    status, loaded = json.loads(run(code.replace("SOURCE", source)))
    assert status == 503, "storage is away, and the sender is told to come back"
    assert loaded == []


def test_the_page_path_imports_no_graph_and_the_public_page_no_storage_either() -> None:
    """Babel makes the catalogs and is not deployed; what is public reads nothing."""
    code = """
import asyncio, base64, json, os, sys
tenant = "0f5f6c9e-3a1d-4c8e-9b52-6d2f1a7e4b10"
os.environ.update(TENANT_ID=tenant, WEBSITE_AUTH_ENABLED="True",
                  AzureWebJobsStorage="DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;"
                  "QueueEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a;")
import azure.functions as func, function_app
claims = [{"typ": "oid", "val": "3f1d1f6e-0f0a-4c60-9d0e-6a2f8b1c9d11"}, {"typ": "tid", "val": tenant}]
header = base64.b64encode(json.dumps({"claims": claims}).encode()).decode()
def loaded(*names):
    return sorted(name for name in sys.modules if name.startswith(names))
async def ask(function, url):
    request = func.HttpRequest(method="GET", url=url, headers={"x-ms-client-principal": header}, body=b"")
    return await function.build().get_user_function()(request)
async def main():
    public = await ask(function_app.start, "/start")
    storage = loaded("azure.storage", "azure.data", "aiohttp")
    page = await ask(function_app.page, "/")
    await function_app.runtime.services().close()
    kinds = [answer.headers["Content-Type"] for answer in (public, page)]
    return [public.status_code, page.status_code, kinds, storage, loaded("msgraph", "kiota", "azure.identity", "babel")]
print(json.dumps(asyncio.run(main())))
"""
    kind = "text/html; charset=utf-8"
    assert json.loads(run(code)) == [200, 200, [kind, kind], [], []]


@pytest.mark.parametrize("media_type", [HTML, JSON, *sorted({asset.media_type for asset in ASSETS}), *LOGO_TYPES])
async def test_every_content_type_is_said_once(media_type: str) -> None:
    """azure-functions adds a charset to whatever it takes for a media type of text; the encoder here is its own."""

    async def answer() -> Response:
        return Response(200, b"", media_type=media_type, headers={"X-Kept": "yes"})

    datum = HttpResponseConverter.encode(await function_app.answered(answer()), expected_type=None)
    headers = {name.lower(): value.value for name, value in datum.value["headers"].items()}
    assert headers["content-type"] == media_type
    assert headers["content-type"].count("charset") == (0 if media_type.startswith("image/") else 1)
    assert headers["x-kept"] == "yes"


def test_its_source_imports_no_graph_storage_or_pydantic_at_module_level() -> None:
    tree = ast.parse((ROOT / "function_app.py").read_text())
    imported = {
        name
        for node in tree.body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not [name for name in imported if name.startswith(HEAVY)]
    assert len((ROOT / "function_app.py").read_text().splitlines()) < 270


def test_microsofts_own_worker_indexes_it() -> None:
    """The rules of which signatures are accepted are the worker's; it is a package of its own from Python 3.13 on."""
    pytest.importorskip("azure_functions_runtime", reason="Microsoft's worker library needs Python 3.13")
    code = """
import json
from azure_functions_runtime.loader import index_function_app
found = index_function_app("function_app.py")
print(json.dumps([f.get_function_name() for f in found]))
"""
    assert json.loads(run(code)) == [item["name"] for item in bindings()]


def bindings(**settings: str) -> list[dict[str, Any]]:
    code = f"import os; os.environ.update({settings!r})"
    code += """
import json, function_app as f
found = f.app.get_functions()
print(json.dumps([[x.get_function_name(), x.get_trigger().get_dict_repr()] for x in found], default=str))
"""
    return [{**trigger, "name": name} for name, trigger in json.loads(run(code))]


def test_no_route_is_refused_by_the_host_or_hidden_by_another() -> None:
    """Routes that begin with admin or runtime are refused; functions are matched in the order of their names."""
    routes = [(item["name"], item["route"]) for item in bindings() if item["type"] == "httpTrigger"]
    assert not [route for _, route in routes if route.lstrip("/").startswith(("admin", "runtime"))]
    assert not [route for _, route in routes if "*" in route], "a catch-all could hide the functions after it"
    assert len({route for _, route in routes}) == len(routes)


@pytest.mark.parametrize("setting", ["true", "True", "yes", "1", "false", ""])
def test_every_method_is_named_and_keys_are_asked_for_by_setting_alone(setting: str) -> None:
    """The same word decides at the host and in the code: where they read it differently, a key would open nothing."""
    for item in bindings(ADMIN_FUNCTION_KEYS=setting):
        if item["type"] != "httpTrigger":
            continue
        assert item["methods"], item["name"]
        asked = setting == "true" and item["name"] in ADMINISTRATION
        assert (str(item["authLevel"]).upper().endswith("FUNCTION")) == asked, item["name"]


def test_every_route_of_the_administration_asks_for_a_right() -> None:
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))
    handlers = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
    asking = {name for name, text in handlers.items() if "with_right(Right." in text}
    assert asking == ADMINISTRATION
    assert "Right.MANAGE" in handlers["tenant_request"]


def test_no_message_field_is_called_like_trigger_metadata() -> None:
    """azure-functions-host, Utility.ApplyBindingData: a body {"id": "x"} makes the trigger's own id "x"."""
    from provisioning.model.messages import HireMessage, PassMessage, SeenMessage, TenantMessage

    for kind in (HireMessage, PassMessage, SeenMessage, TenantMessage):
        assert not {name.lower() for name in kind.model_fields} & TRIGGER_METADATA


@pytest.mark.pitfall("G1")
def test_one_encoding_on_both_sides() -> None:
    """azure-docs#90032: the trigger expects base64 unless host.json says otherwise; the Python client sends text."""
    host = json.loads((ROOT / "host.json").read_text())
    assert host["extensions"]["queues"]["messageEncoding"] == "none"
    assert host["extensions"]["http"]["routePrefix"] == ""
