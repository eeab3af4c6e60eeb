"""Microsoft's own reader of Kusto queries, installed once by npm: it finds what a query gets wrong, without Azure."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.processes import StartError
from local.storage import INSTALL_SECONDS, find_node, locked

PACKAGE = "@kusto/language-service-next"
VERSION = "12.4.1"
CHECK_SECONDS = 60
# Reads {"schema": {table: columns}, "queries": {name: text}} and writes {name: [fault]}.
SCRIPT = """
const folder = process.argv[1];
require(folder + "/bridge.min.js");
require(folder + "/Kusto.Language.Bridge.min.js");
const symbols = Kusto.Language.Symbols;
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const tables = Object.entries(input.schema).map(([name, columns]) =>
  symbols.TableSymbol.From("(" + columns + ")").WithName(name));
const database = new symbols.DatabaseSymbol.$ctor1("workspace", tables, false);
const globals = Kusto.Language.GlobalState.Default.WithDatabase(database);
const found = {};
for (const [name, text] of Object.entries(input.queries)) {
  const faults = Kusto.Language.KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
  found[name] = [];
  for (let i = 0; i < faults.Count; i++) {
    const fault = faults.getItem(i);
    found[name].push(fault.Code + ": " + fault.Message);
  }
}
console.log(JSON.stringify(found));
"""


def install(folder: Path) -> Path:
    """Install the package below `folder` unless that version is there; returns where it is.

    Raises:
        StartError: npm fails.
    """
    package = folder / "node_modules" / PACKAGE
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        manifest = package / "package.json"
        if manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == VERSION:
            return package
        command = [*find_node().npm, "install", f"{PACKAGE}@{VERSION}", "--prefix", str(folder)]
        options = ["--no-fund", "--no-audit", "--no-package-lock", "--loglevel=error"]
        try:
            done = subprocess.run(
                [*command, *options], cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise StartError(f"npm did not finish installing {PACKAGE} within {INSTALL_SECONDS} s.") from None
        if done.returncode != 0:
            raise StartError(f"npm could not install {PACKAGE} {VERSION}: {done.stderr.strip()[-500:]}")
    return package


def faults_of(queries: Mapping[str, str], *, schema: Mapping[str, str], package: Path) -> dict[str, list[str]]:
    """What is wrong with each query: its grammar, and every table, column and function that it names.

    Args:
        queries: Texts by name.
        schema: The columns of each table, as `name:type, name:type`.
        package: What `install` returned.
    """
    given = json.dumps({"schema": dict(schema), "queries": dict(queries)})
    command = [*find_node().node, "-e", SCRIPT, str(package.resolve())]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=CHECK_SECONDS, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
