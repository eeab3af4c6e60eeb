"""What a deployment may choose, and what guards its parts: rights, network, certificate, the administration API."""

import re
from typing import Any

from local.identities import AZURE_CLI_CLIENT_ID

from .templates import Template


def properties_of(template: Template, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    (item,) = template.resources(kind)
    properties: dict[str, Any] = item["properties"]
    return properties


def test_front_may_not_read_or_change_what_it_added(main: Template, templates: dict[str, Template]) -> None:
    """Insert Entity takes add/action alone (rest/api/storageservices/authorize-with-azure-active-directory)."""
    (role,) = templates["app/inbox-role.bicep"].resources("Microsoft.Authorization/roleDefinitions")
    (permission,) = role["properties"]["permissions"]
    added = "Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action"
    assert permission == {"actions": [], "dataActions": [added]}
    assert main.tree["parameters"]["customRole"]["default"] is True
    access = main.modules("app/data-access.bicep")
    assert [name for name, params in access.items() if "adderRoleId" in params] == ["frontAccess"]


def test_the_network_closes_what_it_can(main: Template, templates: dict[str, Template]) -> None:
    assert main.tree["parameters"]["privateNetwork"]["default"] is False
    for path in ("app/storage.bicep", "app/key-vault.bicep"):
        for name, params in main.modules(path).items():
            assert "privateNetwork" in str(params["publicAccess"]), name
    for params in main.modules("app/function-app.bicep").values():
        assert params["subnetId"] == "appsSubnetId"
    given = main.modules("app/private-endpoints.bicep")["endpoints"]["storageEndpoints"]["function"]["parameters"]
    shared, apps, passes = (item for item in given.values())
    assert {(item["name"].split("$")[0], item["service"]) for item in shared} == {
        ("stdata", "queue"),
        ("stdata", "table"),
    }
    one, several = apps["operator"]["operands"], passes["operator"]["operands"]
    assert (one["condition"], several["condition"]) == ("singleApp", "passesApart")
    by_choice = [one["true_value"], one["false_value"], several["true_value"]]
    assert {item["service"] for items in by_choice for item in items} == {"blob"}
    assert [{item["name"].split("$")[0] for item in items} for items in by_choice] == [
        {"stsingle"},
        {"stfront", "stpeople", "sttenant"},
        {"stpasses"},
    ]


def test_children_of_a_site_are_written_one_after_the_other(templates: dict[str, Template]) -> None:
    """Written side by side, one of them gets a 409."""
    chained = re.findall(r"dependsOn: \[(\w+)\]", templates["app/function-app.bicep"].code)
    assert chained == ["settings", "scmPassword"]


def test_a_certificate_needs_what_is_said_when_the_site_is_made(templates: dict[str, Template]) -> None:
    """hashicorp/terraform-provider-azurerm#31884: the switch cannot be turned later."""
    site = properties_of(templates["app/function-app.bicep"], "Microsoft.Web/sites")
    assert site["siteScopedCertificatesEnabled"] is True
    domain = templates["app/custom-domain.bicep"]
    (binding,) = domain.resources("Microsoft.Web/sites/hostNameBindings")
    assert "withCertificate" in str(binding["properties"]["sslState"])
    assert domain.tree["resources"]["certificate"]["config"]["condition"] == "withCertificate"


def test_the_administration_takes_tokens_of_named_clients_and_excludes_no_path(
    main: Template, templates: dict[str, Template]
) -> None:
    """pnp/Microsoft365-Analytics-Insights#264: audiences without allowedApplications refuse every valid token."""
    template = templates["app/admin-auth.bicep"]
    rules = properties_of(template, "Microsoft.Web/sites/config")
    assert rules["globalValidation"] == {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": [],
    }
    provider = rules["identityProviders"]["azureActiveDirectory"]
    assert provider["validation"]["allowedAudiences"] == ["clientId", "api://${clientId}"]
    applications = str(provider["validation"]["defaultAuthorizationPolicy"]["allowedApplications"])
    assert "'clientId', 'azureCli'" in applications
    assert "applicationIds" in applications
    assert template.tree["variables"]["azureCli"]["value"] == AZURE_CLI_CLIENT_ID
    assert provider["registration"]["openIdIssuer"].endswith("${tenantId}/v2.0")
    (uses,) = main.modules("app/admin-auth.bicep").values()
    assert "tenantApp" in str(uses["siteName"])
