"""The way of every Graph call: fault, token, route, permission, handler, log. A `$batch` item goes the same way."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from local.entra.conditional_access.policy import routes as policy_routes
from local.entra.control.request_log import LoggedRequest
from local.entra.directory import mail
from local.entra.directory.beta import answer_beta
from local.entra.directory.expansion import answer_expanded
from local.entra.identity_platform.tokens import TokenService
from local.entra.limits.faults import Fault
from local.entra.limits.permissions import require
from local.entra.limits.role_grants import allowed_by_role
from local.entra.limits.storm import fault_of
from local.entra.limits.throttling import charge
from local.entra.protocol.batch import MOST_ITEMS, parse_batch, run_batch
from local.entra.protocol.errors import ConnectionDropped, GraphError, not_implemented
from local.entra.protocol.permission_rule import rule_for
from local.entra.protocol.query import parse_options, refuse_unapplied
from local.entra.protocol.representation import represented
from local.entra.protocol.routing import BETA, V1, Call, Caller, GraphRequest, Match, Reply, Router
from local.entra.routes import all_routes
from local.entra.state import TenantState
from local.identities import TENANT_DOMAIN

BATCH = "/$batch"
MY_ORGANIZATION = "myorganization"
OF_MYSELF = {"User.Read": "User.Read.All", "User.ReadWrite": "User.ReadWrite.All"}
"""Scopes of one's own data, and what they amount to for a call about oneself."""


@cache
def known_routes() -> Router:
    """Return the router, which is the same for every tenant."""
    return Router(all_routes())


@dataclass
class Graph:
    """Answers Graph calls on a state."""

    state: TenantState
    tokens: TokenService
    router: Router = field(default_factory=known_routes)

    async def handle(self, request: GraphRequest) -> Reply:
        """The answer to one call, errors included, with Graph's headers.

        Raises:
            ConnectionDropped: a fault asks for no answer at all.
        """
        request = self.addressed(request)
        target = f"/{request.version}{request.path}" + (f"?{request.query}" if request.query else "")
        fault = fault_of(self.state.faults, self.state.storm, method=request.method, path=target)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.drop == "before":
            raise ConnectionDropped
        trace = Trace(request_id=str(uuid.uuid4()), request=request)
        answered = fault is not None and fault.status is not None and fault.drop is None
        if fault is not None and answered and not fault.takes_effect:
            reply = faulty_reply(fault)
        else:
            reply = represented(await self.answer(request, trace), request)
        if fault is not None and answered and fault.takes_effect:
            reply = faulty_reply(fault)
        self.log(trace, reply)
        if fault is not None and fault.drop == "after":
            raise ConnectionDropped
        return replace(reply, headers={**trace.headers(), **reply.headers})

    def addressed(self, request: GraphRequest) -> GraphRequest:
        """The call without `/myorganization` or the tenant's id or domain, with which a path may begin.

        Seen in pnp/cli-microsoft365 (`entra app set`), IntuneCD and many scripts.
        """
        first, slash, rest = request.path.lstrip("/").partition("/")
        named = first.lower() in (MY_ORGANIZATION, self.state.tenant_id, TENANT_DOMAIN)
        return replace(request, path=f"/{rest}") if named and slash else request

    async def answer(self, request: GraphRequest, trace: "Trace") -> Reply:
        try:
            caller = self.tokens.caller(request.headers.get("authorization"), origin=request.origin)
            trace.caller = caller
            if request.path == BATCH and request.method == "POST":
                trace.template = BATCH
                return await self.batch(request)
            return self.dispatch(request, caller, trace)
        except GraphError as error:
            body = error.envelope(
                date=self.state.clock.text().rstrip("Z"),
                request_id=trace.request_id,
                client_request_id=trace.client_request_id,
            )
            return Reply(status=error.status, body=body, headers=error.headers)

    def dispatch(self, request: GraphRequest, caller: Caller, trace: "Trace") -> Reply:
        """Route, permission, handler."""
        if request.path.lstrip("/").partition("/")[0].lower() == "me":
            request, caller = as_myself(request, caller)
        match = self.router.match(request.path)
        if match is None or request.method not in match.handlers:
            raise self.router.refuse(request.method, request.path)
        trace.template = match.template
        json = parse_json(request)
        trace.limits = charge(
            self.state,
            caller,
            request,
            template=match.template,
            query=dict(parse_qsl(request.query)),
            json=json,
        )
        self.state.read_as(caller.object_id)
        try:
            return self.carry_out(request, caller, match, json)
        finally:
            self.state.read_as(None)

    def carry_out(self, request: GraphRequest, caller: Caller, match: Match, json: Any) -> Reply:
        """Permission and handler, reading the replica that was chosen for the call."""
        name, object_id = rule_for(self.state, request.method, match, json)
        by_other_means = mail.in_exchange_scope(self.state, caller, name, match.keys) or allowed_by_role(
            self.state, caller, name, match.keys
        )
        if not by_other_means:
            require(self.state, caller, name, object_id=object_id)
        call = Call(
            state=self.state,
            caller=caller,
            request=request,
            template=match.template,
            keys=match.keys,
            options=parse_options(
                request.query, headers=request.headers, skippable=match.template == policy_routes.PATH
            ),
            json=json,
        )
        if "$deltatoken" in call.options.values and not match.template.endswith("/delta"):
            raise not_implemented(f"the query option $deltatoken at {match.template}")
        handler = match.handlers[request.method]
        reply = answer_beta(call, handler) if request.version == BETA else answer_expanded(call, handler)
        if isinstance(reply.body, dict) and isinstance(reply.body.get("value"), list):
            refuse_unapplied(call.options, template=match.template)
        return reply

    async def batch(self, request: GraphRequest) -> Reply:
        if request.batched:
            raise GraphError(400, "BadRequest", "A batch cannot contain another batch.")
        items = parse_batch(parse_json(request), outer=request, limit=MOST_ITEMS)
        return Reply(body={"responses": await run_batch(items, handle=self.handle)})

    def log(self, trace: "Trace", reply: Reply) -> None:
        version = "" if trace.request.version == V1 else f"/{trace.request.version}"
        self.state.requests.add(
            LoggedRequest(
                time=self.state.clock.text(),
                method=trace.request.method,
                template=version + (trace.template or trace.request.path),
                path=version + trace.request.path + (f"?{trace.request.query}" if trace.request.query else ""),
                status=reply.status,
                client=trace.caller.app_id if trace.caller else None,
                batched=trace.request.batched,
            )
        )


def as_myself(request: GraphRequest, caller: Caller) -> tuple[GraphRequest, Caller]:
    """A call of `/me` as one of the signed-in person; there the scope User.Read is enough.

    Raises:
        GraphError: 400, no person is signed in.
    """
    if not caller.delegated:
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    rest = request.path.lstrip("/").partition("/")[2]
    wider = {wide for narrow, wide in OF_MYSELF.items() if narrow in caller.roles}
    path = f"/users/{caller.object_id}" + (f"/{rest}" if rest else "")
    return replace(request, path=path), replace(caller, roles=caller.roles | wider)


@dataclass
class Trace:
    """What is found out about a call on its way, for its headers and the log."""

    request_id: str
    request: GraphRequest
    template: str | None = None
    caller: Caller | None = None
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def client_request_id(self) -> str:
        return self.request.headers.get("client-request-id", self.request_id)

    def headers(self) -> dict[str, str]:
        return {"request-id": self.request_id, "client-request-id": self.client_request_id, **self.limits}


def faulty_reply(fault: Fault) -> Reply:
    body = fault.body
    if body is None:
        body = {"error": {"code": "InjectedFault", "message": f"Fault {fault.id} of the stand-in tenant."}}
    return Reply(status=fault.status or 500, body=body, headers=fault.headers)


def parse_json(request: GraphRequest) -> Any:
    """The JSON body, or None when there is none or it is not said to be JSON."""
    kind = request.headers.get("content-type", "application/json")
    if not request.body or "json" not in kind:
        return None
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise GraphError(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format.",
        ) from error
