"""Imports the function_app.py of an app, and finds the app in it."""

import importlib.util
import sys
import types
from pathlib import Path

import azure.functions as func

from local.host.logs import brief
from local.host.settings import HostError


def import_app(folder: Path) -> types.ModuleType:
    path = folder / "function_app.py"
    if not path.is_file():
        raise HostError(f"There is no function_app.py in {folder}. Name the app's folder with --app.")
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("function_app", path)
    if spec is None or spec.loader is None:
        raise HostError(f"{path} cannot be imported as a Python module. Check its name and its encoding.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise HostError(f"function_app.py cannot be imported: {brief(error)}. Correct it and start again.") from error
    return module


def find_app(module: types.ModuleType) -> func.FunctionRegister:
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        found = "no FunctionApp object" if not apps else f"{len(apps)} FunctionApp objects"
        raise HostError(
            f"function_app.py has {found} at its top level; the worker wants exactly one. "
            "Register Blueprints into one FunctionApp."
        )
    return apps[0]
