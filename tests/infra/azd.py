"""azd's side of the templates: which variable of an azd environment gives which parameter."""

import json
import re
from typing import Any

from .templates import INFRA

# Those that azd makes itself.
OWN_NAMES = {
    "environmentName": "AZURE_ENV_NAME",
    "location": "AZURE_LOCATION",
    "principalId": "AZURE_PRINCIPAL_ID",
    "principalType": "AZURE_PRINCIPAL_TYPE",
}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?:=(?P<default>[^{}]+))?\}")


def variable_of(parameter: str) -> str:
    """The variable that `azd env set` sets for a parameter: its name in capitals, words joined by underscores."""
    return OWN_NAMES.get(parameter, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper())


def given_parameters() -> dict[str, str]:
    """What main.parameters.json gives, by parameter."""
    content: dict[str, Any] = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))
    return {name: item["value"] for name, item in content["parameters"].items()}
