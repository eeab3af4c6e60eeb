"""The queries of alerts and workbook: what they name exists, in Azure's tables and in what the code logs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local import kusto
from local.workbook import QUERIES, SHOWN
from provisioning.model.newcomer_messages import MessageState
from provisioning.model.passes import PassRefusal
from provisioning.model.sweep import SweepOutcome

from .functions import Function
from .log_events import logged_events
from .templates import INFRA, ROOT, Template

ALERTS = INFRA / "monitoring/alerts"
KQL = {path.stem: path.read_text(encoding="utf-8") for path in [*ALERTS.glob("*.kql"), *QUERIES.glob("*.kql")]}
# learn.microsoft.com/azure/azure-monitor/reference/tables: the columns that are used, and some beside them.
COMMON = "TimeGenerated:datetime, AppRoleName:string, OperationName:string, OperationId:string, ItemCount:int"
SCHEMA = {
    "AppTraces": f"{COMMON}, Message:string, SeverityLevel:int, Properties:dynamic",
    "AppRequests": f"{COMMON}, Name:string, Success:bool, ResultCode:string, DurationMs:real, Properties:dynamic",
    "AppExceptions": f"{COMMON}, ExceptionType:string, OuterMessage:string, ProblemId:string",
    "_LogOperation": "TimeGenerated:datetime, Category:string, Operation:string, Level:string, Detail:string",
}
# A dictionary holds what the sweep writes; tests/integration/test_log_lines.py looks at the line itself.
SWEEP_FIELDS = {
    "added",
    "candidates",
    "excluded",
    "outcome",
    "reason",
    "removed",
    "since",
    "waiting",
}
# What a run of the messages did, in the same way: each count is there only if it is not zero.
MESSAGE_RUN_FIELDS = {"accepted", "closed", "failed", "next_at", "paused", "put_off", "unknown"}
EVENT = re.compile(r'line\.event\) (?:==|in) \(?((?:"\w+"(?:, )?)+)')
WINDOWS = {"PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"}
HOURS = {"PT15M": 0.25, "PT30M": 0.5, "PT45M": 0.75, "PT1H": 1, "PT2H": 2, "PT6H": 6, "P1D": 24, "P2D": 48}


@pytest.fixture(scope="module")
def package() -> Path:
    return kusto.install(ROOT / ".local/kusto")


@pytest.fixture(scope="module")
def rules(templates: dict[str, Template]) -> list[dict[str, Any]]:
    variables = templates["app/alerts.bicep"].tree["variables"]
    assert variables["wantedRules"]["value"]["function"]["type"] == "concat"
    found: list[dict[str, Any]] = [
        rule for name in ("rules", "messageRules", "passRules") for rule in variables[name]["value"]
    ]
    return found


def test_every_query_is_one_and_names_columns_that_exist(package: Path) -> None:
    faults = kusto.faults_of(KQL, schema=SCHEMA, package=package)
    assert set(faults) == set(KQL)
    assert not {name: found for name, found in faults.items() if found}


def test_a_planted_mistake_is_found(package: Path) -> None:
    planted = {
        "column": "AppTraces | where Massage == 'a'",
        "table": "AppTrace | take 1",
        "function": "AppTraces | extend a = parse_jason(Message)",
        "grammar": "AppTraces | where (Message == 'a'",
        "type": "AppRequests | where Success == 'yes' and DurationMs startswith 'a'",
    }
    assert all(kusto.faults_of(planted, schema=SCHEMA, package=package).values())


@pytest.mark.parametrize("name", KQL)
def test_what_a_query_reads_is_logged(name: str) -> None:
    logged = {**logged_events(), "sweep": SWEEP_FIELDS, "messages": MESSAGE_RUN_FIELDS}
    fields = set(re.findall(r"\bline\.(\w+)", KQL[name])) - {"event"}
    events = {event for group in EVENT.findall(KQL[name]) for event in re.findall(r"\w+", group)}
    assert events <= set(logged), f"nothing logs {events - set(logged)}"
    if events:
        assert fields <= {field for event in events for field in logged[event]}, name


def test_outcomes_and_functions_are_spelled_as_in_the_code(functions: dict[str, Function]) -> None:
    words = {word for text in KQL.values() for word in re.findall(r"line\.outcome\) (?:==|in) \(?([^)\n|]+)", text)}
    outcomes = {outcome for word in words for outcome in re.findall(r'"(\w+)"', word)}
    assert outcomes
    assert outcomes <= {str(outcome) for outcome in SweepOutcome}
    names = {name for text in KQL.values() for name in re.findall(r"OperationName (?:==|in) \(?([^)\n|]+)", text)}
    named = {name for group in names for name in re.findall(r'"(\w+)"', group)}
    assert named
    assert named <= set(functions)


def words_of(pattern: str) -> set[str]:
    """The words that queries compare something with."""
    return {
        word for text in KQL.values() for found in re.findall(pattern, text) for word in re.findall(r'"(\w+)"', found)
    }


def test_what_became_of_passes_and_messages_is_spelled_as_in_the_code() -> None:
    refusals = words_of(r"line\.reason\) (?:==|in) \(?([^)\n|]+)")
    assert {"administrator", "not_granted"} <= refusals <= set(PassRefusal)
    states = words_of(r"line\.state\) (?:==|in) \(?([^)\n|]+)")
    assert {"failed", "unknown", "accepted"} == states <= set(MessageState)


def test_a_deployment_without_messages_or_passes_has_no_rule_about_them(templates: dict[str, Template]) -> None:
    """A timer that is off writes no line, which would be an alert every day."""
    code = templates["app/alerts.bicep"].code
    assert "concat(rules, withMessages ? messageRules : [], empty(passesWorkspaceName) ? [] : passRules)" in code
    rules = templates["app/alerts.bicep"].tree["variables"]["rules"]["value"]
    assert not [rule["name"] for rule in rules if rule["name"].startswith(("message", "pass"))]
    main = templates["main.bicep"].code
    assert "passesWorkspaceName: passes ? passesWorkspaceName : ''" in main
    assert "withMessages: !empty(messages) && messagesChannel != 'off'" in main


def test_every_query_that_stands_here_is_used(templates: dict[str, Template]) -> None:
    loaded = {
        Path(found).stem
        for template in templates.values()
        for found in re.findall(r"loadTextContent\('([^']+\.kql)'\)", template.code)
    }
    assert loaded == set(KQL)
    assert set(SHOWN) <= {path.stem for path in QUERIES.glob("*.kql")}


def test_each_rule_leads_to_its_paragraph(rules: list[dict[str, Any]]) -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<a id="([\w-]+)"></a>', text))
    assert {rule["name"] for rule in rules} | {"page-unreachable"} == anchors
    for rule in rules:
        paragraph = text.split(f'<a id="{rule["name"]}"></a>')[1].split("<a id=")[0]
        assert rule["title"].replace("\\'", "'") in paragraph
        assert "`" in paragraph, f"{rule['name']}: no command"


def test_rules_are_what_azure_takes(rules: list[dict[str, Any]], templates: dict[str, Template]) -> None:
    """Windows and frequencies: learn.microsoft.com/azure/azure-monitor/alerts/resource-manager-alerts-log."""
    assert len({rule["name"] for rule in rules}) == len(rules)
    assert {rule["app"] for rule in rules} == {"front", "passes", "people", "tenant"}
    for rule in rules:
        window = rule["window"] if rule["window"] != "sweepWindow" else "PT1H"
        assert window in WINDOWS
        assert rule["frequency"] in WINDOWS
        assert HOURS[rule["frequency"]] <= HOURS[window]
        assert rule["severity"] in range(5)
        assert rule["operator"] in ("GreaterThan", "LessThan")
        assert rule["operator"] == "GreaterThan" or rule["threshold"] == 1
        summed = "summarize" in KQL[rule_query(rule)]
        assert summed == bool(rule["measure"]), "rows are counted, or one column is added up"
    (written,) = templates["app/alerts.bicep"].resources("Microsoft.Insights/scheduledQueryRules")
    assert written["identity"]["type"] == "UserAssigned"
    assert written["properties"]["skipQueryValidation"] is True
    assert written["properties"]["autoMitigate"] is True


def rule_query(rule: dict[str, Any]) -> str:
    """The file that a rule's query is read from."""
    query = rule["query"]
    if isinstance(query, str):  # a variable, since two rules read it
        return {"poisonQuery": "poison", "failedRunsQuery": "failed-runs", "logCapQuery": "log-cap"}[query]
    return Path(query["function"]["parameters"]["file_path"]).stem


def test_nothing_in_a_query_that_a_rule_refuses() -> None:
    """learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query; AggregatedValue is the rule's own column."""
    refused = re.compile(r"\b(bag_unpack|pivot|narrow|search|union|AggregatedValue|ago)\b")
    for path in ALERTS.glob("*.kql"):
        code = "\n".join(line for line in KQL[path.stem].splitlines() if not line.startswith("//"))
        assert not refused.search(code), path.name


def test_the_sweep_is_missed_after_four_of_them(main: Template) -> None:
    window = main.tree["parameters"]["sweepAlertWindow"]
    assert window["default"] == "PT1H"
    assert main.tree["parameters"]["sweepSchedule"]["default"] == "0 */15 * * * *"
    assert {item["type"]: item.get("argument") for item in window["decorators"]}["allowed"][0] == "PT30M"


def test_the_workbook_reads_workspaces_that_are_put_in(templates: dict[str, Template]) -> None:
    text = (INFRA / "monitoring/workbook.json").read_text(encoding="utf-8")
    apps = {"front", "passes", "people", "tenant"}
    assert set(re.findall(r"\{\{(\w+)\}\}", text)) == apps
    assert all(f"'{{{{{app}}}}}'" in templates["app/workbook.bicep"].code for app in apps)
    queries = [item["content"]["query"] for item in json.loads(text)["items"] if item["type"] == 3]
    assert queries == [KQL[name] for name in SHOWN]
