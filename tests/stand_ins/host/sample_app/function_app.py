"""A small function app that shows each rule of the host: what it received is answered, or put on `sample-seen`."""

import asyncio
import json
import logging
import os

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
log = logging.getLogger("sample")


@app.route(route="echo/{word?}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    log.info("echo was called")
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route(route="keyed", methods=["GET"])
async def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("open")


@app.route(route="master", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def master(req: func.HttpRequest, context: func.Context) -> str:
    return context.function_name


@app.route(route="boom", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a reason that must not reach the caller")


@app.route(route="nothing", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def nothing(req: func.HttpRequest):  # type: ignore[no-untyped-def]
    return None


@app.route(route="cookies", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("", status_code=201)
    response.headers.add("Set-Cookie", "first=a+b; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "second=2")
    return response


@app.route(route="submit", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.queue_output(arg_name="work", queue_name="sample-work", connection="AzureWebJobsStorage")
async def submit(req: func.HttpRequest, work: func.Out[str]) -> func.HttpResponse:
    work.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@app.queue_trigger(arg_name="msg", queue_name="sample-work", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="seen", queue_name="sample-seen", connection="AzureWebJobsStorage")
async def worker(msg: func.QueueMessage, seen: func.Out[str]) -> None:
    text = msg.get_body().decode()
    if "fail" in text:
        raise RuntimeError("told to fail")
    await asyncio.sleep({"slow": 1.5, "long": 4.0, "longer": 7.0}.get(text, 0))
    report = {"text": text, "ident": msg.id, "count": msg.dequeue_count, "inserted": msg.insertion_time is not None}
    seen.set(f"seen {json.dumps(report)}")


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%", run_on_startup=False)
@app.queue_output(arg_name="seen", queue_name="sample-seen", connection="AzureWebJobsStorage")
async def tick(timer: func.TimerRequest, seen: func.Out[str]) -> None:
    seen.set(f"tick {timer.past_due}")


@app.route(route="environment", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def environment(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(" ".join(sorted(os.environ)))


@app.route(route="{ignored:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def root(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"root {'x-ms-client-principal' in req.headers}")
