"""The root key is lost, and the sealed copy is older than keys that Lockgate made for itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError
from lockgate.secret import SecretBytes
from rewrap_project import rewrap
from small_project import change, make_project

WORDS = SecretBytes(b"a passphrase for the safe")


def run(folder: Path) -> Path:
    """Another release, of one more person; its file."""
    data = folder / "data/people.csv"
    more = f"{random.randrange(10, 10**9)},z@example.org,1990-01-01,Rome\n"
    data.write_text(data.read_text().rstrip("\n") + "\n" + more)
    with Workspace.open(folder) as workspace:
        return next(workspace.run("people").sinks["study"].glob("part-*"))


def seal(folder: Path) -> None:
    change(folder / "pipelines/people.yaml", "format: parquet", "format: parquet, seal: true")


def shred(folder: Path) -> None:
    policy = folder / "policy/zones.yaml"
    policy.write_text(f"{policy.read_text()}labels:\n  pii.birth_date: {{shred: subject}}\n")


def lost(folder: Path, copy: Path) -> None:
    """No root key any more; what the copy has comes back."""
    (folder / ".lockgate/root.key").unlink()
    with Workspace.open(folder) as workspace:
        workspace.make_root(lost=True)
        workspace.keys.replace_lost_root(copy, WORDS, "test", lambda given_up: None)


@pytest.mark.parametrize("change_after", [None, seal, shred], ids=["digests", "seal", "salts"])
def test_a_copy_older_than_our_own_keys_does_not_stop_the_project(
    tmp_path: Path, change_after: Callable[[Path], None] | None
) -> None:
    folder, copy = make_project(tmp_path / "people"), tmp_path / "safe.keys"
    if change_after is not None:
        run(folder)
    with Workspace.open(folder) as workspace:
        workspace.keys.export(copy, WORDS, "test")
    if change_after is not None:
        change_after(folder)
    run(folder)
    lost(folder, copy)

    released = run(folder)

    with Workspace.open(folder) as workspace:
        workspace.keys.check()
        born = workspace.reveal_file(released, "born", purpose="test").values.to_pylist()
    assert "1990-01-01" in map(str, born)


def test_a_newer_copy_found_later_does_not_stop_it_either(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "people")
    older, newer = tmp_path / "older.keys", tmp_path / "newer.keys"
    with Workspace.open(folder) as workspace:
        workspace.keys.export(older, WORDS, "test")
    first = run(folder)
    with Workspace.open(folder) as workspace:
        workspace.keys.export(newer, WORDS, "test")
    lost(folder, older)
    with Workspace.open(folder) as workspace:
        workspace.keys.restore(newer, WORDS, "test", unsafe_resurrect=True)

    second = run(folder)

    with Workspace.open(folder) as workspace:
        workspace.keys.check()
        for released in (first, second):
            assert workspace.reveal_file(released, "born", purpose="test").values


def renewed(tmp_path: Path, *changes: Callable[[Path], None]) -> tuple[Path, Path]:
    """A project and a file of it that is listed under an older key of digests than the present."""
    folder = make_project(tmp_path / "people")
    older, newer = tmp_path / "older.keys", tmp_path / "newer.keys"
    for one in changes:
        one(folder)
    with Workspace.open(folder) as workspace:
        workspace.keys.export(older, WORDS, "test")
    first = run(folder)
    with Workspace.open(folder) as workspace:
        workspace.keys.export(newer, WORDS, "test")
    lost(folder, older)
    with Workspace.open(folder) as workspace:
        workspace.keys.restore(newer, WORDS, "test", unsafe_resurrect=True)
    run(folder)
    return folder, first


def test_files_listed_under_an_older_key_of_digests_are_rewrapped(tmp_path: Path) -> None:
    folder, first = renewed(tmp_path)
    with Workspace.open(folder) as workspace:
        before = workspace.reveal_file(first, "born", purpose="test").values
        workspace.rotate("birth-date")
    done = rewrap(folder, folder / "out/study")
    assert [one.status.value for one in done] == ["rewrapped", "rewrapped"]
    assert {one.status.value for one in rewrap(folder, folder / "out/study")} == {"up-to-date"}
    with Workspace.open(folder) as workspace:
        assert workspace.reveal_file(first, "born", purpose="test").values == before


def test_a_file_exchanged_in_a_folder_of_an_older_key_of_digests_is_not(tmp_path: Path) -> None:
    folder, first = renewed(tmp_path)
    with Workspace.open(folder) as workspace:
        workspace.rotate("birth-date")
    first.write_bytes(first.read_bytes().replace(b"Oslo", b"Rome"))
    with pytest.raises(IntegrityError, match="manifest"):
        rewrap(folder, first)


def test_a_contract_changed_in_a_folder_of_an_older_key_of_digests_is_refused(
    tmp_path: Path,
) -> None:
    folder, first = renewed(tmp_path)
    contract = first.parent / "_contract.odcs.yaml"
    contract.write_text(contract.read_text() + "# more\n")
    with pytest.raises(IntegrityError, match="manifest"):
        rewrap(folder, first)


def test_a_sealed_file_listed_under_an_older_key_of_digests_is_unsealed(tmp_path: Path) -> None:
    folder, _ = renewed(tmp_path, seal)
    first, second = sorted(folder.glob("out/coarse/run-*/part-*"))
    with Workspace.open(folder) as workspace:
        for file in (first, second):
            assert workspace.unseal(file, purpose="test", to=tmp_path / file.parent.name).rows
        first.write_bytes(second.read_bytes())
        with pytest.raises(IntegrityError):
            workspace.unseal(first, purpose="test", to=tmp_path / "never")
