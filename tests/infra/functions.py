"""What function_app.py declares, read without running it."""

import ast
from dataclasses import dataclass

from .templates import ROOT


@dataclass(frozen=True)
class Function:
    """A function of the app.

    Args:
        name: As the host knows it.
        trigger: route, queue_trigger or timer_trigger.
        texts: The texts its trigger was given: route, queue name, schedule.
        administrative: Whether it is of the administration API, for which a role is needed.
    """

    name: str
    trigger: str
    texts: tuple[str, ...]
    administrative: bool


def read_functions() -> dict[str, Function]:
    """Every function, by name."""
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))
    handlers = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list]
    functions = [read_function(handler) for handler in handlers]
    return {function.name: function for function in functions}


def read_function(handler: ast.AsyncFunctionDef) -> Function:
    """One function; its decorators are app.function_name and the trigger."""
    calls = {decorated(node): node for node in handler.decorator_list if isinstance(node, ast.Call)}
    name = texts_of(calls.pop("function_name"))[0]
    ((trigger, call),) = calls.items()
    keywords = {keyword.arg for keyword in call.keywords}
    return Function(name=name, trigger=trigger, texts=texts_of(call), administrative="auth_level" in keywords)


def decorated(call: ast.Call) -> str:
    """The method of `app` that a decorator calls."""
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr


def texts_of(call: ast.Call) -> tuple[str, ...]:
    """Its arguments that are texts."""
    constants = [node.value for node in call.args if isinstance(node, ast.Constant)]
    return tuple(value for value in constants if isinstance(value, str))
