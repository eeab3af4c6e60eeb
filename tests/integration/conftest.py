"""The product in this process: its own code and real Azurite, with the stand-in tenant called without a network."""

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient
from cryptography.hazmat.primitives.asymmetric import rsa

from local import identities
from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant
from local.entra.state import TenantState
from provisioning.graph import bulk_members
from provisioning.graph.client import Graph
from provisioning.model.hires import HireEvent, HireEventType
from provisioning.model.ledger import EnrollmentState
from provisioning.model.messages import HireMessage, SeenMessage, TenantMessage
from provisioning.model.newcomer_messages import MessageKind
from provisioning.model.operation import Mode, Operation, OperationState
from provisioning.model.plan import Plan
from provisioning.passes.triggers import on_pass
from provisioning.people.triggers import on_hire, on_outgoing, on_seen, on_sweep
from provisioning.services import Services
from provisioning.store.lease import Lease
from provisioning.store.ledger import Ledger
from provisioning.store.operations import Operations
from provisioning.store.queues import send
from provisioning.store.storage import QUEUES, Storage
from provisioning.store.tables import write_row
from provisioning.store.tenant_objects import TenantObjectStore
from provisioning.tenant.triggers import on_operation
from tests.integration.in_process import InProcess, ManagedIdentity
from tests.integration.prepared import Prepared, prepare
from tests.support import ENDPOINT, FrozenClock, Sleeps, graph_over

if TYPE_CHECKING:
    from tests.integration.post import Post

LANDING_URL = "https://enroll.example.com"
# How long, in seconds, the product waits before it answers without what it asked for.
LIMITS = (
    "landing.remote_logo.PATIENCE",
    "landing.visits.STORAGE_SECONDS",
    "provisioning.webhooks.delivery_notes.SECONDS",
    "provisioning.webhooks.outbox.SECONDS",
)
SMALL_WRITE = 2  # people in a write to the group where a test asks for it, so that few take several; Graph takes 20
PAGE = 32  # messages in one answer of a queue at most
OLD = "2020-01-01T00:00:00Z"  # of accounts that are no new hires


@dataclass
class World:
    """A tenant, a storage account, and the product between them."""

    tenant: TenantState
    control: httpx.AsyncClient
    services: Services
    clock: FrozenClock
    tenant_id: str
    sleeps: Sleeps
    used_queues: set[str]

    @property
    def graph(self) -> Graph:
        """Graph as the people identity."""
        return self.services.graphs[identities.PEOPLE.client_id]

    @property
    def people(self) -> Ledger:
        return Ledger(self.services.storage, tenant_id=self.tenant_id)

    @property
    def state(self) -> TenantObjectStore:
        return TenantObjectStore(self.services.storage, tenant_id=self.tenant_id)

    async def add_user(self, **fields: Any) -> str:
        """Make an account that was created now, unless told otherwise; returns its object id."""
        created = self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        user = {"accountEnabled": True, "userType": "Member", "createdDateTime": created, **fields}
        user.setdefault("userPrincipalName", f"{uuid4().hex[:12]}@example.com")
        answer = await self.control.post("/_local/users", json=[user])
        assert answer.status_code < 300, answer.text
        (object_id,) = answer.json()["ids"]
        return str(object_id)

    async def add_users(self, count: int) -> list[str]:
        """Make accounts without an employee id; returns their object ids."""
        answer = await self.control.post("/_local/users", json=[{"displayName": f"New {n:05}"} for n in range(count)])
        return list(answer.json()["ids"])

    async def state_of(self, object_id: str) -> EnrollmentState | None:
        """A person's state in the ledger; None if it does not know them."""
        person = await self.people.person(object_id)
        return person.state if person else None

    async def fault(self, **fields: Any) -> None:
        answer = await self.control.post("/_local/faults", json=fields)
        assert answer.status_code < 300, answer.text

    async def requests(self, method: str = "") -> list[str]:
        """What Graph was asked since the log was cleared, as "METHOD template".

        A batch is left out, since its items stand beside it, and so is a read that has to be a POST.
        """
        answer = await self.control.get("/_local/requests")
        entries = [entry for entry in answer.json() if not entry["path"].startswith("/msi/")]
        lines = [f"{entry['method']} {entry['template']}" for entry in entries if entry["method"].startswith(method)]
        return [line for line in lines if line not in ("POST /$batch", "POST /directoryObjects/getByIds")]

    async def round_trips(self) -> int:
        """How many requests went to Graph since the log was cleared; the items of a batch went in one."""
        answer = await self.control.get("/_local/requests")
        return sum(not entry["path"].startswith("/msi/") and not entry["batched"] for entry in answer.json())

    async def forget_requests(self) -> None:
        await self.control.delete("/_local/requests")

    def members(self) -> set[str]:
        """Object ids in the enrollment group."""
        (group,) = [item for item in self.tenant.groups if item["displayName"] == "MFA Pre-Enrollment"]
        return set(self.tenant.members[group["id"]])

    async def send_hire(self, employee_id: str, *, start: date | None = None, **changes: Any) -> None:
        """Put an HR event on the queue, as the webhook does."""
        values: dict[str, Any] = {
            "source": "standard-webhooks",
            "event_id": uuid4().hex,
            "kind": HireEventType.HIRE,
            **changes,
        }
        values.setdefault("occurred_at", self.clock())
        event = HireEvent(employee_id=employee_id, start_date=start, **values)
        message = HireMessage.of(event, tenant_id=UUID(self.tenant_id))
        await send(self.services.storage, "hires", message)

    async def send_seen(self, object_id: str) -> None:
        message = SeenMessage.model_validate({"tenant_id": self.tenant_id, "object_id": object_id})
        await send(self.services.storage, "seen", message)

    async def work(self) -> None:
        """Let the product work on every message that is visible now. A message it raises on stays, as at the host."""
        handlers: dict[str, Callable[..., Awaitable[None]]] = {
            "hires": on_hire,
            "seen": on_seen,
            "outgoing": on_outgoing,
            "passes": on_pass,
            "tenant": on_operation,
        }
        for name, handler in handlers.items():
            if name not in self.used_queues:
                continue  # nothing was put into it
            queue = self.services.storage.queue(name)
            for message in await visible_messages(queue):
                await handler(message.content, services=self.services)
                await queue.delete_message(message)

    async def waiting_messages(self, queue_name: str) -> int:
        """How many messages a queue holds, visible or put off."""
        properties = await self.services.storage.queue(queue_name).get_queue_properties()
        return int(properties.approximate_message_count or 0)

    async def sweep(self) -> dict[str, Any]:
        await on_sweep(services=self.services)
        return await self.people.last_sweep() or {}

    async def operate(self, mode: Mode = Mode.APPLY, *, of: Mode = Mode.APPLY, plan_id: str | None = None) -> Operation:
        """Run an operation once, as its message does; returns how it stands afterwards."""
        operation = await self.operations.begin(
            mode, operation_id=str(uuid4()), now=self.clock(), planned_mode=of, plan_id=plan_id
        )
        return await self.resume(operation.operation_id)

    async def settle(self, operation: Operation, *, every: float = 30) -> Operation:
        """Run an operation again, as often as it asks for, while the clock goes on; returns how it ended."""
        for _ in range(200):
            if operation.state.final:
                return operation
            self.clock.advance(seconds=every)
            operation = await self.resume(operation.operation_id)
        raise AssertionError(f"The operation never ended: {operation.as_json()}")

    async def plan(self, of: Mode = Mode.APPLY) -> Plan:
        """What an operation would do."""
        operation = await self.operate(Mode.PLAN, of=of)
        assert operation.plan is not None, operation.as_json()
        return operation.plan

    async def resume(self, operation_id: str) -> Operation:
        body = TenantMessage.model_validate({"tenant_id": self.tenant_id, "operation_id": operation_id})
        await on_operation(body.model_dump_json(), services=self.services)
        operation = await self.operations.read(operation_id)
        assert operation is not None
        return operation

    @property
    def operations(self) -> Operations:
        return Operations(self.services.storage, tenant_id=self.tenant_id)


async def visible_messages(queue: QueueClient) -> list[QueueMessage]:
    """Take every message that is visible now; no request asks for more after one that brought fewer than it could."""
    found: list[QueueMessage] = []
    async for page in queue.receive_messages(messages_per_page=PAGE, visibility_timeout=600).by_page():
        messages = [message async for message in page]
        found += messages
        if len(messages) < PAGE:
            break
    return found


@pytest.fixture(scope="session")
def prepared() -> dict[str, Prepared]:
    """What the first test made of its tenant that asked for one, by the name of the fixture that sets it up."""
    return {}


@pytest.fixture(scope="module")
def used_queues() -> Iterator[set[str]]:
    """Names of the queues in which something may lie: at first all of them, then those that a test asked for."""
    names = {queue for name in QUEUES for queue in (name, f"{name}-poison")}

    def queue(storage: Storage, name: str) -> QueueClient:
        names.add(name)
        return storage.queue_service.get_queue_client(name)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Storage, "queue", queue)
        yield names


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be given up because the machine is busy; a test of a limit sets its own."""
    for limit in LIMITS:
        monkeypatch.setattr(limit, 60.0)


@pytest.fixture
async def world(
    azurite: str,
    signing_key: rsa.RSAPrivateKey,
    used_queues: set[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    prepared: dict[str, Prepared],
) -> AsyncIterator[World]:
    """An empty tenant that has not been set up, unless the test asks for `ready` or a fixture like it, too."""
    tenant_id = str(uuid4())  # a partition of its own, so that tests share one Azurite
    for name, value in {
        "TENANT_ID": tenant_id,
        "AzureWebJobsStorage": azurite,
        "PEOPLE_CLIENT_ID": identities.PEOPLE.client_id,
        "TENANT_CLIENT_ID": identities.TENANT.client_id,
        "PASSES_CLIENT_ID": identities.PASSES.client_id,
        "PEOPLE_PRINCIPAL_ID": identities.PEOPLE.principal_id,
        "LANDING_URL": LANDING_URL,
        "BREAK_GLASS_USER_IDS": identities.BREAK_GLASS_USER_ID,
        "ACKNOWLEDGE_UNPROTECTED_REGISTRATION": "true",  # what guards registration has tests of its own
    }.items():
        monkeypatch.setenv(name, value)
    clock = FrozenClock(datetime.now(UTC).replace(microsecond=0))
    sleeps = Sleeps(clock=clock)
    copied = next((prepared[name] for name in request.fixturenames if name in prepared), None)
    tenant = new_tenant(seed=2 if copied else 1, clock=Clock(clock))
    if copied is not None:
        copied.tenant.give_to(tenant)
    app = create_app(tenant, tokens=TokenService(tenant, key=signing_key))
    transport = InProcess(app)
    services = Services(now=clock, sleep=sleeps)
    async with httpx.AsyncClient(transport=transport, base_url=ENDPOINT) as control:
        for identity in identities.MANAGED_IDENTITIES:
            credential = ManagedIdentity(control, tenant, identity.client_id)
            graph = graph_over(InProcess(app), credential=credential, sleeps=sleeps, now=clock)
            services.graphs[identity.client_id] = graph
        queues = services.storage.queue_service  # opened now, since a test may change the settings
        while used_queues:
            await queues.get_queue_client(used_queues.pop()).clear_messages()
        yield World(tenant, control, services, clock, tenant_id, sleeps, used_queues)
        await services.close()


@contextlib.asynccontextmanager
async def services_at(port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Services whose storage account is at a port of this machine."""
    address = f"http://127.0.0.1:{port}/devstoreaccount1"
    monkeypatch.setenv(
        "AzureWebJobsStorage",
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=YQ==;"
        f"QueueEndpoint={address};TableEndpoint={address};",
    )
    services = Services()
    yield services
    await services.close()


@pytest.fixture
async def away(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Services whose storage account cannot be reached."""
    async with services_at(9, monkeypatch) as services:
        yield services


@pytest.fixture
async def hanging(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Services whose storage account takes connections and never answers: a backlog that nobody reads."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        async with services_at(server.getsockname()[1], monkeypatch) as services:
            yield services


@pytest.fixture
def dead_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that died gives no lease back: its row stays until its time, here none, is over."""

    async def leave(self: Lease) -> None:
        await write_row(self.table, {**self.entity, "seconds": 0.0}, etag=self.etag)

    monkeypatch.setattr(Lease, "release", leave)


@pytest.fixture
def small_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few people need several writes to the group, as many do in life."""
    monkeypatch.setattr(bulk_members, "FEW", SMALL_WRITE)
    monkeypatch.setattr(bulk_members, "LINKS_PER_PATCH", SMALL_WRITE)


@pytest.fixture
async def ready(world: World, prepared: dict[str, Prepared]) -> World:
    """A tenant that has been set up."""
    await set_up(world, "ready", prepared, modes=[Mode.APPLY])
    await world.forget_requests()
    return world


async def set_up(world: World, name: str, prepared: dict[str, Prepared], *, modes: Sequence[Mode]) -> None:
    """Set the first tenant up by operations; the world gave the others the objects of it, and they get its rows."""
    storage = world.services.storage
    if name in prepared:
        await prepared[name].copy_rows(storage, tenant_id=world.tenant_id)
        return
    for mode in modes:
        operation = await world.operate(mode)
        assert operation.state is OperationState.SUCCEEDED, operation.as_json()
    prepared[name] = await prepare(world.tenant, storage, tenant_id=world.tenant_id)


@pytest.fixture
async def post(ready: World, monkeypatch: pytest.MonkeyPatch) -> "Post":
    """A tenant that is set up, on a Monday morning, with every kind of message on."""
    from tests.integration.post import MONDAY, SENDER, Post

    ready.clock.moment = MONDAY
    mailbox = await ready.add_user(displayName="Enrollment", userPrincipalName=SENDER, createdDateTime=OLD)
    for name, value in {
        "MESSAGES": ",".join(MessageKind),
        "MESSAGES_CHANNEL": "exchange",
        "MESSAGES_SENDER": SENDER,
        "ORGANIZATION_NAME": "Contoso",
        "HELPDESK_ADDRESS": "helpdesk@example.com",
        "HELP_CONTACT": "+1 555 0100",
    }.items():
        monkeypatch.setenv(name, value)
    settings = {"mailRbacClient": identities.PEOPLE.client_id, "mailRbacMailbox": mailbox}
    answer = await ready.control.patch("/_local/settings", json=settings)
    assert answer.status_code == 200, answer.text
    return Post(ready, mailbox)


@pytest.fixture
async def stopped(ready: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A tenant in which a sweep wanted to invite three people and may invite two."""
    monkeypatch.setenv("SWEEP_MAX_CHANGES", "2")
    for number in range(3):
        await ready.add_user(employeeId=str(number))
    assert (await ready.sweep())["outcome"] == "limit_exceeded"
    return ready
