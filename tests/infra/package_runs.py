"""Run by test_package.py in a process of its own: imports all of a package and asks its functions, as the host does.

Usage: package_runs.py FOLDER front|worker
"""

import asyncio
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

from tests.package_guard import confine

folder, flavor = Path(sys.argv[1]), sys.argv[2]
confine(folder)
ROOMS = {
    "front": ("landing", "provisioning.webhooks", "provisioning.store"),
    "worker": ("landing", "provisioning"),
}


def modules_below(name: str) -> list[str]:
    """A package and all modules in it."""
    package = importlib.import_module(name)
    return [name, *(found.name for found in pkgutil.walk_packages(package.__path__, f"{name}."))]


async def answers_of_front() -> dict[str, object]:
    """What front's functions answer to a stranger."""
    import azure.functions as func

    import function_app
    from provisioning.webhooks.sources.registry import all_names, find_source

    functions = {str(item.get_function_name()): item.get_user_function() for item in function_app.app.get_functions()}

    async def ask(name: str, method: str, url: str, **fields: Any) -> int:
        request = func.HttpRequest(method=method, url=url, body=b"{}", **fields)
        return int((await functions[name](request)).status_code)

    hooks = {}
    for name in all_names():
        source = find_source(name)
        headers = {"content-type": next(iter(source.media_types), "application/json") if source else ""}
        url, route = f"https://front.example.com/api/hires/{name}", {"source": name}
        hooks[name] = await ask("hires_webhook", "POST", url, headers=headers, route_params=route)
    start = await ask("start", "GET", "https://front.example.com/start")
    return {"functions": sorted(functions), "start": start, "hooks": hooks}


def main() -> None:
    names = [name for room in ROOMS[flavor] for name in modules_below(room)]
    for name in names:
        importlib.import_module(name)
    found: dict[str, object] = {"modules": names}
    if flavor == "front":
        from local.stack_info import new_webhook_secrets
        from provisioning.hr_settings import secret_setting

        os.environ.update({secret_setting(name): secret for name, secret in new_webhook_secrets().items()})
        found |= asyncio.run(answers_of_front())
    else:
        importlib.import_module("function_app")
    found["graph"] = sorted(name for name in sys.modules if name.partition(".")[0] == "msgraph")
    print(json.dumps(found))


main()
