"""Projects on disk for whole runs on either path, with the same keys."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

import data_path.customer
from data_path.both_paths import on
from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.run.runner import RunResult

SETTINGS = """
zones:
  still:
    rules: {{public: allow, pii: hash, pii.email: tokenize, pii.phone: {{mask: {{last: 4}}}},
            pii.birth_date: {{generalize: {{to: year}}}}}}
  sealed:
    rules: {{public: allow, pii: encrypt, pii.email: tokenize}}
contracts:
  people: {{python: "models:{model}", id: people, version: "1.0.0", max_rejected: {share}}}
pipelines:
{pipelines}"""
_PIPELINE = """  {name}:
    purpose: test
    source: {{contract: people, path: {source}}}
    sinks:
{sinks}"""
STILL = ("csv", "jsonl", "parquet")


def pipeline(name: str, source: str, sinks: Mapping[str, str]) -> str:
    """A pipeline's YAML. ``source`` ends with ``, format: …`` and more; sinks are name: rest."""
    lines = "".join(
        f"      {sink}: {{path: out/{name}/{sink}, {rest}}}\n" for sink, rest in sinks.items()
    )
    return _PIPELINE.format(name=name, source=source, sinks=lines)


def still_sinks() -> dict[str, str]:
    """A sink of every format whose content does not depend on chance."""
    return {f"still_{kind}": f"zone: still, format: {kind}" for kind in STILL}


def sealed_sinks() -> dict[str, str]:
    """A sink of every format with encrypted columns."""
    return {f"sealed_{kind}": f"zone: sealed, format: {kind}" for kind in STILL}


def make_project(folder: Path, pipelines: str, model: str = "Customer", share: float = 1.0) -> Path:
    """A project with its keys made; data goes to ``data``."""
    create_project(folder, "people")
    shutil.copy(data_path.customer.__file__, folder / "models.py")
    (folder / "data").mkdir(exist_ok=True)
    file = folder / "lockgate.yaml"
    settings = SETTINGS.format(model=model, share=share, pipelines=pipelines)
    file.write_text(file.read_text(encoding="utf-8") + settings, encoding="utf-8")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder


def twin(folder: Path, name: str) -> Path:
    """A copy beside it, keys and all."""
    return Path(shutil.copytree(folder, folder.parent / name))


def run(path: str, folder: Path, name: str) -> RunResult:
    """Run a pipeline on that path."""
    with on(path), Workspace.open(folder) as workspace:
        return workspace.run(name)


def quarantined(folder: Path, result: RunResult) -> list[dict[str, Any]]:
    """The rejected rows of a run, as they are read back."""
    if result.quarantine is None:
        return []
    with Workspace.open(folder) as workspace:
        table = workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=None)
    return list(table.to_pylist())


def revealed(path: str, folder: Path, result: RunResult, sink: str, column: str) -> pa.Array:
    """A column's values, turned back on that path."""
    chunks: list[pa.Array] = []
    with on(path), Workspace.open(folder) as workspace:
        for part in parts(result, sink):
            values = workspace.reveal_file(part, column, purpose="test").values
            assert values is not None
            chunks += values.chunks
    return pa.chunked_array(chunks).combine_chunks()


def parts(result: RunResult, sink: str) -> list[Path]:
    """The sink's part files, in order."""
    return sorted(result.sinks[sink].glob("part-*"))
