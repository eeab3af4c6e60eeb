"""Every route of the stand-in's Graph, resource by resource."""

from collections.abc import Iterable

from local.entra.applications import (
    application_parts,
    applications,
    counts,
    credentials,
    federated_credentials,
    oauth2_grants,
    property_segments,
    role_assignments,
    service_principal_owners,
    service_principals,
)
from local.entra.authentication import (
    methods as authentication,
)
from local.entra.authentication import (
    methods_policy as authentication_methods_policy,
)
from local.entra.authentication import (
    registration_report,
)
from local.entra.authentication import (
    strengths as authentication_strengths,
)
from local.entra.conditional_access import (
    named_locations,
    policy_recycle_bin,
    what_if,
)
from local.entra.conditional_access import (
    policies as conditional_access,
)
from local.entra.conditional_access import (
    security_defaults as policies,
)
from local.entra.directory import (
    administrative_units,
    deleted_items,
    directory_objects,
    directory_roles,
    domains,
    group_eligibility,
    groups,
    mail,
    member_of,
    memberships,
    organization,
    owned_objects,
    role_definitions,
    role_eligibility,
    role_management,
    user_writes,
    users,
)
from local.entra.protocol import delta
from local.entra.protocol.routing import Route


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
        role_eligibility,
        group_eligibility,
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
        member_of,
        user_writes,
        domains,
        administrative_units,
        role_definitions,
        credentials,
        oauth2_grants,
        property_segments,
        counts,
        owned_objects,
        service_principal_owners,
    ):
        yield from module.ROUTES
