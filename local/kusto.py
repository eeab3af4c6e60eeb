"""Microsoft's own reader of Kusto queries, installed once by npm: it finds what a query gets wrong, without Azure."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.npm import NpmPackage, find_node, install_package

PACKAGE = NpmPackage(
    "@kusto/language-service-next", "12.4.1", title="the reader of Kusto queries", main="Kusto.Language.Bridge.min.js"
)
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
    return install_package(PACKAGE, folder)


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
