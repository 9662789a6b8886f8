"""Many people: one is shredded, in Parquet, in CSV and in a backup; all others stay readable."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.secret import SecretText
from small_project import make_project

PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    select: [born, city]
    sinks:
      text: {zone: study, path: out/text, format: csv}
      columns: {zone: study, path: out/columns, format: parquet}
"""


def write_people(path: Path, count: int) -> pa.Table:
    order = np.random.default_rng(7).permutation(count)
    days = pa.array(order % 20_000, pa.int32()).cast(pa.date32())
    table = pa.table(
        {
            "id": order,
            "email": pc.binary_join_element_wise(pa.array(order).cast(pa.string()), "x.org", "@"),
            "born": days,
            "city": pa.repeat("Oslo", count),
        }
    )
    pacsv.write_csv(table, path)
    return table


def shred_one_of(count: int, folder: Path) -> None:
    project = make_project(folder / "people", "")
    zones = project / "policy/zones.yaml"
    zones.write_text(zones.read_text() + "labels:\n  pii.birth_date: {shred: subject}\n")
    (project / "pipelines/people.yaml").write_text(PIPELINE)
    people = write_people(project / "data/people.csv", count)
    born = people["born"].combine_chunks()
    with Workspace.open(project) as workspace:
        sinks = workspace.run("people").sinks
        backup = shutil.copytree(sinks["columns"], folder / "backup")
        assert workspace.state.salts.count() == (count, 0)
        row = count // 3
        whose = str(people["id"][row].as_py())
        receipt = workspace.subjects.shred(SecretText(whose), purpose="request")
        assert len(receipt.subjects) == 1
        assert workspace.state.salts.count() == (count - 1, 1)

        expected = pc.if_else(pa.array(np.arange(count) == row), None, born)
        for place in (sinks["text"], sinks["columns"], backup):
            values, gone = [], 0
            for file in sorted(place.glob("part-*")):
                found = workspace.reveal_file(file, "born", purpose="audit")
                assert found.values is not None
                values += found.values.chunks
                gone += found.shredded
            assert gone == 1
            assert pa.chunked_array(values).combine_chunks().equals(expected)


def test_one_of_many_thousand_people_is_unreadable_everywhere(tmp_path: Path) -> None:
    shred_one_of(20_000, tmp_path)


@pytest.mark.slow
def test_one_of_a_million_people_is_unreadable_everywhere(tmp_path: Path) -> None:
    shred_one_of(1_000_000, tmp_path)
