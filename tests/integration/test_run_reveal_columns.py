"""Columns and rows of a file turned back together, in code and at the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import (
    AuthorisationDenied,
    UsageError,
)
from lockgate.ledger.event import Revealed
from reveal_project import PEOPLE, events, released, released_people
from small_project import change, make_project


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_people(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def test_several_columns_come_side_by_side_and_each_has_its_record(
    project: Path, workspace: Workspace
) -> None:
    result = workspace.reveal_file(
        released(project), ["born", "email"], purpose="audit", rows=(2, 3)
    )
    assert result.table is not None
    assert [str(v) for v in result.table["born"].to_pylist()] == ["1952-01-01", "1953-01-01"]
    assert result.table["email"].to_pylist() == ["p2@example.org", "p3@example.org"]
    found = events(workspace, Revealed)
    assert [(e.what, e.count) for e in found] == [("people.born", 2), ("people.email", 2)]
    assert all(event.rules_digest == workspace.project.reveal_rules.digest for event in found)
    with pytest.raises(UsageError, match="several"):
        _ = result.values


def test_of_several_columns_one_that_is_refused_refuses_all(
    project: Path, workspace: Workspace
) -> None:
    with pytest.raises(AuthorisationDenied):
        workspace.reveal_file(released(project), ["born", "id"], purpose="audit")
    with pytest.raises(AuthorisationDenied):
        workspace.reveal_file(released(project), ["born", "email"], purpose="audit")
    assert not events(workspace, Revealed)


def test_several_columns_and_rows_go_to_one_private_file(
    project: Path, workspace: Workspace
) -> None:
    to = project / "clear.parquet"
    columns = ["email", "born"]
    workspace.reveal_file(released(project), columns, purpose="audit", to=to, rows=(8, 9))
    assert to.stat().st_mode & 0o777 == 0o600
    assert pq.read_table(to).to_pylist() == [
        {"email": "p8@example.org", "born": datetime(1958, 1, 1).date()}
    ]


class TestCommand:
    def test_columns_and_rows_as_json(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        words += ["--column", "born", "--rows", "2-2", "--purpose", "audit", "--json"]
        assert invoke([*words, "-C", str(project)]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["rows"] == 1
        assert shown["columns"] == {"email": ["p2@example.org"], "born": ["1952-01-01"]}

    def test_text_has_a_line_a_row(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        words += ["--column", "born", "--rows", "2-3", "--purpose", "audit"]
        assert invoke([*words, "-C", str(project)]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "p2@example.org\t1952-01-01",
            "p3@example.org\t1953-01-01",
        ]

    @pytest.mark.parametrize("rows", ["0-3", "3-2", "a-b", "5", "-1"])
    def test_rows_that_are_no_range(
        self, project: Path, capsys: pytest.CaptureFixture[str], rows: str
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        assert invoke([*words, "--rows", rows, "--purpose", "audit", "-C", str(project)]) == 2
        assert "1-100" in capsys.readouterr().err

    def test_a_refusal_says_which_rule_and_what_to_do(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["reveal", "--file", str(released(project)), "--column", "email"]
        assert invoke([*words, "--purpose", "audit", "-C", str(project)]) == 7
        shown = capsys.readouterr()
        assert "pii.email" in shown.err
        assert "--rows" in shown.err
        assert "example.org" not in shown.out + shown.err

    def test_bytes_are_base64_in_json(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project = make_project(tmp_path / "bytes", PEOPLE.replace("Oslo", "QUI="))
        change(
            project / "contracts/people.odcs.yaml",
            "      - name: city\n        logicalType: string\n",
            "      - name: city\n        logicalType: string\n        physicalType: binary\n",
        )
        change(project / "contracts/people.odcs.yaml", "value: public}", "value: pii.address}")
        with Workspace.open(project) as workspace:
            workspace.create_domains()
            workspace.run("people")
            file = next(project.glob("out/study/run-*/part-*.csv"))
            held = workspace.reveal_file(file, "city", purpose="x", rows=(1, 1)).values
            assert held is not None
            (value,) = held.to_pylist()
        assert isinstance(value, bytes)
        words = ["reveal", "--file", str(file), "--column", "city", "--rows", "1-1", "--json"]
        assert invoke([*words, "--purpose", "x", "-C", str(project)]) == 0
        import base64

        assert json.loads(capsys.readouterr().out)["values"] == [base64.b64encode(value).decode()]
