"""Finding Node, installing Azurite once, and what is said when npm fails."""

import shutil
import sys
from pathlib import Path

import pytest
from azure.storage.queue import QueueServiceClient

from local import npm, storage
from local.processes import StartError
from tests import web

PORTS = storage.StoragePorts(blob=1, queue=2, table=3)


def fake_npm(folder: Path, *, works: bool) -> npm.Node:
    """An npm that counts its calls and either makes the package or fails as npm does without a network."""
    script = folder / "npm.py"
    script.write_text(
        "import json, pathlib, sys\n"
        f"calls = pathlib.Path({str(folder / 'calls')!r})\n"
        "calls.write_text((calls.read_text() if calls.exists() else '') + 'x')\n"
        f"if not {works}: sys.exit('npm error code ENOTFOUND')\n"
        "package = pathlib.Path(sys.argv[sys.argv.index('--prefix') + 1]) / 'node_modules/azurite'\n"
        "(package / 'dist/src').mkdir(parents=True)\n"
        "(package / 'dist/src/azurite.js').touch()\n"
        f"(package / 'package.json').write_text(json.dumps({{'version': {storage.AZURITE.version!r}}}))\n",
        encoding="utf-8",
    )
    return npm.Node(node=(sys.executable,), npm=(sys.executable, str(script)))


def test_azurite_is_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = fake_npm(tmp_path, works=True)
    monkeypatch.setattr(npm, "find_node", lambda: node)
    script = storage.install(tmp_path / "azurite")
    assert storage.install(tmp_path / "azurite") == script
    assert script.is_file()
    assert (tmp_path / "calls").read_text() == "x"


def test_an_interrupted_installation_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = fake_npm(tmp_path, works=True)
    monkeypatch.setattr(npm, "find_node", lambda: node)
    storage.install(tmp_path / "azurite")
    (tmp_path / "azurite/complete").unlink()
    shutil.rmtree(tmp_path / "azurite/node_modules")
    storage.install(tmp_path / "azurite")
    assert (tmp_path / "calls").read_text() == "xx"


def test_a_failing_npm_is_told_with_its_reason_and_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = fake_npm(tmp_path, works=False)
    monkeypatch.setattr(npm, "find_node", lambda: node)
    with pytest.raises(StartError) as raised:
        storage.install(tmp_path / "azurite")
    assert "npm could not install Azurite" in str(raised.value)
    assert "python -m local install" in str(raised.value)
    assert "ENOTFOUND" in str(raised.value)


def test_without_a_system_node_the_python_package_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    node = npm.find_node()
    assert Path(node.node[0]).is_file()
    assert Path(node.npm[1]).is_file()
    assert npm.major_version(node.node[0]) >= npm.OLDEST_NODE


def test_connection_string_and_command(tmp_path: Path) -> None:
    with QueueServiceClient.from_connection_string(PORTS.connection_string) as service:
        assert service.url == "http://127.0.0.1:2/devstoreaccount1/"
    command = storage.azurite_command(Path("azurite.js"), ports=PORTS, location=None)
    assert {"--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--queuePort=2"} <= set(command)
    command = storage.azurite_command(Path("azurite.js"), ports=PORTS, location=tmp_path)
    assert "--inMemoryPersistence" not in command
    assert command[-2:] == ["--location", str(tmp_path)]


@pytest.mark.pitfall("G9")
def test_a_newer_api_version_than_azurite_knows_is_taken(azurite: str) -> None:
    """microsoft/aspire#9375: 400 "The API version ... is not supported by Azurite" after an upgrade of a package."""
    parts = dict(part.partition("=")[::2] for part in azurite.split(";") if part)
    address = f"{parts['QueueEndpoint']}?comp=list"
    answer = web.get(address, headers={"x-ms-version": "2199-01-01", "Authorization": "SharedKey a:YQ=="})
    assert "is not supported by Azurite" not in answer.text
    assert answer.status_code == 403, "it looks at the key, so it went on"
