"""The permission table: complete, and decisive."""

import pytest

from local.entra.limits.app_roles import APP_ROLES
from local.entra.limits.permissions import RULES, require
from local.entra.protocol.routing import Caller
from local.entra.routes import all_routes
from local.identities import MANAGED_IDENTITIES

from .support import Tenant

DECIDED_BY_KIND = ("/directory/deletedItems/{object}", "/directory/deletedItems/{object}/restore")


def test_every_route_has_a_rule() -> None:
    wanted = set()
    for route in all_routes():
        name = f"{route.method} {route.template}"
        if route.method != "GET" and route.template in DECIDED_BY_KIND:
            wanted |= {f"{name}#{kind}" for kind in ("application", "servicePrincipal", "group", "user")}
        else:
            wanted.add(name)
    assert wanted | {"PATCH /groups/{group}#members"} == set(RULES)


def test_rules_name_only_permissions_that_exist() -> None:
    named = {role for rule in RULES.values() for roles in (*rule.any_of, *rule.owned) for role in roles}
    assert named <= set(APP_ROLES)
    assert {role for identity in MANAGED_IDENTITIES for role in identity.roles} <= set(APP_ROLES)


@pytest.mark.parametrize("name", sorted(RULES))
def test_nobody_gets_in_without_a_permission(tenant: Tenant, name: str) -> None:
    caller = Caller(app_id="a", object_id="o", roles=frozenset())
    with pytest.raises(Exception, match="403"):
        require(tenant.state, caller, name, object_id="x")
    for roles in RULES[name].any_of:
        require(tenant.state, Caller("a", "o", roles), name, object_id="x")
    tenant.state.add_owner("x", "o")
    for roles in RULES[name].owned:
        require(tenant.state, Caller("a", "o", roles), name, object_id="x")
