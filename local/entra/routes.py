"""Every route of the stand-in's Graph, resource by resource."""

from collections.abc import Iterable

from local.entra.applications import (
    counts,
    credentials,
    federated_credentials,
    oauth2_grants,
    property_segments,
    role_assignments,
)
from local.entra.applications.application import links as application_links
from local.entra.applications.application import routes as application_routes
from local.entra.applications.service_principal import links as service_principal_links
from local.entra.applications.service_principal import routes as service_principal_routes
from local.entra.authentication import registration_report, strengths
from local.entra.authentication.method import routes as method_routes
from local.entra.authentication.methods_policy import routes as methods_policy_routes
from local.entra.conditional_access import named_locations, security_defaults, what_if
from local.entra.conditional_access.policy import recycle_bin as policy_recycle_bin
from local.entra.conditional_access.policy import routes as policy_routes
from local.entra.directory import administrative_units, domains, mail, member_of, organization, owned_objects
from local.entra.directory.deleted_item import routes as deleted_item_routes
from local.entra.directory.directory_object import routes as directory_object_routes
from local.entra.directory.directory_role import assignments as directory_role_assignments
from local.entra.directory.directory_role import definitions as directory_role_definitions
from local.entra.directory.directory_role import eligibility as directory_role_eligibility
from local.entra.directory.directory_role import routes as directory_role_routes
from local.entra.directory.group import eligibility as group_eligibility
from local.entra.directory.group import links as group_links
from local.entra.directory.group import routes as group_routes
from local.entra.directory.user import routes as user_routes
from local.entra.directory.user import writes as user_writes
from local.entra.protocol import delta
from local.entra.protocol.routing import Route


def all_routes() -> Iterable[Route]:
    """The routes of every resource."""
    for module in (
        user_routes,
        group_routes,
        delta,
        mail,
        group_links,
        application_routes,
        application_links,
        federated_credentials,
        service_principal_routes,
        role_assignments,
        policy_routes,
        method_routes,
        directory_role_assignments,
        directory_role_eligibility,
        group_eligibility,
        security_defaults,
        organization,
        directory_object_routes,
        deleted_item_routes,
        what_if,
        named_locations,
        policy_recycle_bin,
        strengths,
        methods_policy_routes,
        registration_report,
        directory_role_routes,
        member_of,
        user_writes,
        domains,
        administrative_units,
        directory_role_definitions,
        credentials,
        oauth2_grants,
        property_segments,
        counts,
        owned_objects,
        service_principal_links,
    ):
        yield from module.ROUTES
