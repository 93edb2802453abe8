"""Files that name metrics, compared with the metrics that the program has: docs/operations.md, the dashboard, the alerts."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from metrics.definitions import definitions
from metrics.prometheus import program

_ROOT = Path(__file__).resolve().parents[2]
_ALERTS = _ROOT / "deploy" / "prometheus" / "alerts.yaml"
_DASHBOARD = _ROOT / "deploy" / "grafana" / "dashboard.json"
_ALWAYS = {"le", "job", "instance"}  # of every series in Prometheus


def expressions():
    for found in re.finditer(r"^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", _ALERTS.read_text(), re.MULTILINE):
        yield " ".join((found[1] or found[2]).split())
    for panel in json.loads(_DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m")


def test_the_table_of_the_documentation_is_the_table_of_the_code():
    text = (_ROOT / "docs" / "operations.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `\w+` \| (?:counter|gauge|histogram|info) .*", text, re.MULTILINE)]
    shown = [(name.strip("`"), type, unit, tuple(re.findall(r"`(\w+)`", labels)), help) for name, type, unit, labels, help in rows]
    assert shown == [(d.name, d.type, d.unit, tuple(label for label in d.labels if label != "…"), d.help) for d in definitions()]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_names_only_metrics_and_labels_that_exist(expression):
    known = {d.name: d for d in definitions()}
    names = re.findall(r"\b((?:http|faas|messaging|ofn|otel|process)_\w+)(?=[{\[) ]|$)", re.sub(r"by \([^)]*\)", "", expression))
    assert names
    labels = set()
    for name in names:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        definition = known.get(name) or known[base]
        assert (name == definition.name) != (definition.type == "histogram"), name
        labels |= set(definition.labels)
    used = re.findall(r"(\w+)(?:=~|!=|=|!~)", expression)
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        used += [label.strip() for label in grouped.split(",")]
    assert set(used) <= labels | _ALWAYS


def test_every_metric_of_the_program_is_on_the_dashboard():
    shown = " ".join(target["expr"] for panel in json.loads(_DASHBOARD.read_text())["panels"] for target in panel.get("targets", []))
    hidden = {"ofn_build_info", "target_info", "faas_coldstarts_total", "ofn_gate_queue_limit", "ofn_reloads_total", "process_uptime_seconds"}
    missing = {d.name for d in definitions() if d.name not in shown}
    assert missing == hidden


def test_promtool_accepts_the_alerts():
    done = subprocess.run([program("promtool"), "check", "rules", _ALERTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_expressions_of_the_dashboard(tmp_path):
    # As rules, because promtool checks those without a server.
    rules = [{"record": f"panel_{i}", "expr": expression.replace("$job", ".*").replace("$instance", ".*")} for i, expression in enumerate(expressions())]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([program("promtool"), "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
