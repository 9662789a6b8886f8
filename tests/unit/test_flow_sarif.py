"""Findings as SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockgate.errors import Position
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.paths import PathStep
from lockgate.flow.rules import SAYS
from lockgate.flow.sarif import as_sarif

WAY = (
    PathStep("customers", "ssn", True, Position("contracts/c.yaml", 3, 5)),
    PathStep("joined", "n", False, Position("steps/joined.sql", 2, 8)),
    PathStep("sink:out", "n", False),
)
LEAK = Finding(
    FindingRule.INFLUENCE_DENIED,
    "nightly",
    "zone open does not let pii.ssn decide",
    sink="out",
    column="n",
    label="pii.ssn",
    zone="open",
    fix="zones: {...}",
    where=Position("a folder/lockgate.yaml", 9, 7),
    path=WAY,
)


def sarif(*findings: Finding, **options: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(as_sarif(findings, "1.2.3", **options)))
    assert isinstance(document, dict)
    return document


def only(document: dict[str, Any]) -> dict[str, Any]:
    (run,) = document["runs"]
    (result,) = run["results"]
    assert isinstance(result, dict)
    return result


def test_every_rule_of_the_check_is_described_with_the_level_its_findings_have() -> None:
    document = sarif()
    driver = document["runs"][0]["tool"]["driver"]
    assert (document["version"], driver["name"]) == ("2.1.0", "lockgate")
    assert driver["semanticVersion"] == "1.2.3"
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in driver["rules"]}
    assert levels == {rule.value: rule.severity.value for rule in FindingRule}
    assert set(SAYS) == set(FindingRule)


def test_a_finding_points_at_its_rule_its_line_and_its_fix() -> None:
    document = sarif(LEAK)
    result = only(document)
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "influence-denied"
    assert result["level"] == "error"
    assert result["message"]["text"].endswith("Fix: zones: {...}")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "a%20folder/lockgate.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 9, "startColumn": 7}


def test_the_way_of_a_label_is_a_code_flow_from_source_to_sink() -> None:
    (flow,) = only(sarif(LEAK))["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = [step["location"] for step in thread["locations"]]
    assert [step["message"]["text"] for step in steps] == [
        "customers.ssn decides what appears in the next",
        "joined.n",
        "sink:out.n",
    ]
    assert steps[1]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 8}
    assert "physicalLocation" not in steps[2]


def test_files_are_named_as_the_caller_sees_them() -> None:
    result = only(sarif(LEAK, relative=lambda file: f"repo/{file}"))
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "repo/a%20folder/lockgate.yaml"


@pytest.mark.parametrize("name", ["sink", "column", "label", "zone", "step", "pipeline"])
def test_a_finding_about_something_else_has_another_fingerprint(name: str) -> None:
    from dataclasses import replace

    moved = replace(LEAK, where=Position("elsewhere.yaml", 1, 1), message="other words")
    changed = replace(LEAK, **{name: "other"})
    prints = [only(sarif(one))["partialFingerprints"] for one in (LEAK, moved, changed)]
    assert prints[0] == prints[1] != prints[2]


def test_a_finding_without_a_place_has_no_location() -> None:
    finding = Finding(FindingRule.NOTHING_RELEASED, "p", "nothing")
    result = only(sarif(finding))
    assert "locations" not in result
    assert "codeFlows" not in result
    assert "Fix" not in result["message"]["text"]
