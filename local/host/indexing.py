"""Finds the functions of a `function_app.py` and refuses what Azure's worker and host refuse.

The checks are the worker's (azure-functions-runtime 1.3, `functions.Registry`), with a remedy added to each message:
in Azure one bad function stops the whole app, often without a readable reason, so it does here, with one.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure.functions as func

from local.host.loading import find_app, import_app
from local.host.settings import HostError, HostSettings

TRIGGERS = frozenset({"httpTrigger", "queueTrigger", "timerTrigger"})
OUTPUTS = frozenset({"http", "queue"})
FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
RETURN = "$return"
BINARY = 2


@dataclass(frozen=True, eq=False)
class Binding:
    """One binding of a function: `kind` is its type in function.json, `converter` what decodes or encodes it."""

    parameter: str
    kind: str
    converter: str
    options: Mapping[str, Any] = field(default_factory=dict)
    annotation: object = None
    binary: bool = False


@dataclass(frozen=True)
class FunctionEntry:
    """A function ready to run."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    outputs: tuple[Binding, ...] = ()
    returns: Binding | None = None
    is_async: bool = False
    wants_context: bool = False
    directory: str = ""


class Refusal(Exception):
    """Why a function cannot be loaded; becomes a HostError that names the function."""


def load_functions(folder: Path, *, settings: HostSettings) -> list[FunctionEntry]:
    """Import `folder`/function_app.py and return its enabled functions, sorted by name.

    Raises HostError, naming the function, the reason and the remedy.
    """
    module = import_app(folder)
    return index(find_app(module), settings=settings)


def index(app: func.FunctionRegister, *, settings: HostSettings) -> list[FunctionEntry]:
    """Check every function of `app` and return the enabled ones, sorted by name as the host sorts its routes."""
    try:
        # Works once per app object: the package counts a second call as duplicate names.
        functions = app.get_functions()
    except ValueError as error:
        raise HostError(f"The functions cannot be indexed: {error} Correct function_app.py.") from None
    refuse_duplicates(str(function.get_function_name()) for function in functions)
    entries = [checked_entry(function) for function in functions]
    enabled = [entry for entry in entries if not settings.is_disabled(entry.name)]
    return sorted(enabled, key=lambda entry: entry.name.lower())


def refuse_duplicates(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise HostError(f"Function {name!r} exists twice; names differ by more than case. Rename one of them.")
        seen.add(name.lower())


def checked_entry(function: Any) -> FunctionEntry:
    name = str(function.get_function_name())
    try:
        return entry_of(name, function)
    except Refusal as refusal:
        raise HostError(f"Function {name!r} cannot be loaded: {refusal} (One bad function stops the app.)") from None


def entry_of(name: str, function: Any) -> FunctionEntry:
    if FUNCTION_NAME.fullmatch(name) is None or name.lower() == "host":
        raise Refusal("its name must begin with a letter and hold letters, digits, - and _ only. Rename it.")
    call = function.get_user_function()
    try:
        parameters = set(inspect.signature(call).parameters)
        hints = typing.get_type_hints(call)
        directory = str(Path(inspect.getfile(call)).parent)
    except (NameError, TypeError, ValueError) as error:
        raise Refusal(f"its signature cannot be read ({error}). Use a plain def or async def.") from None
    raw = function.get_bindings()
    refuse_unknown_bindings(raw)
    wants_context = needs_context(parameters, hints, bound={binding.name for binding in raw})
    refuse_unbound(parameters - {"context"} if wants_context else parameters, {b.name for b in raw} - {RETURN})
    bindings = [checked_binding(binding, hints) for binding in raw]
    return FunctionEntry(
        name=name,
        call=call,
        trigger=next(b for b in bindings if b.kind in TRIGGERS),
        outputs=tuple(b for b in bindings if b.kind in OUTPUTS and b.parameter != RETURN),
        returns=next((b for b in bindings if b.parameter == RETURN), None),
        is_async=inspect.iscoroutinefunction(call),
        wants_context=wants_context,
        directory=directory,
    )


def refuse_unknown_bindings(bindings: Iterable[Any]) -> None:
    for binding in bindings:
        if binding.type not in TRIGGERS | OUTPUTS:
            raise Refusal(
                f"the binding {binding.type!r} is not known to the local host, which has HTTP, queue and timer "
                "triggers and HTTP and queue outputs. Run the real host with --host func."
            )


def needs_context(parameters: set[str], hints: Mapping[str, Any], *, bound: set[str]) -> bool:
    if "context" not in parameters or "context" in bound:
        return False
    hint = hints.get("context", func.Context)
    if getattr(hint, "__name__", None) != "Context":
        raise Refusal("its parameter 'context' must be annotated func.Context. Correct the annotation.")
    return True


def refuse_unbound(parameters: set[str], bound: set[str]) -> None:
    if parameters - bound:
        names = ", ".join(sorted(parameters - bound))
        raise Refusal(
            f"the parameters {names} have no binding; the worker refuses them even with a default "
            "(only 'context' is free). Remove them or add the binding."
        )
    if bound - parameters:
        names = ", ".join(sorted(bound - parameters))
        raise Refusal(f"the bindings {names} have no parameter of that name. Add the parameter.")


def checked_binding(binding: Any, hints: Mapping[str, Any]) -> Binding:
    hint = hints.get("return" if binding.name == RETURN else binding.name)
    annotated = "return" in hints if binding.name == RETURN else binding.name in hints
    kind = str(binding.type)
    if binding.name == RETURN:
        converter = kind
        if annotated:
            check_return(hint, kind)
    elif kind in TRIGGERS:
        converter = check_input(binding.name, hint, kind) if annotated else kind
    else:
        converter, hint = check_output(binding.name, hint, kind) if annotated else (kind, None)
    return Binding(
        parameter=binding.name,
        kind=kind,
        converter=converter,
        options=binding.get_dict_repr(),
        annotation=hint,
        binary=binding.data_type == BINARY,
    )


def check_return(hint: object, kind: str) -> None:
    converter = converter_of(kind)
    if not isinstance(hint, type) or not converter.check_output_type_annotation(hint):
        raise Refusal(
            f"its return annotation {display(hint)} does not fit a {kind} output. "
            + ("Use -> func.HttpResponse." if kind == "http" else "Use -> str.")
        )


def check_input(parameter: str, hint: object, kind: str) -> str:
    if origin_of(hint) is func.Out:
        raise Refusal(f"{parameter!r} is the trigger but is annotated func.Out. Correct the annotation.")
    if hint in (str, bytes):
        return "generic"
    converter = converter_of(kind)
    if not isinstance(hint, type) or not converter.check_input_type_annotation(hint):
        wanted = {"httpTrigger": "HttpRequest", "queueTrigger": "QueueMessage", "timerTrigger": "TimerRequest"}[kind]
        raise Refusal(f"{parameter!r} is annotated {display(hint)}, which a {kind} refuses. Use func.{wanted}.")
    return kind


def check_output(parameter: str, hint: object, kind: str) -> tuple[str, object]:
    if origin_of(hint) is not func.Out:
        raise Refusal(f"{parameter!r} is an output but is annotated {display(hint)}. Use func.Out[str].")
    (content,) = typing.get_args(hint)
    if content in (str, bytes):
        return "generic", content
    converter = converter_of(kind)
    # list[str] is no type to the worker; typing.List[str] is.
    if isinstance(content, types.GenericAlias) or not converter.check_output_type_annotation(content):
        raise Refusal(
            f"{parameter!r} is annotated func.Out[{display(content)}], which the worker refuses. Use func.Out[str]."
        )
    return kind, content


def converter_of(kind: str) -> Any:
    """The package's converter class for a binding type."""
    return func.get_binding_registry().get(kind)  # type: ignore[no-untyped-call]


def origin_of(hint: object) -> object:
    return typing.get_origin(hint) or hint


def display(hint: object) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
