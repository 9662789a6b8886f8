"""Whoever can write where released files lie wants a rewrap to bless, leak or lose something."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from deny import deny
from keys_at_hand import raw_keyring
from lockgate.access.action import Action
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    AuthorisationDenied,
    EnvironmentFailed,
    IntegrityError,
    KeyUnavailable,
    LedgerUnwritable,
    LimitExceeded,
    LockgateError,
    PathRefused,
    SourceError,
)
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.event import DataRewrapped, RewrapIntent
from lockgate.run import rewrap as rewrap_module
from rewrap_project import FORMATS, data_files, make, released, rewrap, rotate, values


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, Path]:
    """A project, and its released file under a version that only decrypts."""
    project = make(tmp_path / "people")
    (file,) = data_files(released(project))
    rotate(project, "person", "address")
    return project, file


def refused(project: Path, path: Path, error: type[LockgateError], match: str) -> None:
    """The rewrap is refused, and nothing in the run folder is another than before."""
    before = everything(path.parent)
    with pytest.raises(error, match=match) as caught:
        rewrap(project, path)
    assert "lkg1_" not in str(caught.value)
    assert everything(path.parent) == before


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def events(project: Path, kind: type) -> list[object]:
    with Workspace.open(project) as workspace:
        return [e.event for e in workspace.ledger.read() if isinstance(e.event, kind)]


def test_a_file_that_no_run_released_is_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    elsewhere = project / "out/mine.csv"
    elsewhere.write_bytes(file.read_bytes())
    refused(project, elsewhere, SourceError, "not released")


def test_a_root_with_one_foreign_file_is_refused_before_any_is_touched(
    run: tuple[Path, Path],
) -> None:
    project, file = run
    (project / "out/mine.csv").write_text("id\n1\n")
    before = everything(file.parent)
    with pytest.raises(SourceError, match="not released"):
        rewrap(project, project / "out")
    assert everything(file.parent) == before


def test_a_file_that_was_edited_is_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    file.write_bytes(file.read_bytes() + file.read_bytes().splitlines(keepends=True)[1])
    refused(project, file, IntegrityError, "manifest")


def test_a_contract_that_was_edited_is_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    contract = file.parent / "_contract.odcs.yaml"
    contract.write_text(
        contract.read_text().replace(
            "lockgate.id\n            value: name", "lockgate.id\n            value: last"
        )
    )
    refused(project, file, IntegrityError, "manifest")


@pytest.mark.parametrize("damage", ["cut", "flipped", "another column's"])
def test_damaged_frames_are_refused_with_their_rows(run: tuple[Path, Path], damage: str) -> None:
    project, file = run
    (file.parent / "_manifest.json").unlink()
    rows = pacsv.read_csv(file)
    names, last = rows.column("name").to_pylist(), rows.column("last").to_pylist()
    row = next(i for i, (a, b) in enumerate(zip(names, last, strict=True)) if i > 50 and a and b)
    bad = {"cut": names[row][:-4], "flipped": flipped(names[row]), "another column's": last[row]}
    file.write_text(file.read_text().replace(names[row], bad[damage], 1))
    refused(project, file, IntegrityError, f"column name, row {row + 1}: 1 of ")


def flipped(frame: str) -> str:
    at = len(frame) - 8
    return frame[:at] + ("A" if frame[at] != "A" else "B") + frame[at + 1 :]


def test_a_destroyed_key_is_told_with_the_column_and_the_count(run: tuple[Path, Path]) -> None:
    project, file = run
    with Workspace.open(project) as workspace:
        for version in workspace.keyring.versions("address"):
            if version.use is KeyUse.ENCRYPTION and version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
    refused(project, file, KeyUnavailable, r"\d+ values of column last are under key \d+")


def test_a_path_outside_the_roots_is_refused(run: tuple[Path, Path], tmp_path: Path) -> None:
    project, file = run
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / file.name).write_bytes(file.read_bytes())
    with pytest.raises(PathRefused, match="outside every root"):
        rewrap(project, outside / file.name)


def test_a_link_in_the_place_of_the_file_is_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    hidden = file.with_name("real.bin")
    file.rename(hidden)
    file.symlink_to(hidden)
    with pytest.raises(PathRefused, match="symbolic link"):
        rewrap(project, file)


def test_a_link_in_the_place_of_the_successor_is_refused(
    run: tuple[Path, Path], tmp_path: Path
) -> None:
    project, file = run
    target = tmp_path / "target"
    target.write_bytes(b"keep")
    file.with_name(f".rewrap-{file.name}").symlink_to(target)
    with pytest.raises((PathRefused, EnvironmentFailed)):
        rewrap(project, file)
    assert target.read_bytes() == b"keep"


def test_a_planted_successor_is_not_believed(run: tuple[Path, Path]) -> None:
    project, file = run
    clear = values(project, file)
    lines = file.read_bytes().splitlines(keepends=True)
    planted = b"".join([lines[0], lines[2], lines[1], *lines[3:]])
    file.with_name(f".rewrap-{file.name}").write_bytes(planted)
    rewrap(project, file)
    assert values(project, file) == clear


def test_a_successor_that_is_changed_between_attempts_is_made_again(
    run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, file = run
    clear = values(project, file)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rewrap_module.Rewrapping, "_verified", interrupted)
        rewrap(project, file)
    hidden = file.with_name(f".rewrap-{file.name}")
    content = hidden.read_bytes()
    at = content.index(b"plain")
    hidden.write_bytes(content[:at] + b"PLAIN" + content[at + 5 :])
    rewrap(project, file)
    assert values(project, file) == clear
    assert b"PLAIN" not in file.read_bytes()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_file_that_changes_meanwhile_is_not_replaced(
    run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, file = run
    verified = rewrap_module.Rewrapping._verified

    def late(self: rewrap_module.Rewrapping, *rest: object) -> object:
        found = verified(self, *rest)  # type: ignore[arg-type]
        file.write_bytes(b"somebody else's\n")
        return found

    monkeypatch.setattr(rewrap_module.Rewrapping, "_verified", late)
    with pytest.raises(SourceError, match="changed"):
        rewrap(project, file)
    assert file.read_bytes() == b"somebody else's\n"
    assert not events(project, DataRewrapped)


def test_two_at_once_on_one_file_are_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    with Workspace.open(project) as workspace:
        with workspace.state.exclusive(f"rewrap of {file.resolve()}"):
            refused(project, file, EnvironmentFailed, "active")


def test_without_a_ledger_nothing_is_replaced(
    run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, file = run
    before = file.read_bytes()
    from lockgate.ledger.ledger import Ledger

    append = Ledger.append

    def refuse(self: Ledger, event: object) -> int:
        if isinstance(event, RewrapIntent):
            raise LedgerUnwritable("the ledger could not be written")
        return append(self, event)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", refuse)
        with pytest.raises(LedgerUnwritable):
            rewrap(project, file)
    assert file.read_bytes() == before
    (done,) = rewrap(project, file)
    assert done.recovered
    assert len(events(project, RewrapIntent)) == len(events(project, DataRewrapped))


def test_who_may_not_is_refused_and_recorded(
    run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, file = run
    deny(monkeypatch, lambda asked, _: asked is Action.REWRAP)
    refused(project, file, AuthorisationDenied, "denied")
    (denied,) = events(project, AccessDenied)
    assert denied.action == "rewrap"  # type: ignore[attr-defined]


def test_a_rotation_meanwhile_leaves_the_file_and_the_next_attempt_is_right(
    run: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, file = run
    clear, before = values(project, file), file.read_bytes()
    make_ = rewrap_module.Rewrapping._make

    def slow(self: rewrap_module.Rewrapping, *rest: object) -> None:
        make_(self, *rest)  # type: ignore[arg-type]
        raw_keyring(self._context).rotate("person")

    with monkeypatch.context() as patch:
        patch.setattr(rewrap_module.Rewrapping, "_make", slow)
        with pytest.raises(KeyUnavailable, match="rotated"):
            rewrap(project, file)
    assert file.read_bytes() == before
    rewrap(project, file)
    assert values(project, file) == clear
    (counted,) = rewrap(project, file, dry_run=True)
    assert {keys.state for keys in counted.keys} == {"primary"}


@pytest.mark.parametrize("format", FORMATS)
def test_no_clear_value_touches_the_disk(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searched when all is written, before the successor has its place."""
    canary = b"canary-7f3a"
    project = make(tmp_path / "people", format)
    source = project / "data/people.csv"
    source.write_bytes(source.read_bytes().replace(b'"plain"', b'"' + canary + b'"'))
    folder = released(project)
    source.unlink()
    rotate(project, "person", "address")
    notes = sum(canary in path.read_bytes() for path in data_files(folder))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rewrap_module.Rewrapping, "_verified", interrupted)
        rewrap(project, folder)
    found = [path for path in project.rglob("*") if path.is_file() and canary in path.read_bytes()]
    hidden = [path for path in found if path.name.startswith(".rewrap-")]
    assert len(hidden) <= notes  # the clear column ``note`` of the released file itself
    for path in found:
        assert path in (*data_files(folder), *hidden)
        assert path.read_bytes().count(canary) == data_files(folder)[0].read_bytes().count(canary)


def test_a_manifest_of_another_file_lists_nothing_here(run: tuple[Path, Path]) -> None:
    project, file = run
    manifest = file.parent / "_manifest.json"
    document = json.loads(manifest.read_text())
    document["files"][0]["digest"] = "0" * 64
    manifest.write_text(json.dumps(document))
    refused(project, file, IntegrityError, "manifest")


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_rows_written_by_another_program_are_refused(tmp_path: Path, format: str) -> None:
    project = make(tmp_path / "people", format)
    (file,) = data_files(released(project))
    rotate(project, "person")
    (file.parent / "_manifest.json").unlink()
    text = file.read_text()
    file.write_text(text.replace('"id",', '"id" ,').replace('"name":', '"name": '))
    refused(project, file, IntegrityError, "released|columns")


def test_a_row_that_never_ends_is_refused(run: tuple[Path, Path]) -> None:
    project, file = run
    (file.parent / "_manifest.json").unlink()
    file.write_bytes(file.read_bytes() + b'"' + b"x" * (70 << 20))
    refused(project, file, LimitExceeded, "refused_row_bytes")
