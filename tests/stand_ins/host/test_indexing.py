"""What is refused at start, as Azure's worker refuses it: one bad function stops the app, and is told with a remedy."""

import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.host.indexing import load_functions
from local.host.settings import HostError, HostSettings, read_settings

HEADER = """
import functools, typing
import azure.functions as func
app = func.FunctionApp()
"""
HTTP = '@app.route(route="x")\n'
QUEUE = '@app.queue_trigger(arg_name="msg", queue_name="q", connection="C")\n'
OUT = '@app.queue_output(arg_name="out", queue_name="q", connection="C")\n'

REFUSED = {
    "http_union": (HTTP + "def f(req: func.HttpRequest) -> str | func.HttpResponse: ...", "return annotation"),
    "http_optional": (
        HTTP + "def f(req: func.HttpRequest) -> typing.Optional[func.HttpResponse]: ...",
        "return annotation",
    ),
    "http_dict": (HTTP + "def f(req: func.HttpRequest) -> dict: ...", "return annotation dict"),
    "http_none": (HTTP + "def f(req: func.HttpRequest) -> None: ...", "return annotation NoneType"),
    "http_input": (HTTP + "def f(req: dict) -> str: ...", "Use func.HttpRequest"),
    "out_builtin_list": (QUEUE + OUT + "def f(msg: str, out: func.Out[list[str]]): ...", r"func.Out\[list\[str\]\]"),
    "out_dict": (QUEUE + OUT + "def f(msg: str, out: func.Out[dict]): ...", r"func.Out\[dict\]"),
    "out_plain": (QUEUE + OUT + "def f(msg: str, out: str): ...", r"Use func.Out\[str\]"),
    "in_as_out": (QUEUE + "def f(msg: func.Out[str]): ...", "is the trigger"),
    "queue_dict": (QUEUE + "def f(msg: dict): ...", "Use func.QueueMessage"),
    "unbound": (QUEUE + "def f(msg: str, more: str = ''): ...", "more have no binding"),
    "context_by_another_name": (QUEUE + "def f(msg: str, ctx: func.Context): ...", "ctx have no binding"),
    "context_of_another_type": (QUEUE + "def f(msg: str, context: str): ...", "must be annotated func.Context"),
    "missing_parameter": (QUEUE + OUT + "def f(msg: str): ...", "out have no parameter"),
    "duplicate_name": (HTTP + "def f(req): ...\n" + '@app.route(route="y")\ndef f(req): ...', "unique function name"),
    "no_trigger": (OUT + "def f(out: func.Out[str]): ...", "does not have a trigger"),
    "bad_name": ('@app.function_name("1st")\n' + HTTP + "def f(req): ...", "must begin with a letter"),
    "unknown_hint": (QUEUE + "def f(msg: 'Nowhere'): ...", "signature cannot be read"),
    "blob": (
        '@app.blob_trigger(arg_name="b", path="p", connection="C")\ndef f(b: func.InputStream): ...',
        "--host func",
    ),
}
ACCEPTED = {
    "no_annotations": HTTP + "def f(req): ...",
    "response": HTTP + "async def f(req: func.HttpRequest) -> func.HttpResponse: ...",
    "text": HTTP + "def f(req: func.HttpRequest) -> str: ...",
    "context": HTTP + "def f(req: func.HttpRequest, context: func.Context) -> str: ...",
    "queue_message": QUEUE + "def f(msg: func.QueueMessage) -> None: ...",
    "queue_text": QUEUE + "def f(msg: str): ...",
    "queue_bytes": QUEUE + "def f(msg: bytes): ...",
    "out_text": QUEUE + OUT + "def f(msg: str, out: func.Out[str]): ...",
    "out_list": QUEUE + OUT + "def f(msg: str, out: func.Out[typing.List[str]]): ...",
    "out_bytes": QUEUE + OUT + "def f(msg: str, out: func.Out[bytes]): ...",
    "timer": '@app.timer_trigger(arg_name="t", schedule="0 0 * * * *")\ndef f(t: func.TimerRequest): ...',
    "wrapped": (
        "def wrap(g):\n    @functools.wraps(g)\n    async def inner(*a): return await g(*a)\n    return inner\n"
        + QUEUE
        + "@wrap\nasync def f(msg: str): ..."
    ),
}


def load(folder: Path, body: str, *, header: str = HEADER, **environment: str) -> list[str]:
    (folder / "function_app.py").write_text(textwrap.dedent(header) + body + "\n", encoding="utf-8")
    settings = HostSettings(environment=environment)
    return [function.name for function in load_functions(folder, settings=settings)]


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    body, reason = REFUSED[case]
    with pytest.raises(HostError, match=reason):
        load(tmp_path, body)


def test_a_refusal_names_function_reason_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(HostError) as raised:
        load(tmp_path, QUEUE + "def enroll(msg: dict): ...")
    assert str(raised.value) == (
        "Function 'enroll' cannot be loaded: 'msg' is annotated dict, which a queueTrigger refuses. "
        "Use func.QueueMessage. (One bad function stops the app.)"
    )


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(tmp_path: Path, case: str) -> None:
    assert load(tmp_path, ACCEPTED[case]) == ["f"]


def test_string_annotations_are_fine(tmp_path: Path) -> None:
    header = "from __future__ import annotations\n" + HEADER.lstrip()
    assert load(tmp_path, ACCEPTED["out_text"], header=header) == ["f"]


def test_no_app_and_two_apps(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no FunctionApp object"):
        load(tmp_path, "", header="")
    with pytest.raises(HostError, match="2 FunctionApp objects"):
        load(tmp_path, "other = func.FunctionApp()")


def test_import_error_is_told_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        HostError, match=r"ModuleNotFoundError: No module named 'nowhere' \(function_app.py:\d+ in"
    ) as raised:
        load(tmp_path, "import nowhere")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["AzureWebJobs.f.Disabled", "AzureWebJobs_f_Disabled"])
def test_disabled(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, ACCEPTED["text"], **{name: "true"}) == []
    assert load(tmp_path, ACCEPTED["text"], **{name: "0"}) == ["f"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no host.json"),
        ("{", "not JSON"),
        ("{}", '"version": "2.0"'),
        ('{"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}', "from 1 to 32"),
        ('{"version": "2.0", "extensions": {"queues": {"messageEncoding": "utf8"}}}', "base64 or none"),
        ('{"version": "2.0", "extensions": {"queues": {"visibilityTimeout": 30}}}', "time span"),
        ('{"version": "2.0", "extensions": []}', "JSON object"),
    ],
)
def test_host_json_refused(tmp_path: Path, text: str | None, reason: str) -> None:
    if text is not None:
        (tmp_path / "host.json").write_text(text, encoding="utf-8")
    with pytest.raises(HostError, match=reason):
        read_settings(tmp_path, environment={})


def test_host_json_values(tmp_path: Path) -> None:
    text = '{"version":"2.0","functions":["f"],"functionTimeout":"00:00:05","extensions":{"queues":{"newBatchSize":4}}}'
    (tmp_path / "host.json").write_text(text, encoding="utf-8")
    settings = read_settings(tmp_path, environment={})
    assert settings.timeout == 5
    assert settings.route_prefix == "api"
    assert settings.queues.base64
    assert settings.unknown_queue_options == ("newBatchSize",)
    assert settings.is_disabled("g")
    assert not settings.is_disabled("f")


def test_connection_by_identity_is_refused_with_the_remedy() -> None:
    settings = HostSettings(environment={"Store__queueServiceUri": "https://example.com"})
    with pytest.raises(HostError, match="Set Store to a connection string"):
        settings.connection_string("Store", function="f")


@pytest.mark.parametrize("case", [*REFUSED, *ACCEPTED])
def test_microsofts_worker_agrees(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same cases through azure-functions-runtime, which exists for Python 3.13 and later."""
    worker = pytest.importorskip("azure_functions_runtime.functions")
    from azure_functions_runtime.bindings import meta as worker_meta

    if case in {"bad_name", "blob"}:
        pytest.skip("the host's rule, or a binding only the real host has")
    body = REFUSED[case][0] if case in REFUSED else ACCEPTED[case]
    scope: dict[str, Any] = {"__name__": "function_app"}
    path = tmp_path / "function_app.py"
    path.write_text(HEADER + body, encoding="utf-8")
    protos = SimpleNamespace(BindingInfo=SimpleNamespace(inout=2, out=1, undefined=None))

    def indexed() -> None:
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), scope)
        for function in scope["app"].get_functions():
            worker.Registry().add_indexed_function(function, protos)

    worker_meta.load_binding_registry()
    if case in ACCEPTED:
        indexed()
    else:
        with pytest.raises((worker.FunctionLoadError, ValueError, NameError)):
            indexed()
