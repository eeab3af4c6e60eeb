"""Every trigger, bindings only: the table of contents.

Handlers import what they need when they run, so that this module loads with no settings and almost no cost: a webhook
has three seconds for its answer, a cold start included, and an exception here would hide every function.
"""

import os
from collections.abc import Awaitable

import azure.functions as func

from provisioning.administrators import Right, takes_function_keys, with_right
from provisioning.errors import ProductError
from provisioning.http import Request, Response, response_for
from provisioning.log import quiet
from provisioning.services import Runtime

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
runtime = Runtime()
quiet()
# Easy Auth and an app role open the administration API. The host would refuse a token that comes without a key.
ADMINISTRATION = func.AuthLevel.FUNCTION if takes_function_keys() else func.AuthLevel.ANONYMOUS
if os.environ.get("HR_PROFILES_DIR"):  # only front has it
    from provisioning.webhooks.sources.profile_directory import log_faults

    log_faults()


def request_of(req: func.HttpRequest) -> Request:
    """The request without azure.functions in it."""
    headers = {name.lower(): value for name, value in req.headers.items()}
    return Request(
        headers=headers, body=req.get_body(), route=dict(req.route_params), method=req.method, query=dict(req.params)
    )


async def answered(work: Awaitable[Response]) -> func.HttpResponse:
    """The answer as the host wants it; our own errors become answers that say what is wrong."""
    try:
        answer = await work
    except ProductError as error:
        answer = response_for(error)
    # As a header: the library would add a second charset to what it takes for a media type.
    headers = {**answer.headers, "Content-Type": answer.media_type}
    return func.HttpResponse(answer.body, status_code=answer.status, headers=headers)


# --- front: faces the internet, holds no Graph permission


@app.function_name("page")
@app.route("/", methods=["GET"])
async def page(req: func.HttpRequest) -> func.HttpResponse:
    from landing.page import show_page

    return await answered(show_page(request_of(req), services=runtime.services()))


@app.function_name("start")
@app.route("start", methods=["GET"])
async def start(req: func.HttpRequest) -> func.HttpResponse:
    from landing.start import show_start

    return await answered(show_start(request_of(req), services=runtime.services()))


@app.function_name("me")
@app.route("me", methods=["GET"])
async def me(req: func.HttpRequest) -> func.HttpResponse:
    from landing.page import get_me

    return await answered(get_me(request_of(req), services=runtime.services()))


@app.function_name("board")
@app.route("board", methods=["GET", "POST"])
async def board(req: func.HttpRequest) -> func.HttpResponse:
    from landing.board.page import show_board

    return await answered(show_board(request_of(req), services=runtime.services()))


@app.function_name("pass_page")
@app.route("pass/{claim}", methods=["GET", "HEAD", "POST"])
async def pass_page(req: func.HttpRequest) -> func.HttpResponse:
    from landing.handover.page import show_pass_page

    return await answered(show_pass_page(request_of(req), services=runtime.services()))


@app.function_name("assets")
@app.route("assets/{name}", methods=["GET"])
async def assets(req: func.HttpRequest) -> func.HttpResponse:
    from landing.assets import serve

    return await answered(serve(request_of(req), services=runtime.services()))


@app.function_name("hires_webhook")
@app.route("api/hires/{source}", methods=["GET", "POST", "OPTIONS"])
async def hires_webhook(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.webhooks.webhook import receive

    return await answered(receive(request_of(req), services=runtime.services()))


# --- people: reads accounts, owns the enrollment group


@app.function_name("hires")
@app.queue_trigger("message", "hires", "AzureWebJobsStorage")
async def hires(message: func.QueueMessage) -> None:
    from provisioning.people.triggers import on_hire

    await on_hire(message.get_body().decode(), services=runtime.services(), message_id=message.id or "unknown")


@app.function_name("seen")
@app.queue_trigger("message", "seen", "AzureWebJobsStorage")
async def seen(message: func.QueueMessage) -> None:
    from provisioning.people.triggers import on_seen

    await on_seen(message.get_body().decode(), services=runtime.services(), message_id=message.id or "unknown")


@app.function_name("outgoing")
@app.queue_trigger("message", "outgoing", "AzureWebJobsStorage")
async def outgoing(message: func.QueueMessage) -> None:
    from provisioning.people.triggers import on_outgoing

    await on_outgoing(message.get_body().decode(), services=runtime.services(), message_id=message.id or "unknown")


@app.function_name("board_refresh")
@app.timer_trigger("timer", "%BOARD_SCHEDULE%")
async def board_refresh(timer: func.TimerRequest) -> None:
    from provisioning.people.triggers import on_board

    await on_board(services=runtime.services())


@app.function_name("messages")
@app.timer_trigger("timer", "%MESSAGES_SCHEDULE%")
async def messages(timer: func.TimerRequest) -> None:
    from provisioning.people.triggers import on_messages

    await on_messages(services=runtime.services())


@app.function_name("sweep")
@app.timer_trigger("timer", "%SWEEP_SCHEDULE%")
async def sweep(timer: func.TimerRequest) -> None:
    from provisioning.people.triggers import on_sweep

    await on_sweep(services=runtime.services())


# --- passes: makes Temporary Access Passes, answers no request
# (its timer tells an app that has nothing to do from one that does not run)


@app.function_name("passes")
@app.queue_trigger("message", "passes", "AzureWebJobsStorage")
async def passes(message: func.QueueMessage) -> None:
    from provisioning.passes.triggers import on_pass

    await on_pass(message.get_body().decode(), services=runtime.services(), message_id=message.id or "unknown")


@app.function_name("passes_cleanup")
@app.timer_trigger("timer", "%PASSES_CLEANUP_SCHEDULE%")
async def passes_cleanup(timer: func.TimerRequest) -> None:
    from provisioning.passes.triggers import on_cleanup

    await on_cleanup(services=runtime.services())


# --- tenant: writes the objects and the policy, normally idle


@app.function_name("tenant_request")
@app.route("api/tenant", methods=["POST"], auth_level=ADMINISTRATION)
async def tenant_request(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.tenant.api import accept

    request = request_of(req)
    return await answered(with_right(Right.MANAGE, request, lambda: accept(request, services=runtime.services())))


@app.function_name("operation")
@app.route("api/operations/{operation}", methods=["GET"], auth_level=ADMINISTRATION)
async def operation(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.tenant.api import status

    request = request_of(req)
    return await answered(with_right(Right.READ, request, lambda: status(request, services=runtime.services())))


@app.function_name("why")
@app.route("api/people/{person}", methods=["GET"], auth_level=ADMINISTRATION)
async def why(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.support.person_status import get_person_status

    request = request_of(req)
    return await answered(
        with_right(Right.READ, request, lambda: get_person_status(request, services=runtime.services()))
    )


@app.function_name("health")
@app.route("api/health", methods=["GET"], auth_level=ADMINISTRATION)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    from provisioning.support.health import get_health

    return await answered(with_right(Right.READ, request_of(req), lambda: get_health(services=runtime.services())))


@app.function_name("watch")
@app.timer_trigger("timer", "%WATCH_SCHEDULE%")
async def watch(timer: func.TimerRequest) -> None:
    from provisioning.tenant.watch import on_watch

    await on_watch(services=runtime.services())


@app.function_name("tenant")
@app.queue_trigger("message", "tenant", "AzureWebJobsStorage")
async def tenant(message: func.QueueMessage) -> None:
    from provisioning.tenant.triggers import on_operation

    await on_operation(message.get_body().decode(), services=runtime.services(), message_id=message.id or "unknown")
