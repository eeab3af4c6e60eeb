"""What stands around the templates: azd's files and the package's contents."""

import json
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import yaml

from local.package.build import OUTPUT

from .templates import INFRA, ROOT, Template

SHIPPED = {"function_app.py", "host.json", "requirements.txt", "provisioning", "landing"}
KEPT_BACK = {".azure", ".env", ".git", ".local", ".venv", "infra", "local", "local.settings.json", "tests"}
VARIABLE = re.compile(r"\$\{[A-Z_]+(=[^{}]+)?\}")


def ignore_patterns() -> list[str]:
    """The patterns of .funcignore."""
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_ignored(path: PurePosixPath, patterns: list[str]) -> bool:
    """Whether a pattern without a slash matches a part of the path, as in .gitignore."""
    return any(fnmatchcase(part, pattern) for part in path.parts for pattern in patterns)


def tracked_names() -> set[str]:
    """What git knows at the top of the repository; nothing where there is no git."""
    try:
        done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return set()
    return {line.split("/")[0] for line in done.stdout.splitlines()}


def test_services_are_the_apps(main: Template, templates: dict[str, Template]) -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    apps = {params["serviceName"] for params in main.modules("app/function-app.bicep").values()}
    assert set(project["services"]) == apps
    for name, service in project["services"].items():
        dist = (OUTPUT / ("front" if name == "front" else "worker")).relative_to(ROOT).as_posix()
        built = {"project": ".", "dist": dist, "language": "python", "host": "function", "remoteBuild": False}
        assert service == built
    app = templates["app/function-app.bicep"]
    (site,) = app.resources("Microsoft.Web/sites")
    assert app.entries(site["tags"]) == {"azd-service-name": "serviceName"}
    assert "azd-env-name" in main.entries("tags")


def test_parameters_are_those_of_the_template(main: Template) -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    declared = main.tree["parameters"]
    required = {name for name, parameter in declared.items() if parameter["default"] is None}
    assert required <= set(given) <= set(declared)
    assert all(VARIABLE.fullmatch(parameter["value"]) for parameter in given.values())


def test_outputs_have_names_azd_can_keep(main: Template) -> None:
    assert all(re.fullmatch("[A-Z_]+", name) for name in main.tree["outputs"])


def test_patterns_mean_the_same_to_every_reader() -> None:
    assert not [pattern for pattern in ignore_patterns() if re.search(r"[/!\\\[\]]|\*\*", pattern)]


def test_nothing_but_the_product_is_deployed() -> None:
    patterns = ignore_patterns()
    names = tracked_names() | SHIPPED | KEPT_BACK
    assert {name for name in names if not is_ignored(PurePosixPath(name), patterns)} == SHIPPED


def test_the_whole_product_is_deployed() -> None:
    patterns = ignore_patterns()
    files = [path for folder in ("provisioning", "landing") for path in (ROOT / folder).rglob("*") if path.is_file()]
    paths = [path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts]
    paths = [path for path in paths if not path.endswith(".md")]
    assert len(paths) > 10
    assert "provisioning/webhooks/sources/profiles/greenhouse.toml" in paths
    assert not [path for path in paths if is_ignored(PurePosixPath(path), patterns)]


def test_hooks_and_container_are_readable_and_fetch_nothing_else() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    container = json.loads(Path(ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"] == "make setup"
