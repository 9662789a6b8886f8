"""What is tied to a person or to its row is so again under the new key."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError
from lockgate.kernel.frame import SUBJECT_ALGORITHMS
from lockgate.keys.ports import KeyState
from rewrap_project import FORMATS, data_files, rewrap
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,"=Rome, ""old"" town"
3,eve@example.org,,Bern
4,dan@example.org,1999-12-31,Kyiv
"""
BIRTHS = ["1980-02-29", "1981-03-01", None, "1999-12-31"]
SHRED = "labels:\n  pii.birth_date: {shred: subject}\n"
BOUND = "pii.birth_date: {encrypt: {bind: record}}"


@pytest.fixture(params=FORMATS)
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(folder: Path, format: str, *, shred: bool, bound: bool) -> Path:
    """A project; bound values are so to their row's id and city, text that CSV writes specially."""
    project = make_project(folder / "people", ROWS)
    pipeline, zones = project / "pipelines/people.yaml", project / "policy/zones.yaml"
    contract = project / "contracts/people.odcs.yaml"
    change(pipeline, "out/study, format: csv", f"out/study, format: {format}")
    if shred:
        zones.write_text(zones.read_text() + SHRED)
    if bound:
        change(zones, "rules: {pii: encrypt,", f"rules: {{{BOUND}, pii: encrypt,")
        key = "required: true\n        primaryKey: true\n        primaryKeyPosition: "
        change(contract, "integer\n        required: true\n", f"integer\n        {key}1\n")
        city = "- name: city\n        logicalType: string\n"
        change(contract, city, f"{city}        {key}2\n")
    return project


def births(project: Path, file: Path) -> list[str | None]:
    with Workspace.open(project) as workspace:
        found = workspace.reveal_file(file, "born", purpose="test").values
    return [None if value is None else str(value) for value in found.to_pylist()]


def released(project: Path) -> Path:
    with Workspace.open(project) as workspace:
        folder = workspace.run("people").sinks["study"]
        workspace.rotate("birth-date")
    return folder


def destroy_old(project: Path) -> None:
    with Workspace.open(project) as workspace:
        for version in workspace.keyring.versions():
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)


@pytest.mark.parametrize(("shred", "bound"), [(True, False), (False, True), (True, True)])
def test_tied_values_open_under_the_new_key_alone(
    tmp_path: Path, format: str, shred: bool, bound: bool
) -> None:
    project = make(tmp_path, format, shred=shred, bound=bound)
    folder = released(project)
    (file,) = data_files(folder)
    assert births(project, file) == BIRTHS

    (done,) = rewrap(project, folder)

    assert done.values == 3
    destroy_old(project)
    assert births(project, file) == BIRTHS


def test_what_was_of_a_shredded_person_needs_no_old_key_either(tmp_path: Path) -> None:
    project = make(tmp_path, "parquet", shred=True, bound=True)
    folder = released(project)
    (file,) = data_files(folder)
    before = pq.read_table(file).column("born").combine_chunks()
    with Workspace.open(project) as workspace:
        context = workspace.context
        assert {a for a, _ in context.kernel.frame_headers(before)} <= set(SUBJECT_ALGORITHMS)
        handle = context.kernel.frame_subjects(before).slice(1, 1)
        assert context.state.salts.destroy(handle, context.now()) == 1

    (done,) = rewrap(project, folder)

    assert done.values == 3
    assert [(k.state, k.values, k.rewrapped) for k in done.keys] == [
        ("shredded", 1, True),
        ("decrypt-only", 2, True),
    ]
    after = pq.read_table(file).column("born").combine_chunks()
    subjects = context.kernel.frame_subjects
    assert subjects(after).equals(subjects(before))
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, True, False]
    destroy_old(project)
    assert births(project, file) == [BIRTHS[0], None, None, BIRTHS[3]]
    (again,) = rewrap(project, folder)
    assert again.status == "up-to-date"


def test_a_ciphertext_moved_to_another_row_is_refused(tmp_path: Path) -> None:
    project = make(tmp_path, "csv", shred=False, bound=True)
    folder = released(project)
    (file,) = data_files(folder)
    lines = file.read_text().splitlines()
    first, second = (line.split('","') for line in lines[1:3])
    first[2], second[2] = second[2], first[2]
    file.write_text("\n".join([lines[0], '","'.join(first), '","'.join(second), *lines[3:]]) + "\n")
    (folder / "_manifest.json").unlink()
    changed = file.read_bytes()

    with pytest.raises(IntegrityError, match="column born, rows 1 to 2"):
        rewrap(project, folder)

    assert file.read_bytes() == changed
