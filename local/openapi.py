"""The OpenAPI document of /api/*, made from the models of its answers."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from local.openapi_models import (
    DeliveryAnswer,
    ErrorAnswer,
    HealthAnswer,
    OperationAnswer,
    PersonAnswer,
)
from provisioning import __version__
from provisioning.tenant.api import Asked

Content = tuple[type[BaseModel], str]
REFERENCE = "#/components/schemas/{model}"


FAILURES: Mapping[str, Content] = {
    "401": (
        ErrorAnswer,
        "the token, or the source's proof, is missing or wrong; without a body where Easy Auth says it",
    ),
    "503": (ErrorAnswer, "a setting or the storage account is missing; Retry-After says when to come back"),
}
REFUSED: Mapping[str, Content] = {"403": (ErrorAnswer, "the token has no app role that allows it")}
# Method and path, then what it is for, its request's model, and a model and a meaning for each status.
OPERATIONS: Mapping[tuple[str, str], tuple[str, type[BaseModel] | None, Mapping[str, Content]]] = {
    ("post", "/api/hires/{source}"): (
        "Take a delivery of an HR system",
        None,
        {
            "200": (DeliveryAnswer, "kept, or of no interest"),
            "400": (ErrorAnswer, "genuine but unusable"),
            "404": (ErrorAnswer, "no such source"),
            "405": (ErrorAnswer, "a method that this source does not use"),
            "413": (ErrorAnswer, "too large"),
            "415": (ErrorAnswer, "not a body of this source's media types"),
            **FAILURES,
        },
    ),
    ("post", "/api/tenant"): (
        "Start an operation on the tenant's objects",
        Asked,
        {
            "202": (OperationAnswer, "started; Operation-Location says where to look"),
            "400": (ErrorAnswer, "not such a request"),
            **REFUSED,
            **FAILURES,
        },
    ),
    ("get", "/api/operations/{operation}"): (
        "Read an operation",
        None,
        {
            "200": (OperationAnswer, "as far as it has come"),
            "404": (ErrorAnswer, "no such operation"),
            **REFUSED,
            **FAILURES,
        },
    ),
    ("get", "/api/people/{person}"): (
        "Tell why a person is not done, by employee ID or object ID",
        None,
        {
            "200": (PersonAnswer, "what is known"),
            "400": (ErrorAnswer, "not an ID"),
            "404": (ErrorAnswer, "nobody with this ID is known"),
            **REFUSED,
            **FAILURES,
        },
    ),
    ("get", "/api/health"): (
        "Tell whether anything is stuck",
        None,
        {
            "200": (HealthAnswer, "all is well"),
            "401": FAILURES["401"],
            **REFUSED,
            "503": (HealthAnswer, "something is not, each with its remedy"),
        },
    ),
}


def describe(method: str, path: str) -> dict[str, Any]:
    """One operation of the document."""
    summary, request, answers = OPERATIONS[method, path]
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    found: dict[str, Any] = {
        "summary": summary,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names],
        "responses": {
            status: {"description": meaning, "content": content_of(model)}
            for status, (model, meaning) in sorted(answers.items())
        },
    }
    if request is not None:
        found["requestBody"] = {"required": False, "content": content_of(request)}
    if path.startswith("/api/hires"):
        found["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
        found["description"] = "The source's own proof takes the place of a key: docs/hr-systems.md."
    else:
        found["security"] = [{"entra": []}]
    return found


def content_of(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON body of a model."""
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}


def tidy(schema: Any) -> Any:
    """A schema without pydantic's titles, and with the first line of each docstring."""
    if isinstance(schema, list):
        return [tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: tidy(value) for name, value in schema.items() if name != "title" or isinstance(value, dict)}
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].splitlines()[0]
    return kept


def document() -> str:
    """The text of docs/openapi.json."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path in OPERATIONS:
        paths.setdefault(path, {})[method] = describe(method, path)
    models = {model for _, _, answers in OPERATIONS.values() for model, _ in answers.values()}
    ordered = [(model, "validation") for model in sorted(models | {Asked}, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(ordered, by_alias=True, ref_template=REFERENCE)  # type: ignore[arg-type]
    content = {
        "openapi": "3.1.0",
        "info": {"title": "MFA Pre-Enrollment", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {name: tidy(schema) for name, schema in schemas["$defs"].items()},
            "securitySchemes": {"entra": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
