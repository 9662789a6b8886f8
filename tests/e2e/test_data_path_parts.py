"""Several part files at once: the same rows as in one file, each in one of them, on both paths."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_path.both_paths import PATHS
from data_path.dialects import BY_NAME
from data_path.grammar import made_files
from data_path.parquet_pages import PLAIN, chunks
from data_path.projects import (
    STILL,
    make_project,
    parts,
    pipeline,
    quarantined,
    revealed,
    run,
    still_sinks,
    twin,
)
from lockgate.adapters.connectors.files.part_files import PartFiles
from lockgate.run.runner import RunResult

FILES, ROWS = 8, 1_600
PROTECTED = {"name", "email", "ssn", "phone", "born"}
SINKS = {
    **still_sinks(),
    **{f"parts_{kind}": f"zone: still, format: {kind}, parts: 2" for kind in STILL},
    "sealed": "zone: sealed, format: parquet, parts: 2",
}
Ran = tuple[str, Path, RunResult]


@pytest.fixture(scope="module", params=PATHS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("parts")
    made = make_project(folder / "project", pipeline("people", "data, format: csv", SINKS))
    variant = replace(BY_NAME["some_quoted"], files=FILES)
    made_files(variant, ROWS, 13, made / "data")
    path = str(request.param)
    there = twin(made, path)
    with pytest.MonkeyPatch.context() as patch:
        hold_first_lanes(patch)
        return path, there, run(path, there, "people")


def hold_first_lanes(patch: pytest.MonkeyPatch) -> None:
    """Each sink's first lane stays busy until its second is opened, or a second has passed."""
    seconds: dict[PartFiles, threading.Event] = {}
    opened = PartFiles._opened

    def slowly(self: PartFiles, lane: Any) -> Any:
        second = seconds.setdefault(self, threading.Event())
        if self._settings.lanes > 1 and lane.part is None:
            second.wait(1) if lane.order == 0 else second.set()
        return opened(self, lane)

    patch.setattr(PartFiles, "_opened", slowly)


def rows_of(kind: str, files: list[Path]) -> list[list[str]]:
    """The rows of each file, as texts that can be put in order."""
    if kind == "parquet":
        return [[repr(row) for row in pq.read_table(file).to_pylist()] for file in files]
    texts = [file.read_text(encoding="utf-8") for file in files]
    if kind == "jsonl":
        return [[repr(json.loads(line)) for line in text.splitlines()] for text in texts]
    heads = {text.split("\n", 1)[0] for text in texts}
    assert len(heads) == 1
    return [text.split("\n", 1)[1].split("\n") for text in texts]


@pytest.mark.parametrize("kind", STILL)
def test_the_rows_are_those_of_one_file(ran: Ran, kind: str) -> None:
    _, _, result = ran
    (whole,) = rows_of(kind, parts(result, f"still_{kind}"))
    split = rows_of(kind, parts(result, f"parts_{kind}"))

    assert sorted(row for rows in split for row in rows if row) == sorted(filter(None, whole))
    assert len(list(filter(None, whole))) >= result.receipt.rows_accepted > ROWS / 2
    if len(os.sched_getaffinity(0)) > 1:
        assert len(split) == 2
        assert all(len(rows) > 100 for rows in split)


def test_no_part_shows_more_of_protected_columns_than_their_values(ran: Ran) -> None:
    _, _, result = ran
    rows = 0
    for part in parts(result, "sealed"):
        found = chunks(part.read_bytes())
        assert {chunk.path for chunk in found} > PROTECTED
        for chunk in found:
            if chunk.path in PROTECTED:
                assert (chunk.indexes, chunk.encodings, chunk.packed) == (set(), {PLAIN}, False)
        rows += sum(chunk.metadata[5] for chunk in found if chunk.path == "email")
    assert rows == result.receipt.rows_accepted


def test_every_part_reveals_to_values_beside_their_rows(ran: Ran) -> None:
    path, folder, result = ran
    clear = {name: revealed(path, folder, result, "sealed", name) for name in ("ssn", "name")}
    files = parts(result, "sealed")
    numbers = pa.concat_tables([pq.read_table(file, columns=["number"]) for file in files])
    found = zip(numbers.column(0).to_pylist(), clear["ssn"].to_pylist(), strict=True)
    (whole,) = parts(result, "still_parquet")
    still = pq.read_table(whole, columns=["number", "ssn"]).to_pylist()
    hashes = {row["ssn"] for row in still}

    pairs = set(found)
    assert len({number for number, _ in pairs}) == len({row["number"] for row in still})
    assert len({ssn for _, ssn in pairs}) == len(hashes)
    assert len(pairs) == len({(row["number"], row["ssn"]) for row in still})


def test_rejected_rows_keep_the_order_of_the_input(ran: Ran) -> None:
    _, folder, result = ran
    waiting = quarantined(folder, result)
    places = [(row["file"], row["row"]) for row in waiting]

    assert places == sorted(places)
    assert len(set(places)) == len(places) == result.receipt.rows_rejected > 10
