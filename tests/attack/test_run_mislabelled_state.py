"""Attacks by label: raw values declared as treated, so that a zone lets them pass."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import TooManyRejected
from lockgate.kernel.frame import PREFIX, SHORTEST, header
from lockgate.kernel.portable_frame_text import to_text
from lockgate.labels.label import StateKind
from lockgate.protect.shapes import looks_like
from small_project import change, make_project

ANALYTICS = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      analytics: {zone: analytics, path: out/analytics, format: parquet}
"""
ONWARD = """
pipelines:
  onward:
    purpose: test
    source: {contract: protected, path: out/study/FOLDER, format: FORMAT}
    sinks:
      analytics: {zone: analytics, path: out/onward, format: parquet}
"""


@pytest.mark.parametrize(
    "state", ["pseudonym(pii.email; domain=email)", "hashed(pii.ssn)", "encrypted(pii.ssn)"]
)
def test_label_raw_values_as_treated(tmp_path: Path, state: str) -> None:
    project = make_project(tmp_path / "people")
    change(project / "contracts/people.odcs.yaml", "value: pii.email", f'value: "{state}"')
    (project / "pipelines/people.yaml").write_text(ANALYTICS, encoding="utf-8")
    reason = f"email: not_{state.partition('(')[0]}"
    with Workspace.open(project) as workspace:
        with pytest.raises(TooManyRejected) as caught:
            workspace.run("people")
    assert reason in caught.value.message
    assert not list(project.glob("out/*/run-*"))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_what_was_treated_passes_on_with_its_index(tmp_path: Path, format: str) -> None:
    project = make_project(tmp_path / "people")
    zones, pipeline = project / "policy/zones.yaml", project / "pipelines/people.yaml"
    change(zones, "pii.email: tokenize", "pii.email: {encrypt: {index: true}}")
    change(zones, "pii.id: tokenize", "pii.id: hash")
    change(pipeline, "path: out/study, format: csv", f"path: out/study, format: {format}")
    with Workspace.open(project) as workspace:
        folder = workspace.run("people").sinks["study"]
    contract = (folder / "_contract.odcs.yaml").read_bytes()
    (project / "contracts/protected.odcs.yaml").write_bytes(contract)
    text = ONWARD.replace("FOLDER", folder.name).replace("FORMAT", format)
    (project / "pipelines/onward.yaml").write_text(text, encoding="utf-8")
    with Workspace.open(project) as workspace:
        receipt = workspace.run("onward").receipt
    assert (receipt.rows_accepted, receipt.rows_rejected) == (3, 0)
    assert b"email_index" in contract


TOKEN = "lkg1_EQAAAQ" + "A" * 21
CIPHERTEXT = "lkg1_EgAAAQ" + "A" * 53
HASHES = ["0123456789abcdef" * 2, "0123456789abcdef" * 4]
RAW = ["123-45-6789", "", "ann@example.org", "lkg1_", "lkg1_EQ", "0" * 31, "F" * 32]
LINED = [text + "\n" for text in (TOKEN, *HASHES)]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (StateKind.PSEUDONYM, [TOKEN, CIPHERTEXT], [*RAW, *HASHES, *LINED]),
        (StateKind.HASHED, HASHES, [*RAW, TOKEN, *LINED]),
        (StateKind.ENCRYPTED, [TOKEN, CIPHERTEXT, *HASHES], [*RAW, *LINED]),
    ],
)
def test_shapes_of_text(kind: StateKind, good: list[str], bad: list[str]) -> None:
    assert looks_like(pa.array([*good, None]), kind) is None
    told = looks_like(pa.array([*good, *bad, None]), kind)
    assert told is not None
    assert told.to_pylist() == [True] * len(good) + [False] * len(bad) + [True]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (StateKind.PSEUDONYM, [True, True, False, False, False, False]),
        (StateKind.HASHED, [False, False, True, True, False, False]),
        (StateKind.ENCRYPTED, [True, True, True, True, False, False]),
    ],
)
def test_shapes_of_bytes(kind: StateKind, expected: list[bool]) -> None:
    frames = [b"\x11\0\0\1" + bytes(16), b"\x12\0\0\1" + bytes(40)]
    values = [*frames, bytes(16), bytes(32), b"123-45-6789", b"", None]
    for arrow_type in (pa.binary(), pa.large_binary()):
        told = looks_like(pa.array(values, arrow_type), kind)
        assert told is not None
        assert told.to_pylist() == [*expected, True]


@pytest.mark.parametrize("kind", [StateKind.PSEUDONYM, StateKind.ENCRYPTED])
@pytest.mark.parametrize("algorithm", SHORTEST)
def test_the_shortest_frame_of_each_algorithm_and_one_byte_less(
    algorithm: int, kind: StateKind
) -> None:
    frame = header(algorithm, 1) + bytes(SHORTEST[algorithm] - 4)
    # As long as no keyed hash is.
    values = [frame, frame + b"\xff", frame[:-1], header(algorithm, 1) + bytes(1), None]
    expected = [True, True, False, False, True]
    for column in (pa.array(values, pa.binary()), to_text(values, PREFIX)):
        told = looks_like(column, kind)
        assert told is not None
        assert told.to_pylist() == expected


def test_numbers_are_never_treated_values_and_coarse_ones_cannot_be_told() -> None:
    told = looks_like(pa.array([123456789, None]), StateKind.HASHED)
    assert told is not None
    assert told.to_pylist() == [False, True]
    assert looks_like(pa.array(["raw"]), StateKind.MASKED) is None
