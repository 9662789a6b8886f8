"""Attacks between the two readings of a file that is revealed: what was counted is not shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from lockgate.assemble.released_file import ReleasedFile, RowRange
from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError
from lockgate.ledger.event import Revealed, RevealRefused
from lockgate.run.context import RunContext
from lockgate.run.reveal_door import Asked, admit
from small_project import change, make_project

RULES = """
reveal:
  pii.email: deny
  pii.birth_date: {max_rows: 1, max_rows_per_day: 1}
"""
PEOPLE = "id,email,born,city\n" + "".join(
    f"{n},p{n}@example.org,19{50 + n}-01-01,Oslo\n" for n in range(1, 9)
)
Read = Callable[[RunContext], Iterator[pa.RecordBatch]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", PEOPLE)
    with Workspace.open(folder) as workspace:
        workspace.run("people")
    (folder / "policy/reveal.yaml").write_text(RULES)
    return folder


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(Path(shutil.copytree(template, tmp_path / "people"))) as opened:
        yield opened


def released(workspace: Workspace) -> Path:
    folder: Path = workspace.project.folder
    return next(folder.glob("out/study/run-*/part-*.csv"))


def one_value(path: Path) -> pa.Table:
    """The released table with one value of ``born`` left; the file now holds it."""
    full = pacsv.read_csv(path)
    born = full.column("born").to_pylist()
    left = pa.array([born[0], *[None] * (len(born) - 1)], pa.string())
    pacsv.write_csv(full.set_column(2, "born", left), path)
    return full


def swapping_after_admission(monkeypatch: pytest.MonkeyPatch, file: Path, table: pa.Table) -> None:
    """Rename another file over the one that was counted, before it is read again."""
    other = file.parent / "other"
    pacsv.write_csv(table, other)

    def swap(context: RunContext, requested: Sequence[Asked], purpose: str) -> None:
        admit(context, requested, purpose)
        other.replace(file)

    monkeypatch.setattr("lockgate.run.reveal.admit", swap)


def without_comparing_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if whoever writes were quick enough to pass the comparison of digests."""
    rows = ReleasedFile.rows

    def each_anew(self: ReleasedFile, columns: tuple[str, ...], wanted: RowRange) -> Read:
        def read(context: RunContext) -> Iterator[pa.RecordBatch]:
            return rows(self, columns, wanted)(context)

        return read

    monkeypatch.setattr(ReleasedFile, "rows", each_anew)


@pytest.mark.parametrize("digests", [True, False], ids=["digests", "rows"])
def test_a_file_with_more_values_renamed_over_the_one_that_was_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, digests: bool
) -> None:
    file = released(workspace)
    swapping_after_admission(monkeypatch, file, one_value(file))
    if not digests:
        without_comparing_files(monkeypatch)
    to = workspace.project.folder / "clear.csv"
    with pytest.raises(IntegrityError, match="changed while it was being read"):
        workspace.reveal_file(file, "born", purpose="audit", to=to)

    assert not to.exists()
    (counted,) = [e.event for e in workspace.ledger.read() if isinstance(e.event, Revealed)]
    assert counted.count == 1


@pytest.mark.parametrize("digests", [True, False], ids=["digests", "rows"])
def test_values_of_a_denied_label_renamed_over_those_that_were_looked_at(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, digests: bool
) -> None:
    file = released(workspace)
    full = one_value(file)
    emails = pc.if_else(
        pc.is_valid(pacsv.read_csv(file).column("born")), full.column("email"), None
    )
    swapping_after_admission(monkeypatch, file, full.set_column(2, "born", emails))
    if not digests:
        without_comparing_files(monkeypatch)
    with pytest.raises(IntegrityError):
        workspace.reveal_file(file, "born", purpose="audit")

    refusals = [e.event for e in workspace.ledger.read() if isinstance(e.event, RevealRefused)]
    assert digests or [one.code for one in refusals] == ["LG-601"]


def test_a_sealed_file_renamed_over_the_one_that_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_project(tmp_path / "people", PEOPLE)
    pipeline = folder / "pipelines/people.yaml"
    change(pipeline, "path: out/study, format: csv", "path: out/study, format: parquet, seal: true")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
        workspace.run("people")
        (first,) = (folder / "out/study").glob("run-*")
        (folder / "data/people.csv").write_text(PEOPLE.replace("@example", "@elsewhere"))
        workspace.run("people")
        (second,) = set((folder / "out/study").glob("run-*")) - {first}

        def swap(context: RunContext, requested: Sequence[Asked], purpose: str) -> None:
            admit(context, requested, purpose)
            shutil.rmtree(first)
            second.rename(first)

        monkeypatch.setattr("lockgate.run.reveal.admit", swap)
        with pytest.raises(IntegrityError, match="changed while it was being read"):
            workspace.reveal_file(next(first.glob("part-*")), "email", purpose="audit")
