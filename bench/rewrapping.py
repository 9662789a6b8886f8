"""How fast released files come under another key, and how that compares with copying them.

People with three encrypted columns, a token and clear text, in each format: once to warm up, then
as often as asked, every time after another rotation. What is timed is all a rewrap does: counting,
writing, verifying, recording.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from bench.figures import Figures
from lockgate.assemble.create import create_project
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace

FORMATS = ("csv", "jsonl", "parquet")
ENCRYPTED = {"name": "pii.name", "born": "pii.birth_date", "address": "pii.address"}
COLUMNS = {"id": "public", **ENCRYPTED, "email": "pii.email", "note": "public"}
ZONE = "zones: {study: {rules: {pii: encrypt, pii.email: tokenize, public: allow}}}\n"
_CHUNK = 1 << 20


def measure(rows: int, passes: int, folder: Path, tell: Callable[[str], None]) -> Figures:
    """Medians, by format: rows a second, and how many times as long as a durable copy."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    project = _project(folder / "people", rows)
    found: Figures = {"rewrap.rows": rows, "rewrap.columns": len(ENCRYPTED)}
    with Workspace.open(project) as workspace:
        workspace.create_domains()
        runs = workspace.run("people").sinks
        for kind in FORMATS:
            (file,) = runs[kind].glob("part-*")
            times, copies = [], []
            for _ in range(passes + 1):
                copies.append(_seconds(partial(_copied, file, folder / "copy")))
                _rotate(workspace)
                times.append(_seconds(partial(_rewrapped, workspace, file, rows)))
            seconds, copied = statistics.median(times[1:]), statistics.median(copies[1:])
            found[f"rewrap.{kind}.rows_per_s"] = round(rows / seconds)
            found[f"rewrap.{kind}.mb_per_s"] = round(file.stat().st_size / seconds / 1e6, 1)
            found[f"rewrap.{kind}.ratio"] = round(seconds / copied, 2)
            tell(f"{kind}: {rows / seconds:,.0f} rows/s, {seconds / copied:.1f} times a copy")
    return found


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _copied(file: Path, to: Path) -> None:
    """A plain copy, durable as a rewrap's result is."""
    with file.open("rb") as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK)
        target.flush()
        os.fsync(target.fileno())


def _rotate(workspace: Workspace) -> None:
    for domain in workspace.keyring.domains():
        if not domain.name.startswith("lockgate."):
            workspace.rotate(domain.name)


def _rewrapped(workspace: Workspace, file: Path, rows: int) -> None:
    (done,) = workspace.keys.rewrap(RewrapRequest((file,), "bench"))
    if done.values != len(ENCRYPTED) * rows:
        raise RuntimeError("not all values were rewrapped")


def _project(folder: Path, rows: int) -> Path:
    create_project(folder, "people")
    fields = "".join(
        f"    {name}: Annotated[{'int' if name == 'id' else 'str'}, Labelled('{label}')]\n"
        for name, label in COLUMNS.items()
    )
    (folder / "models.py").write_text(
        "from typing import Annotated\nfrom pydantic import BaseModel\n"
        "from lockgate import Labelled\nclass Person(BaseModel):\n" + fields
    )
    sinks = "".join(
        f"      {each}: {{zone: study, path: out/{each}, format: {each}}}\n" for each in FORMATS
    )
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(f"\ncontracts:\n  people: {{python: 'models:Person', id: people}}\n{ZONE}")
        file.write("pipelines:\n  people:\n    purpose: bench\n")
        file.write("    source: {contract: people, path: people.csv, format: csv}\n")
        file.write(f"    sinks:\n{sinks}")
    _write(folder / "people.csv", rows)
    return folder


def _write(path: Path, rows: int) -> None:
    ids = pa.array(range(rows))
    text = ids.cast(pa.string())
    born = pa.array(["1970-01-11", "1980-05-05"]).take(pc.bit_wise_and(ids, 1))
    columns = {
        "id": ids,
        "name": pc.binary_join_element_wise("Ada Lovelace the", text, " "),
        "born": born,
        "address": pc.binary_join_element_wise(text, "Long Street", " "),
        "email": pc.binary_join_element_wise("p", text, "@example.org", ""),
        "note": pc.binary_join_element_wise("a note of", text, " "),
    }
    pacsv.write_csv(pa.table(columns), path)
