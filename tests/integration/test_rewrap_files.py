"""Stored ciphertexts come under the primary key; nothing else of a file changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keys_at_hand import raw_keyring
from lockgate.adapters.connectors.files import sink
from lockgate.assemble.workspace import Workspace
from lockgate.keys.ports import KeyState, KeyUse
from rewrap_project import (
    FORMATS,
    data_files,
    make,
    released,
    rewrap,
    rotate,
    values,
    write_rows,
)

DOMAINS = ("person", "address")


@pytest.fixture(params=FORMATS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A project and its released run folder."""
    project = make(tmp_path / "people", request.param)
    return project, released(project)


def without_frames(content: bytes, format: str) -> bytes:
    """All bytes but the ciphertexts', of which only the places are left."""
    if format == ".parquet":
        head = rb"\x12[\x00-\xff]{3}"
        return re.sub(head, b"", content)
    return re.sub(rb"lkg1_Eg[A-Za-z0-9_-]+", b"", content)


def numbers(project: Path, domain: str) -> dict[KeyState, list[int]]:
    with Workspace.open(project) as workspace:
        found: dict[KeyState, list[int]] = {}
        for version in workspace.keyring.versions(domain):
            if version.use is KeyUse.ENCRYPTION:
                found.setdefault(version.state, []).append(version.number)
        return found


def destroy_old(project: Path) -> None:
    with Workspace.open(project) as workspace:
        for version in workspace.keyring.versions():
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
        assert not [v for v in workspace.keyring.versions() if v.state is KeyState.DECRYPT_ONLY]


def test_after_a_rewrap_nothing_needs_the_old_version(run: tuple[Path, Path]) -> None:
    project, folder = run
    (file,) = data_files(folder)
    clear = values(project, file)
    before = file.read_bytes()
    rotate(project, *DOMAINS)
    rotate(project, "person")

    (done,) = rewrap(project, folder)

    assert done.status == "rewrapped"
    assert done.values == sum(
        value is not None for name in ("name", "born", "last") for value in clear[name]
    )
    after = file.read_bytes()
    assert after != before
    if file.suffix != ".parquet":
        assert without_frames(after, file.suffix) == without_frames(before, file.suffix)
    destroy_old(project)
    assert values(project, file) == clear


def test_the_contract_the_manifest_and_the_ledger_follow(run: tuple[Path, Path]) -> None:
    project, folder = run
    old = numbers(project, "person")[KeyState.PRIMARY][0]
    rotate(project, *DOMAINS)
    new = numbers(project, "person")[KeyState.PRIMARY][0]

    rewrap(project, folder)

    contract = (folder / "_contract.odcs.yaml").read_text()
    assert f"domain=person; key={new})" in contract
    assert f"domain=person; key={old})" not in contract
    manifest = json.loads((folder / "_manifest.json").read_text())
    names = [entry["name"] for entry in manifest["files"]]
    assert len(names) == len(set(names))
    with Workspace.open(project) as workspace:
        events = [entry.event for entry in workspace.ledger.read()]
        workspace.ledger.verify()
    done = [event.record for event in events if event.kind == "data.rewrapped"]
    assert [event.record for event in events if event.kind == "rewrap.intent"] == done
    listed = {entry["name"]: entry["digest"] for entry in manifest["files"]}
    assert {record.new.name: record.new.digest for record in done}.items() <= listed.items()
    assert done[0].to_keys == tuple(
        sorted(numbers(project, d)[KeyState.PRIMARY][0] for d in DOMAINS)
    )
    assert sorted(p.name for p in folder.iterdir()) == sorted(listed | {"_manifest.json": ""})


def test_a_second_rewrap_changes_nothing(run: tuple[Path, Path]) -> None:
    project, folder = run
    rotate(project, *DOMAINS)
    rewrap(project, folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}

    (again,) = rewrap(project, folder)

    assert (again.status, again.values) == ("up-to-date", 0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_a_dry_run_counts_by_key_and_changes_nothing(run: tuple[Path, Path]) -> None:
    project, folder = run
    (file,) = data_files(folder)
    clear, before = values(project, file), file.read_bytes()
    rotate(project, "person")

    (counted,) = rewrap(project, folder, dry_run=True)

    found = {keys.column: (keys.state, keys.values) for keys in counted.keys}
    assert found == {
        "name": ("decrypt-only", sum(v is not None for v in clear["name"])),
        "born": ("decrypt-only", sum(v is not None for v in clear["born"])),
        "last": ("primary", sum(v is not None for v in clear["last"])),
    }
    assert file.read_bytes() == before


def test_only_the_domains_that_are_named_are_touched(run: tuple[Path, Path]) -> None:
    project, folder = run
    old = numbers(project, "person")[KeyState.PRIMARY][0]
    rotate(project, *DOMAINS)

    (done,) = rewrap(project, folder, domains=("address",))

    assert {keys.column for keys in done.keys if keys.rewrapped} == {"last"}
    contract = (folder / "_contract.odcs.yaml").read_text()
    assert f"domain=person; key={old})" in contract
    (rest,) = rewrap(project, folder)
    assert {keys.column for keys in rest.keys if keys.rewrapped} == {"name", "born"}
    assert f"domain=person; key={old})" not in (folder / "_contract.odcs.yaml").read_text()


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_file_that_mixes_versions_is_brought_to_one(tmp_path: Path, format: str) -> None:
    """Half a file under an older version, as a merge by another tool leaves it."""
    project = make(tmp_path / "people", format)
    folder = released(project)
    (file,) = data_files(folder)
    rotate(project, *DOMAINS)
    first = file.read_bytes()
    rewrap(project, folder)
    second = file.read_bytes()
    half = len(first) // 2
    merged = first[: first.index(b"lkg1_Eg", half)] + second[second.index(b"lkg1_Eg", half) :]
    file.write_bytes(merged)
    (folder / "_manifest.json").unlink()
    clear = values(project, file)

    (done,) = rewrap(project, folder)

    assert 0 < done.values < sum(keys.values for keys in done.keys)
    destroy_old(project)
    assert values(project, file) == clear


def test_parquet_keeps_its_footer_and_every_other_byte(tmp_path: Path) -> None:
    project = make(tmp_path / "people", "parquet", rows=5_000)
    (file,) = data_files(released(project))
    before, table = file.read_bytes(), pq.read_table(file)
    rotate(project, *DOMAINS)

    rewrap(project, file)

    after = file.read_bytes()
    assert len(after) == len(before)
    footer = int.from_bytes(before[-8:-4], "little") + 8
    assert after[-footer:] == before[-footer:]
    again = pq.read_table(file)
    for name in ("id", "note", "email", "born_index"):
        assert again.column(name).equals(table.column(name))
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    frames = sum(
        len(value)
        for name in ("name", "born", "last")
        for value in table.column(name).to_pylist()
        if value is not None
    )
    assert 0 < changed <= frames


def released_with(project: Path, **settings: object) -> Path:
    """Run the pipeline with other settings of its sinks than projects can say."""
    original = sink.FileSink.__post_init__

    def changed(self: sink.FileSink) -> None:
        for name, value in settings.items():
            object.__setattr__(self, name, value)
        original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sink.FileSink, "__post_init__", changed)
        return released(project)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_packed_text_stays_packed(tmp_path: Path, format: str, compression: str) -> None:
    project = make(tmp_path / "people", format)
    (file,) = data_files(released_with(project, compression=compression))
    assert file.suffix in (".gz", ".zst")
    clear, head = values(project, file), file.read_bytes()[:4]
    rotate(project, *DOMAINS)

    rewrap(project, file)

    assert file.read_bytes()[:2] == head[:2]
    destroy_old(project)
    assert values(project, file) == clear


def test_mode_of_the_file_stays(tmp_path: Path) -> None:
    project = make(tmp_path / "people")
    (file,) = data_files(released(project))
    file.chmod(0o640)
    rotate(project, *DOMAINS)
    rewrap(project, file)
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("format", FORMATS)
def test_a_root_of_several_runs_and_parts_is_rewrapped(tmp_path: Path, format: str) -> None:
    """The contract of a run names the new key once all of its parts are done, not before."""
    project = make(tmp_path / "people", format, rows=50)
    first = released_with(project, rows_per_file=20)
    write_rows(project / "data/people.csv", 50, seed=2)
    second = released(project)
    files = [*data_files(first), *data_files(second)]
    assert len(files) == 4
    clear = {file: values(project, file) for file in files}
    old = numbers(project, "person")[KeyState.PRIMARY][0]
    rotate(project, *DOMAINS)
    rewrap(project, files[0])
    assert f"domain=person; key={old})" in (first / "_contract.odcs.yaml").read_text()

    rewrap(project, project / "out")

    for folder in (first, second):
        assert f"domain=person; key={old})" not in (folder / "_contract.odcs.yaml").read_text()
    destroy_old(project)
    assert {file: values(project, file) for file in files} == clear
