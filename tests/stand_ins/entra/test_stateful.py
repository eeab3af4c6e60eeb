"""Random calls on a stand-in, and what must hold after each of them.

The number of runs is small by default; `TENANT_EXAMPLES=500` runs more.
"""

import asyncio
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from local.entra.app import create_app
from local.entra.clock import Clock
from local.entra.identity_platform.tokens import TokenService
from local.entra.seeding import new_tenant

from .support import NOW, ORIGIN, Tenant, binding, new_group, reference

NAMES = st.sampled_from(["alpha", "ALPHA", "beta"])
ROLES = (
    "User.Read.All",
    "User.DeleteRestore.All",
    "Group.ReadWrite.All",
    "Application.ReadWrite.All",
    "Application.Read.All",
)
EXAMPLES = int(os.environ.get("TENANT_EXAMPLES", "25"))
STEPS = 30


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Mirror:
    """What a reader of delta queries knows: objects by id and, for groups, their members."""

    def __init__(self, path: str) -> None:
        self.link = path
        self.objects: dict[str, dict[str, Any]] = {}
        self.members: dict[str, set[str]] = {}

    def apply(self, item: dict[str, Any]) -> None:
        object_id = item["id"]
        if "@removed" in item:
            self.objects.pop(object_id, None)
            self.members.pop(object_id, None)
            return
        known = self.objects.setdefault(object_id, {})
        known.update({name: value for name, value in item.items() if name != "members@delta"})
        members = self.members.setdefault(object_id, set())
        for link in item.get("members@delta", ()):
            if "@removed" in link:
                members.discard(link["id"])
            else:
                members.add(link["id"])


class TenantMachine(RuleBasedStateMachine):
    """Calls as clients make them, over HTTP in-process."""

    people: Bundle[str] = Bundle("people")
    groups: Bundle[str] = Bundle("groups")
    apps: Bundle[str] = Bundle("apps")
    binned: Bundle[str] = Bundle("binned")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        state = new_tenant(users=4, seed=11, clock=Clock(lambda: NOW))
        state.settings = state.settings.changed(
            {"throttleDirectory": 0, "throttleWrites": 0, "deltaPageSize": 3, "deltaEmptyPages": 1}
        )
        tokens = TokenService(state, key=key())
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(state, tokens=tokens)), base_url=ORIGIN)
        self.tenant = Tenant(state, tokens, http)
        self.caller = self.tenant.with_roles(*ROLES)
        self.mirrors = {
            "users": Mirror("/users/delta?$select=id,displayName,jobTitle"),
            "groups": Mirror("/groups/delta?$select=id,displayName,description,members"),
        }
        self.gone: set[str] = set()

    def teardown(self) -> None:
        self.loop.run_until_complete(self.tenant.http.aclose())
        self.loop.close()

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        response = self.loop.run_until_complete(self.caller.send(method, path, body))
        assert response.status_code < 500, response.text
        return response

    def control(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.loop.run_until_complete(self.tenant.http.request(method, f"/_local{path}", json=body))

    @initialize(target=people)
    def seeded(self) -> Any:
        return multiple(*(user["id"] for user in self.tenant.state.users))

    @rule(target=people)
    def new_person(self) -> str:
        return str(self.control("POST", "/users", [{}]).json()["ids"][0])

    @rule(person=people, title=st.sampled_from(["Chief", "Clerk", None]))
    def change_person(self, person: str, title: str | None) -> None:
        self.control("PATCH", f"/users/{person}", {"jobTitle": title})

    @rule(target=groups, name=st.none() | NAMES, members=st.lists(people, max_size=3))
    def new_group(self, name: str | None, members: list[str]) -> Any:
        body = new_group(**({"uniqueName": name} if name else {}), **binding(*members))
        response = self.call("POST", "/groups", body)
        assert response.status_code in (201, 400, 404)
        return response.json()["id"] if response.status_code == 201 else multiple()

    @rule(group=groups, text=st.sampled_from(["one", "two", None]))
    def change_group(self, group: str, text: str | None) -> None:
        self.call("PATCH", f"/groups/{group}", {"description": text})

    @rule(group=groups, member=people | groups)
    def add_member(self, group: str, member: str) -> None:
        before = self.tenant.state.members.get(group)
        known = before is not None and member in before
        response = self.call("POST", f"/groups/{group}/members/$ref", reference(member))
        if before is not None and not known and member != group and self.exists(member):
            assert response.status_code == 204
        else:
            assert response.status_code in (400, 404)

    @rule(group=groups, members=st.lists(people, min_size=1, max_size=3))
    def add_members(self, group: str, members: list[str]) -> None:
        before = dict(self.tenant.state.members.get(group, {}))
        if self.call("PATCH", f"/groups/{group}", binding(*members)).status_code >= 400:
            assert self.tenant.state.members.get(group, {}) == before, "all or nothing"

    @rule(group=groups, place=st.integers(0, 3), stranger=people)
    def remove_member(self, group: str, place: int, stranger: str) -> None:
        members = list(self.tenant.state.members.get(group, ()))
        member = members[place] if place < len(members) else stranger
        there = member in members
        response = self.call("DELETE", f"/groups/{group}/members/{member}/$ref")
        assert (response.status_code == 204) == there

    @rule(target=apps, name=st.none() | NAMES)
    def new_application(self, name: str | None) -> Any:
        body = {"displayName": "App", **({"uniqueName": name} if name else {})}
        response = self.call("POST", "/applications", body)
        if response.status_code != 201:
            return multiple()
        self.call("POST", "/servicePrincipals", {"appId": response.json()["appId"]})
        return response.json()["id"]

    @rule(target=binned, person=people)
    def delete_person(self, person: str) -> Any:
        return person if self.control("DELETE", f"/users/{person}").status_code == 204 else multiple()

    @rule(target=binned, group=groups)
    def delete_group(self, group: str) -> Any:
        return group if self.call("DELETE", f"/groups/{group}").status_code == 204 else multiple()

    @rule(target=binned, app=apps)
    def delete_application(self, app: str) -> Any:
        return app if self.call("DELETE", f"/applications/{app}").status_code == 204 else multiple()

    @rule(item=binned)
    def restore(self, item: str) -> None:
        response = self.call("POST", f"/directory/deletedItems/{item}/restore", {})
        if response.status_code == 200:
            assert self.exists(item)
        else:
            assert (response.status_code, item in self.tenant.state.deleted) == (404, False)

    @rule(item=consumes(binned))
    def delete_for_good(self, item: str) -> None:
        if self.call("DELETE", f"/directory/deletedItems/{item}").status_code == 204:
            self.gone.add(item)

    @rule(days=st.sampled_from([1, 6]))
    def time_passes(self, days: int) -> None:
        for kind in self.mirrors:
            self.read_delta(kind)
        self.tenant.state.clock.advance(days * 86_400)

    @rule(kind=st.sampled_from(["users", "groups"]))
    def read_delta(self, kind: str) -> None:
        """The difference applied to what was read before is what a full read says."""
        mirror = self.mirrors[kind]
        for item in self.pages(mirror):
            mirror.apply(item)
        rows = self.call("GET", f"/{kind}?$top=999&$select=id,displayName").json()["value"]
        assert {row["id"] for row in rows} == set(mirror.objects)
        assert all(mirror.objects[row["id"]]["displayName"] == row["displayName"] for row in rows)
        if kind == "groups":
            for row in rows:
                assert self.members(row["id"]) == {item for item in mirror.members[row["id"]] if self.exists(item)}

    def pages(self, mirror: Mirror) -> Iterable[dict[str, Any]]:
        while True:
            response = self.call("GET", mirror.link)
            assert response.status_code == 200, response.text
            body = response.json()
            yield from body["value"]
            if "@odata.deltaLink" in body:
                mirror.link = body["@odata.deltaLink"]
                return
            mirror.link = body["@odata.nextLink"]

    def members(self, group: str) -> set[str]:
        items = self.call("GET", f"/groups/{group}/members?$top=999&$select=id").json()["value"]
        return {item["id"] for item in items}

    def exists(self, object_id: str) -> bool:
        return any(object_id in objects for objects in self.tenant.state.by_type.values())

    @invariant()
    def unique_names_are_unique(self) -> None:
        state = self.tenant.state
        for kind, objects in (("group", state.groups), ("application", state.applications)):
            binned = [item.entity for item in state.deleted.values() if item.kind == kind]
            names = [str(item["uniqueName"]).lower() for item in [*objects, *binned] if item.get("uniqueName")]
            assert len(names) == len(set(names))

    @invariant()
    def links_lead_somewhere(self) -> None:
        state = self.tenant.state
        assert set(state.members) == set(state.groups.objects)
        for members in state.members.values():
            assert all(self.exists(member) for member in members)
        for assignment in state.assignments.values():
            assert self.exists(assignment["principalId"])
            assert self.exists(assignment["resourceId"])

    @invariant()
    def deleted_things_are_gone_or_in_the_bin(self) -> None:
        state = self.tenant.state
        assert not any(self.exists(object_id) for object_id in state.deleted)
        assert not any(self.exists(object_id) or object_id in state.deleted for object_id in self.gone)


TestTenant = TenantMachine.TestCase
TestTenant.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    suppress_health_check=[HealthCheck.data_too_large],
)
