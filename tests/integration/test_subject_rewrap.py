"""A rewrap of values under people's keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.kernel.frame import (
    ALGORITHM_SUBJECT,
    ALGORITHM_SUBJECT_RECORD,
)
from lockgate.keys.ports import KeyState
from rewrap_project import rewrap
from subject_project import (
    BIRTHS,
    bind_records,
    births,
    people,
    run,
    shred_by_name,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people(tmp_path_factory.mktemp("template") / "people")


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def rotate(project: Path, domain: str = "birth-date") -> None:
    with Workspace.open(project) as workspace:
        workspace.rotate(domain)


def test_a_rewrap_keeps_every_person_under_their_own_key(project: Path) -> None:
    files = run(project)
    shred_by_name(project, "1")
    rotate(project)
    rotate(project, "lockgate.subject-salts")
    rewrap(project, *(file.parent for file in files.values()))
    with Workspace.open(project) as workspace:
        for version in workspace.keyring.versions("birth-date"):
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        primary = max(v.number for v in workspace.keyring.versions("birth-date"))
        assert workspace.context.kernel.frame_headers(frames) == {(ALGORITHM_SUBJECT, primary)}
        for file in files.values():
            assert births(workspace, file) == ([None, *BIRTHS[1:]], 1)
    shred_by_name(project, "2")
    with Workspace.open(project) as workspace:
        for file in files.values():
            assert births(workspace, file) == ([None, None, *BIRTHS[2:]], 2)


def test_a_rewrap_keeps_values_bound_to_their_record(project: Path) -> None:
    bind_records(project)
    files = run(project)
    rotate(project)
    for file in files.values():
        (done,) = rewrap(project, file)
        assert done.values == 3
    with Workspace.open(project) as workspace:
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        headers = workspace.context.kernel.frame_headers(frames)
        assert {algorithm for algorithm, _ in headers} == {ALGORITHM_SUBJECT_RECORD}
        for file in files.values():
            assert births(workspace, file) == (BIRTHS, 0)
