"""The package that is deployed: what is in it is enough, what is not in it is not missed, and it is small."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.package import build as builder
from local.package.archive import compile_all, files_in, find_python, write_zip
from local.package.build import SITE_PACKAGES, build, check_size, digest_of_inputs, fill
from local.package.dependencies import Target, own_python, unmet
from local.package.graph_modules import reachable_modules
from local.package.product import (
    COMMAND_LINE_ONLY,
    FRONT,
    GRAPH_CLIENT,
    LEFT_OUT,
    ROOT,
    WORKER,
    BuildError,
    Flavor,
    name_of,
    own_files,
    product_files,
    requirements_of,
)
from provisioning.webhooks.sources.registry import all_names

HERE = Target(own_python(), here=True)


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of people and tenant, of what is installed here."""
    folder = tmp_path_factory.mktemp("package") / "worker"
    fill(folder, WORKER, target=HERE)
    return folder


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "front"
    fill(folder, FRONT, target=HERE)
    return folder


def in_process(package: Path, *command: str, **environment: str) -> str:
    """Run Python in a process of its own, which keeps byte code beside the package; returns what it prints."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HR_", "AzureWebJobs"))}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**own, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(package.parent / "cache"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def run_all_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(in_process(folder, "tests/infra/package_runs.py", str(folder), folder.name))
    return found


def test_every_module_of_a_worker_can_be_imported_from_its_package(worker: Path) -> None:
    found = run_all_of(worker)
    assert {"provisioning.tenant.engine", "provisioning.people.triggers", "landing.page"} < set(found["modules"])
    assert not [name for name in found["modules"] if name.startswith("provisioning.cli")]
    assert "msgraph.generated.users.delta.delta_request_builder" in found["graph"]


def test_front_runs_without_a_graph_client(front: Path) -> None:
    """What faces the internet carries no code that it does not run."""
    assert not list((front / SITE_PACKAGES).glob("msgraph*"))
    found = run_all_of(front)
    assert found["graph"] == []
    assert {"page", "start", "me", "assets", "hires_webhook"} < set(found["functions"])
    assert found["start"] == 200
    assert found["hooks"] == dict.fromkeys(all_names(), 401)


def test_the_whole_story_runs_from_the_package(worker: Path, azurite: str) -> None:
    """From an empty tenant over a hire, a sweep and a removal; `make test-package` runs every integration test so."""
    arguments = ["-m", "pytest", "-n0", "-p", "tests.package_guard", "-p", "no:cacheprovider"]
    story = "tests/integration/test_least_privilege.py"
    shown = in_process(worker, *arguments, story, PACKAGE=str(worker), TEST_AZURITE=azurite)
    assert "1 passed" in shown


def test_a_module_that_the_package_lacks_fails_a_test(worker: Path, tmp_path: Path) -> None:
    """The guard itself: what is installed here does not stand in for what is not deployed."""
    script = tmp_path / "lacks.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom tests.package_guard import confine\n"
        "confine(Path(sys.argv[1]))\n"
        "for name in ('rich', 'provisioning.cli.main', 'msgraph.generated.drives.drives_request_builder'):\n"
        "    try:\n        __import__(name)\n        print('found', name)\n"
        "    except ModuleNotFoundError as error:\n        print('lacks', error.name)\n"
    )
    shown = in_process(worker, str(script), str(worker)).splitlines()
    assert shown == ["lacks rich", "lacks provisioning.cli", "lacks msgraph.generated.drives"]


def test_no_more_of_the_sdk_than_the_product_reaches(worker: Path) -> None:
    """16,700 modules are installed; 0.8 GB of temporary disk is all that an instance has."""
    installed = Path(str(importlib.metadata.distribution("msgraph-sdk").locate_file("")))
    sources = [path for path in product_files() if path.suffix == ".py"]
    shipped = {path.relative_to(worker / SITE_PACKAGES) for path in (worker / SITE_PACKAGES / "msgraph").rglob("*.py")}
    assert shipped == {path.relative_to(installed) for path in reachable_modules(installed, sources)}
    assert 200 < len(shipped) < 600
    assert not list((worker / SITE_PACKAGES / "msgraph").rglob("*.txt")), "a description of 37 MB"


def test_what_is_deployed_of_the_product(worker: Path) -> None:
    top = {path.name for path in worker.iterdir()}
    assert top == {".funcignore", ".python_packages", "function_app.py", "host.json", "landing", "provisioning"}
    shipped = {path.relative_to(worker).as_posix() for path in worker.rglob("*") if path.is_file()}
    assert "provisioning/webhooks/sources/profiles/greenhouse.toml" in shipped
    assert any(name.startswith("landing/locales/de") and name.endswith(".mo") for name in shipped)
    product = {name for name in shipped if not name.startswith(".python_packages/")}
    assert not [name for name in product if name.endswith((".md", ".pyc")) or name.startswith(tuple(LEFT_OUT))]


def test_each_flavor_leaves_out_what_it_never_imports() -> None:
    every = {name_of(line) for line in requirements_of(Flavor("all", frozenset()))}
    assert {name_of(line) for line in requirements_of(WORKER)} == every - COMMAND_LINE_ONLY
    assert every - {name_of(line) for line in requirements_of(FRONT)} == COMMAND_LINE_ONLY | GRAPH_CLIENT
    assert {"azure-functions", "pydantic-settings", "cryptography"} < every


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages of one requirement, so that building one takes no time."""
    monkeypatch.setattr(builder, "requirements_of", lambda flavor: ["jmespath>=1.0.1,<2"])


def test_a_build_is_compiled_and_equal_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    first = build(WORKER, target=HERE, output=tmp_path / "first")
    second = build(WORKER, target=HERE, output=tmp_path / "second")
    assert first.compiled
    assert (first.files, first.unpacked) == (second.files, second.unpacked)
    assert first.archive.read_bytes() == second.archive.read_bytes()
    assert not list((tmp_path / "first").glob(".worker-*")), "nothing is left of the making"


def test_a_second_build_of_the_same_sources_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """azd calls it from several hooks."""
    small(monkeypatch)
    first = build(WORKER, target=HERE, output=tmp_path)
    made = first.folder.stat().st_ino
    assert build(WORKER, target=HERE, output=tmp_path) == first
    assert first.folder.stat().st_ino == made
    (tmp_path / ".worker.inputs").write_text("of other sources")
    again = build(WORKER, target=HERE, output=tmp_path)
    assert again == first
    assert again.folder.stat().st_ino != made
    assert digest_of_inputs(WORKER, HERE) != digest_of_inputs(FRONT, HERE)


def test_a_build_that_fails_leaves_the_old_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    first = build(WORKER, target=HERE, output=tmp_path)
    (tmp_path / ".worker.inputs").write_text("of other sources")
    monkeypatch.setattr(builder, "requirements_of", lambda flavor: ["no-such-distribution-here"])
    with pytest.raises(BuildError, match="no-such-distribution-here is not installed here"):
        build(WORKER, target=HERE, output=tmp_path)
    assert (first.folder / "host.json").is_file()


def test_what_a_customer_adds_is_shipped_at_the_path_that_the_setting_names(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    for name in ("hr/acme.toml", "logo.svg", "production.env"):
        (tmp_path / name).write_text("")
    settings = {"HR_PROFILES_DIR": "hr", "PAGE_LOGO_FILE": "logo.svg", "LOGO_FILE": ""}
    found = [path.relative_to(tmp_path).as_posix() for path in own_files(settings, root=tmp_path)]
    assert found == ["hr/acme.toml", "logo.svg"], "and nothing else that lies about, such as a file of secrets"
    for elsewhere in ("/etc/hostname", "../outside", "missing"):
        with pytest.raises(BuildError, match=f"HR_PROFILES_DIR names {elsewhere}, which is not in this folder"):
            list(own_files({"HR_PROFILES_DIR": elsewhere}, root=tmp_path))


def test_a_package_holds_the_customers_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    own = [ROOT / "docs/images" / name for name in sorted(os.listdir(ROOT / "docs/images"))[:1]]
    package = build(WORKER, target=HERE, output=tmp_path, own=own)
    assert (package.folder / own[0].relative_to(ROOT)).read_bytes() == own[0].read_bytes()


def test_a_package_that_grew_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    package = build(WORKER, target=HERE, output=tmp_path)
    check_size(package)
    monkeypatch.setattr(builder, "LARGEST_ZIP", package.zipped - 1)
    with pytest.raises(BuildError, match="The package is too large"):
        check_size(package)


def test_archives_and_byte_code_do_not_depend_on_times_or_places(tmp_path: Path) -> None:
    for name, moment in (("one", 1_000_000_000), ("two", 1_700_000_000)):
        folder = tmp_path / name / "package"
        (folder / "inner").mkdir(parents=True)
        for file in ("b.py", "a.py", "inner/c.py"):
            (folder / file).write_text(f"import os\nVALUE = {{'x': 1, 'y': (2, {file!r})}}\n")
            os.utime(folder / file, (moment, moment))
        compile_all(folder, python=sys.executable)
        write_zip(folder, tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert len(list(files_in(tmp_path / "one/package"))) == 6


def test_what_another_python_would_need_is_not_forgotten(tmp_path: Path) -> None:
    """pip compares markers with the Python that runs it, whatever --python-version says."""
    for name, needs in (("one", ('two; python_version >= "3.13"', 'three; python_version < "3.13"')), ("four", ())):
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        lines = [f"Requires-Dist: {need}" for need in needs]
        (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", *lines]))
    assert unmet(["one>=1", "four"], tmp_path, target=Target("3.13")) == {"two"}
    assert unmet(["one", "five"], tmp_path, target=Target("3.11")) == {"three", "five"}


def test_an_interpreter_is_found_only_if_it_is_of_the_version() -> None:
    assert find_python(own_python()) == sys.executable
    assert find_python("3.1") is None
