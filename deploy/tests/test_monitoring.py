"""Prometheus's configuration, its alerts, and the dashboard."""

import json
import re
import tempfile
import unittest

from support import DEPLOY, ROOT, documents, run, tool

FOLDER = DEPLOY / "monitoring"


class Monitoring(unittest.TestCase):
    def test_prometheus_takes_its_configuration(self):
        run(tool("promtool"), "check", "config", "--syntax-only", FOLDER / "prometheus.yaml")
        run(tool("promtool"), "check", "rules", FOLDER / "alerts.yaml")

    def test_alerts_come_when_they_should(self):
        run(tool("promtool"), "test", "rules", DEPLOY / "tests/alerts.yaml")

    def test_every_alert_is_tried(self):
        tried = set(re.findall(r"Reprise\w+", (DEPLOY / "tests/alerts.yaml").read_text()))
        for group in documents("monitoring/alerts.yaml")[0]["groups"]:
            for rule in group["rules"]:
                self.assertIn(rule["alert"], tried)
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))

    def test_the_runbook_says_what_to_do(self):
        runbook = (ROOT / "Sources/Reprise/Reprise.docc/Runbook.md").read_text()
        headings = set(re.findall(r"^### (.*)$", runbook, re.M))
        for group in documents("monitoring/alerts.yaml")[0]["groups"]:
            for rule in group["rules"]:
                self.assertIn(rule["annotations"]["runbook"], headings, rule["alert"])
                self.assertIn(f"`{rule['alert']}`", runbook)

    def test_the_dashboard_hangs_together(self):
        dashboard = json.loads((FOLDER / "grafana/reprise.json").read_text())
        source = documents("monitoring/grafana/datasource.yaml")[0]["datasources"][0]["uid"]
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
            if panel["type"] == "row":
                continue
            self.assertEqual(panel["datasource"]["uid"], source, panel["title"])
            self.assertTrue(panel["targets"], panel["title"])

    def test_what_is_asked_for_is_shown(self):
        shown = {}
        for line in (ROOT / "schemas/metrics.md").read_text().splitlines():
            if line.startswith("| `"):
                cells = [cell.strip() for cell in line.split("|")]
                shown[cells[1].strip("`")] = cells[2]
        histograms = {name + suffix for name, form in shown.items() if form == "histogram"
                      for suffix in ("_bucket", "_sum", "_count")}
        plainly = {name for name, form in shown.items() if form != "histogram"}
        asked = set()
        for rule in documents("monitoring/alerts.yaml")[0]["groups"]:
            for each in rule["rules"]:
                asked |= metrics(each["expr"])
        dashboard = json.loads((FOLDER / "grafana/reprise.json").read_text())
        asked |= metrics(json.dumps(dashboard))
        self.assertGreater(len(asked), 20)
        self.assertFalse(asked - histograms - plainly)

    def test_prometheus_could_ask_what_the_dashboard_asks(self):
        dashboard = json.loads((FOLDER / "grafana/reprise.json").read_text())
        rules = [{"record": f"panel:{panel['id']}:{index}", "expr": plain(target["expr"])}
                 for panel in dashboard["panels"] if panel["type"] != "row"
                 for index, target in enumerate(panel["targets"])]
        self.assertGreater(len(rules), 20)
        text = json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            run(tool("promtool"), "check", "rules", file.name)


def metrics(text):
    """The names in it that look like metrics of ours."""
    return set(re.findall(r"\b(?:reprise|process)_[a-z_]+\b", text))


def plain(expression):
    """As Grafana sends it."""
    for name, value in (("$__rate_interval", "1m"), ("$instance", ".*"), ("$kind", ".*")):
        expression = expression.replace(name, value)
    return expression
