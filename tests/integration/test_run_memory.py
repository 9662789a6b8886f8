"""Memory does not grow with the input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from small_project import make_project

MILLION = 1_000_000


def write_rows(path: Path, rows: int) -> None:
    """A CSV of people with distinct e-mail addresses and one bad row in a hundred."""
    schema = pa.schema(
        [("id", pa.int64()), ("email", pa.string()), ("born", pa.string()), ("city", pa.string())]
    )
    rng = np.random.default_rng(7)
    with pacsv.CSVWriter(path, schema) as writer:
        for start in range(0, rows, 100_000):
            ids = np.arange(start, start + 100_000)
            domain = np.where(rng.random(100_000) < 0.01, ".example", "@example.org")
            emails = np.char.add(np.char.add("person", ids.astype("U10")), domain)
            born = np.datetime_as_string(
                np.datetime64("1940-01-01") + rng.integers(0, 25_000, 100_000)
            )
            cities = np.array(["Oslo", "Rome", "Bonn", ""])[rng.integers(0, 4, 100_000)]
            columns = [pa.array(ids), pa.array(emails), pa.array(born), pa.array(cities)]
            writer.write_batch(pa.record_batch(columns, schema=schema))


# A child's peak counts its parent's size at the fork: so a small process starts the one measured.
MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "lockgate", *sys.argv[1:]], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([peak, json.loads(done.stdout)["receipt"]["rows_read"]]))
"""


def peak_of_a_run(folder: Path, rows: int) -> int:
    """Peak resident memory of ``lockgate run``, in KiB."""
    project = make_project(folder)
    write_rows(project / "data/people.csv", rows)
    command = [sys.executable, "-c", MEASURED, "--project", str(project), "--json", "run", "people"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    peak, read = json.loads(done.stdout)
    assert read == rows
    return int(peak)


@pytest.mark.slow
def test_four_million_rows_need_no_more_memory_than_one_million(tmp_path: Path) -> None:
    one = peak_of_a_run(tmp_path / "one", MILLION)
    four = peak_of_a_run(tmp_path / "four", 4 * MILLION)
    assert four <= 1.15 * one, f"1M rows {one // 1024} MB, 4M rows {four // 1024} MB"
