"""What is wrong with a setting, in words for a person who sets a text."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from provisioning.errors import SettingFault

# What pydantic's error types mean for a person who sets a text (docs.pydantic.dev/latest/errors/validation_errors).
FAULTS: Mapping[str, str] = {
    "uuid_parsing": "is not a GUID",
    "int_parsing": "is not a whole number",
    "bool_parsing": "is neither true nor false",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "literal_error": "is not one of {expected}",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "names nothing",
    "value_error": "is not usable: {error}",
}


def faults_of(kind: type[BaseModel], error: ValidationError) -> Iterator[SettingFault]:
    """Yield the fault of each setting of a group, in our words."""
    described = {str(field.validation_alias): field.description for field in kind.model_fields.values()}
    seen: set[str] = set()
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0])
        if name not in seen:
            seen.add(name)
            yield SettingFault(name, describe_fault(detail), f"Set {name} to {described[name]}.")


def describe_fault(detail: ErrorDetails) -> str:
    """Return the fault of one setting's value, as the end of "The setting NAME ..."; never the value itself."""
    if detail["type"] == "missing":
        return "is missing"
    context = {name: str(value).replace("' or '", "', '") for name, value in detail.get("ctx", {}).items()}
    fault = FAULTS.get(detail["type"], "is not usable").format_map(context)
    entry = next((part for part in detail["loc"][1:] if isinstance(part, int)), None)
    return fault if entry is None else f"is not usable: entry {entry + 1} {fault}"
