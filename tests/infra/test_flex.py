"""What Flex Consumption refuses, and host.json beside the settings that it has to fit."""

import json
from typing import Any

import pytest

from local.host.settings import read_settings
from provisioning.message_handling import FIRST_DELAY
from provisioning.people_settings import PeopleSettings

from .templates import ROOT, Template

# In siteConfig, with who met the refusal. ARM answers 51021 for the first six: older stamps ignored them.
REFUSED = {
    "ftpsState": "microsoft/azure-pipelines-tasks#21032, Azure/terraform-azurerm-avm-res-web-site#345 and #360",
    "linuxFxVersion": "Azure/terraform-azurerm-avm-res-web-site#345",
    "netFrameworkVersion": "Azure/terraform-azurerm-avm-res-web-site#345",
    "use32BitWorkerProcess": "Azure/terraform-azurerm-avm-res-web-site#345",
    "preWarmedInstanceCount": "Azure/terraform-azurerm-avm-res-web-site#360",
    "functionsRuntimeScaleMonitoringEnabled": "Azure/terraform-azurerm-avm-res-web-site#360",
    "functionAppScaleLimit": "microsoft/azure-pipelines-tasks#22254",
    "minimumElasticInstanceCount": "microsoft/azure-pipelines-tasks#22254",
    "alwaysOn": "azure-docs, functions-infrastructure-as-code: always ready instances take its place",
    "healthCheckPath": "azure-docs, flex-consumption-plan: not available",
}
# The first is what Microsoft's own template for Python on this plan sets (Azure-Samples, functions-quickstart-python-
# http-azd); the others only where callers are restricted, which azure-docs, functions-networking-options, lists for it.
KNOWN_TO_WORK = {"minTlsVersion", "ipSecurityRestrictions", "ipSecurityRestrictionsDefaultAction"}


@pytest.fixture(scope="module")
def host() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    return content


def test_site_config_has_nothing_that_is_refused_and_nothing_that_is_not_known_to_work(
    templates: dict[str, Template],
) -> None:
    app = templates["app/function-app.bicep"]
    (site,) = app.resources("Microsoft.Web/sites")
    site_config = set(app.entries(site["properties"]["siteConfig"]))
    assert not {name: REFUSED[name] for name in site_config & set(REFUSED)}
    assert site_config == KNOWN_TO_WORK
    for template in templates.values():
        assert not [name for name in REFUSED if name in template.code], template.name


def test_the_region_is_chosen_among_those_that_offer_the_plan(main: Template) -> None:
    """A region without it fails in the middle of a deployment; azd narrows its question to this list."""
    location = main.tree["parameters"]["location"]
    decorators = {item["type"]: item.get("argument") for item in location["decorators"]}
    assert decorators["metadata"] == {"azd": {"type": "location"}}
    assert len(decorators["allowed"]) == len(set(decorators["allowed"])) > 25
    assert {"westeurope", "germanywestcentral", "eastus2"} <= set(decorators["allowed"])


def test_the_host_lets_the_longest_sweep_end(main: Template) -> None:
    """The host kills the worker at functionTimeout; its default is not written down anywhere a reader would look."""
    timeout = read_settings(ROOT, environment={}).timeout
    longest = next(item.le for item in PeopleSettings.model_fields["sweep_seconds"].metadata if hasattr(item, "le"))
    decorators = {item["type"]: item.get("argument") for item in main.tree["parameters"]["sweepSeconds"]["decorators"]}
    assert decorators["max_value"] == longest
    assert timeout >= longest + 300, "a review of everybody may follow, and what is begun is ended"


def test_queue_numbers_fit_what_the_handlers_do(host: dict[str, Any]) -> None:
    """What is expected goes back on the queue by ourselves; the host's own tries are for what nobody foresaw."""
    numbers = host["extensions"]["queues"]
    queues = read_settings(ROOT, environment={})
    assert queues.unknown_queue_options == ()
    assert set(numbers) == {
        "messageEncoding",
        "batchSize",
        "maxDequeueCount",
        "visibilityTimeout",
        "maxPollingInterval",
    }
    assert numbers["messageEncoding"] == "none", "store/queues.py sends JSON as it is"
    assert queues.queues.batch_size == 16, "a person's events wait for each other under a lease; more would only wait"
    assert queues.queues.max_dequeue_count == 5
    assert queues.queues.visibility_timeout >= FIRST_DELAY, "a crash is tried again no sooner than a wait"
    assert numbers["maxPollingInterval"] == "00:00:10", "a person at the page waits 30 s for a check at most"


def test_requests_and_exceptions_are_logged_all(host: dict[str, Any]) -> None:
    """A successful run is logged as Information in Host.Results: with Error there, alerts on requests are blind.

    azure-docs, configure-monitoring; a handler that returns 500 without raising counts as a success there.
    """
    logging = host["logging"]
    assert logging["logLevel"] == {"default": "Information", "Host.Results": "Information"}
    assert logging["applicationInsights"]["samplingSettings"]["excludedTypes"] == "Request;Exception"
