"""Every route of the stand-in's Graph, resource by resource."""

from collections.abc import Iterable

from local.tenant import (
    application_parts,
    applications,
    authentication,
    authentication_methods_policy,
    authentication_strengths,
    conditional_access,
    deleted_items,
    delta,
    directory_objects,
    directory_roles,
    federated_credentials,
    groups,
    mail,
    memberships,
    named_locations,
    organization,
    policies,
    policy_recycle_bin,
    registration_report,
    role_assignments,
    role_management,
    service_principals,
    user_memberships,
    users,
    what_if,
)
from local.tenant.routing import Route


def all_routes() -> Iterable[Route]:
    """The routes of every resource."""
    for module in (
        users,
        groups,
        delta,
        mail,
        memberships,
        applications,
        application_parts,
        federated_credentials,
        service_principals,
        role_assignments,
        conditional_access,
        authentication,
        role_management,
        policies,
        organization,
        directory_objects,
        deleted_items,
        what_if,
        named_locations,
        policy_recycle_bin,
        authentication_strengths,
        authentication_methods_policy,
        registration_report,
        directory_roles,
        user_memberships,
    ):
        yield from module.ROUTES
