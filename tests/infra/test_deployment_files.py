"""What stands around the templates: azd's files and the package's contents."""

import json
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import yaml

from local.package.build import OUTPUT
from local.roles import ROLES

from .azd import VARIABLE, given_parameters, variable_of
from .conftest import Role
from .functions import Function
from .templates import ROOT, Template

# A condition cannot say "not": what says that the apps are apart is an output of the template.
CONDITIONS = {
    "front": "${SEPARATE_APPS=true}",
    "people": "${SEPARATE_APPS=true}",
    "tenant": "${SEPARATE_APPS=true}",
    "passes": "${PASSES_APART=false}",
    "single": "${SINGLE_APP=false}",
}
SHIPPED = {"function_app.py", "host.json", "requirements.txt", "provisioning", "landing"}
KEPT_BACK = {".azure", ".env", ".git", ".local", ".venv", "infra", "local", "local.settings.json", "tests"}


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
        # azd deploys a service without a condition always, and fails where its app is not there (azure-dev#4732).
        assert service == built | {"condition": CONDITIONS[name]}
    assert {"SEPARATE_APPS", "PASSES_APART"} <= set(main.tree["outputs"]), "azd keeps them beside what is set"
    app = templates["app/function-app.bicep"]
    (site,) = app.resources("Microsoft.Web/sites")
    assert app.entries(site["tags"]) == {"azd-service-name": "serviceName"}
    assert "azd-env-name" in main.entries("tags")


def test_azd_env_set_reaches_every_parameter(main: Template) -> None:
    """Both ways: a parameter that is not given cannot be set, and a variable that is not a parameter does nothing."""
    declared, given = main.tree["parameters"], given_parameters()
    assert set(given) == set(declared)
    for name, value in given.items():
        variable = VARIABLE.fullmatch(value)
        assert variable is not None, name
        assert variable["name"] == variable_of(name)
        default = declared[name]["default"]
        text = default if isinstance(default, str) else json.dumps(default)
        assert (variable["default"] or "") == ("" if default is None else text), f"{name}: two defaults"


def test_an_app_setting_and_its_azd_variable_have_one_name(main: Template, roles: dict[str, Role]) -> None:
    """A message names the setting: what it names can be set by `azd env set`, too."""
    parameters = set(main.tree["parameters"])
    for role in roles.values():
        for setting, value in role.settings.items():
            words = set(re.findall(r"[A-Za-z]+", str(value)))
            used = sorted(words & parameters) if setting.isupper() else []
            if len(used) == 1 and str(value) in (used[0], f"string({used[0]})"):
                assert variable_of(used[0]) == setting


def test_azd_env_get_values_is_a_settings_file_of_the_command_line(main: Template) -> None:
    """What an output gives, what was set, or what has a default: nothing is left to be looked up in the portal."""
    known = set(main.tree["outputs"]) | {variable_of(name) for name in main.tree["parameters"]}
    for kind in (*ROLES["tenant"], *ROLES["people"]):
        for field in kind.model_fields.values():
            if field.is_required():
                assert field.validation_alias in known, f"{kind.__name__}: {field.validation_alias}"
    assert {"AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri"} <= known
    assert {"FRONT_APP_NAME", "PEOPLE_APP_NAME", "TENANT_APP_NAME"} <= known, "to restart one"


def test_no_output_takes_the_name_of_a_variable_that_is_set(main: Template) -> None:
    """azd writes outputs into the environment: it would put back what a person sets."""
    settable = {variable_of(name) for name in main.tree["parameters"]} - {"AZURE_LOCATION"}
    assert not settable & set(main.tree["outputs"])


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


def test_workflows_run_targets_that_exist_and_hold_no_secret() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        workflow = yaml.safe_load(text)
        assert workflow["permissions"]["contents"] == "read", path.name
        assert "secrets." not in text, f"{path.name}: sign-in is by federated credential"
        assert set(re.findall(r"\bmake ([a-z]+)", text)) <= targets
        used = {
            step["uses"].split("/")[0] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step
        }
        assert used <= {"actions", "Azure"}, f"{path.name}: actions of others"


def test_the_deploy_job_hands_on_variables_that_the_template_takes() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    of_azd = {"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID"}
    assert set(job["env"]) - of_azd <= {variable_of(name) for name in given_parameters()}
    assert workflow["permissions"]["id-token"] == "write"


def test_settings_and_requests_to_try_are_of_this_product(functions: dict[str, Function]) -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    known = {
        str(field.validation_alias)
        for kinds in ROLES.values()
        for kind in kinds
        for field in kind.model_fields.values()
    }
    assert set(sample) - known <= {
        "FUNCTIONS_WORKER_RUNTIME",
        "SWEEP_SCHEDULE",
        "WATCH_SCHEDULE",
        "BOARD_SCHEDULE",
        "MESSAGES_SCHEDULE",
        "PASSES_CLEANUP_SCHEDULE",
    }
    placeholders = {name for item in functions.values() for text in item.texts for name in re.findall("%(.+?)%", text)}
    assert placeholders <= set(sample), "the host refuses a function whose schedule it cannot look up"
    requests = re.findall(r"(?m)^(?:GET|POST) \{\{\w+\}\}(/[\w/.-]*)", (ROOT / "test.http").read_text(encoding="utf-8"))
    routes = {re.sub(r"\{\w+\}", "", text).strip("/") for item in functions.values() for text in item.texts}
    assert len(requests) > 5
    assert not [path for path in requests if not any(path.strip("/").startswith(route) for route in routes)]
