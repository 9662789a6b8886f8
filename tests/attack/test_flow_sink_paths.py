"""No sink publishes into another's folder, nor into the project's own, however it is written."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from lockgate.contract.from_pydantic import compile_model
from lockgate.errors import PlanRefused, Position
from lockgate.flow.check import check, findings
from lockgate.flow.findings import Finding, FindingRule, Severity
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec, SourceSpec
from lockgate.policy.policy import Policy

POLICY = Policy.shipped()


class Visit(BaseModel):
    ward: str


CONTRACT = compile_model(
    Visit, id="visits", name="visits", locate=lambda path: Position("models.py", 1)
)


def pipeline(*paths: str, source: str = "data/v.csv") -> Pipeline:
    sinks = tuple(
        SinkSpec(f"s{number}", "analytics", path, FileFormat.CSV, Position("lockgate.yaml", number))
        for number, path in enumerate(paths, 1)
    )
    spec = SourceSpec("visits", source, FileFormat.CSV, where=Position("lockgate.yaml", 9))
    return Pipeline("nightly", "study", (spec,), sinks, (Selection("ward", "ward"),))


def shared(one: Pipeline) -> list[Finding]:
    found = findings(one, {"visits": CONTRACT}, POLICY)
    return [finding for finding in found if finding.rule is FindingRule.SHARED_PATH]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("out", "out"),
        ("out", "./out"),
        ("out", "out/."),
        ("out/a", "out//a/"),
        ("out/a", "out/./a"),
        ("out", "Out"),
        ("/srv/out", "/srv//out/"),
    ],
)
def test_one_folder_written_in_two_ways(first: str, second: str) -> None:
    for paths in ((first, second), (second, first)):
        (found,) = shared(pipeline(*paths))
        assert (found.severity, found.sink) == (Severity.ERROR, "s2")
        assert found.message == "it publishes to the folder of sink s1"
        assert found.where == Position("lockgate.yaml", 2)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("out", "out/x"), ("out", "./out/a/b"), (".", "out"), ("./", "out/x"), ("/srv", "/srv/out")],
)
def test_a_sink_nested_in_another(outer: str, inner: str) -> None:
    (found,) = shared(pipeline(outer, inner))
    assert found.message == "it publishes inside the folder of sink s1"
    (found,) = shared(pipeline(inner, outer))
    assert found.message == "sink s1 publishes inside its folder"
    with pytest.raises(PlanRefused):
        check(pipeline(outer, inner), {"visits": CONTRACT}, POLICY)


@pytest.mark.parametrize(
    ("first", "second"), [("out", "out2"), ("out/a", "out/b"), ("a/b", "b"), (".", "/srv")]
)
def test_folders_beside_each_other_are_fine(first: str, second: str) -> None:
    assert shared(pipeline(first, second)) == []


@pytest.mark.parametrize(
    "path", [".lockgate", "./.lockgate/quarantine", "a/.lockgate/b", "/srv/p/.Lockgate/out"]
)
def test_a_path_inside_the_projects_own_folder(path: str) -> None:
    (found,) = shared(pipeline("out", path))
    assert (found.severity, found.sink) == (Severity.ERROR, "s2")
    assert "keys and state" in found.message
    (found,) = shared(pipeline("out", source=path))
    assert (found.severity, found.sink) == (Severity.ERROR, "")
    assert found.where == Position("lockgate.yaml", 9)


def test_every_sink_at_fault_has_one_finding() -> None:
    found = shared(pipeline(".", "out", "out/x", ".lockgate"))
    assert [finding.sink for finding in found] == ["s2", "s3", "s4"]


def test_the_proposed_fix_is_a_fix() -> None:
    for paths in (("out", "./out/"), ("out", "out/x"), ("out/x", "out")):
        (found,) = shared(pipeline(*paths))
        assert found.fix == "path: out-s2"
        assert shared(pipeline(paths[0], found.fix.removeprefix("path: "))) == []
    (found,) = shared(pipeline("out", "."))
    assert found.fix == "give both a folder: path: out/s2 and path: out/s1"
