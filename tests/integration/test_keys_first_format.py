"""A project as the first version of Lockgate left it: opens, reveals, rotates, replays, runs.

The archive and how it was made: ``tests/fixtures/make_first_keyring.py``.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.keys.ports import KeyState, KeyUse

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "first_keyring.tar.gz"
FIRST = ["ann@example.org", "BOB@example.org"]
SECOND = ["carol@example.org", "dave@example.org"]
TOKENS = {
    tuple(FIRST): ["4722000001", None],
    tuple(SECOND): ["3906000004", None],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "people"
    for path in (folder / ".lockgate", *(folder / ".lockgate").rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)  # whatever the umask here is
    return folder


def revealed(workspace: Workspace, column: str) -> list[list[str | None]]:
    """The column of every released file, oldest run first within a format."""
    found = []
    for path in sorted((workspace.project.folder / "out").rglob("part-*")):
        values = workspace.reveal_file(path, column, purpose="test").values
        assert values is not None
        found.append(values.to_pylist())
    return found


def test_every_file_of_every_format_reveals_under_both_of_its_key_versions(project: Path) -> None:
    with Workspace.open(project) as workspace:
        emails, phones = revealed(workspace, "email"), revealed(workspace, "phone")
    assert sorted(emails) == sorted([FIRST, SECOND] * 3)
    assert [TOKENS[tuple(one)] for one in emails] == phones


def test_its_ledger_is_whole_and_its_keys_are_what_it_says(project: Path) -> None:
    with Workspace.open(project) as workspace:
        assert workspace.ledger.verify().size == 20
        workspace.keys.check()
        keys = [(v.use, v.version, v.state) for v in workspace.keyring.versions("email")]
        assert keys == [
            (KeyUse.INDEX, 1, KeyState.PRIMARY),
            (KeyUse.ENCRYPTION, 1, KeyState.DECRYPT_ONLY),
            (KeyUse.ENCRYPTION, 2, KeyState.PRIMARY),
        ]
        used = {r.version.number: r.usage for r in workspace.keys.report()}
        assert [used[v.number].rows for v in workspace.keyring.versions("email")] == [0, 6, 6]


def test_it_rotates_runs_and_all_three_versions_open(project: Path) -> None:
    new = "id,email,phone,city\n9,eve@example.org,,Oslo\n"
    with Workspace.open(project) as workspace:
        workspace.rotate("email")
        (project / "data" / "people.csv").write_text(new, encoding="utf-8")
        workspace.run("people")
        assert sorted(revealed(workspace, "email")) == sorted(
            [FIRST, SECOND, ["eve@example.org"]] * 3
        )


def test_equal_values_still_get_equal_tokens(project: Path) -> None:
    old = (project / "out" / "csv").glob("*/part-*.csv")
    tokens = {line.split(",")[0] for file in old for line in file.read_text().splitlines()[1:]}
    with Workspace.open(project) as workspace:
        (project / "data" / "people.csv").write_text("id,email,phone,city\n1,a@b.org,,Rome\n")
        result = workspace.run("people")
    again = (result.sinks["csv"] / "part-00000.csv").read_text().splitlines()[1].split(",")[0]
    assert again in tokens


def test_its_quarantine_opens(project: Path) -> None:
    with Workspace.open(project) as workspace:
        (record,) = workspace.quarantine_list()
        rows = workspace.quarantine_rows(record.run_id, values=True, purpose="test", limit=None)
        assert "nobody" in str(rows.to_pylist())


def test_a_version_of_it_is_destroyed_and_the_rest_goes_on(project: Path) -> None:
    with Workspace.open(project) as workspace:
        raw_keyring(workspace).destroy(2)
        file = next(
            path
            for path in sorted((project / "out" / "csv").glob("*/part-*.csv"))
            if "lkg1_EgAAD" in path.read_text()  # a ciphertext under key 13
        )
        values = workspace.reveal_file(file, "email", purpose="test").values
        assert values is not None
        assert values.to_pylist() == SECOND


def test_its_files_are_rewrapped_and_need_no_old_version(project: Path) -> None:
    with Workspace.open(project) as workspace:
        emails = revealed(workspace, "email")
        workspace.rotate("email")
        request = RewrapRequest((project / "out",), "test")
        assert {file.status for file in workspace.keys.rewrap(request)} == {"rewrapped"}
        for version in workspace.keyring.versions("email"):
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
        assert revealed(workspace, "email") == emails
