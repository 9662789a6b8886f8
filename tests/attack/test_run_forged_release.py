"""Attacks on the one road out: altered plans, batches that no gate minted, schemas made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keys_at_hand import any_key
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.assemble.project_file import load_project
from lockgate.assemble.workspace import Workspace
from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import ReleasedBatch, is_minted, mint
from lockgate.run.gate import Gate
from small_project import make_project

BATCH = pa.record_batch({"a": ["clear"]})


def test_take_the_treatments_out_of_a_proven_plan(tmp_path: Path) -> None:
    project = make_project(tmp_path / "people")
    contract = load_project(project / "lockgate.yaml").contracts["people"]
    with Workspace.open(project) as workspace:
        context = workspace.context
        plan = workspace.check().plans["people"]
        others = (contract, Mode.STRINGS, context.kernel, any_key(workspace), context.now().date())
        gate = Gate(plan, *others)
        clear = tuple(
            replace(sink, columns=tuple(replace(c, treatment=None) for c in sink.columns))
            for sink in plan.sinks
        )
        with pytest.raises(IntegrityError, match="not the one that was proven"):
            Gate(replace(plan, sinks=clear), *others)
        with pytest.raises(IntegrityError, match="not the one that was proven"):
            Gate(replace(plan, digest="0" * 64), *others)
    with pytest.raises(TypeError):
        gate.edge.schemas["study"] = BATCH.schema  # type: ignore[index]


def test_subclass_a_released_batch() -> None:
    with pytest.raises(TypeError):
        type("Forged", (ReleasedBatch,), {"__init__": lambda self: None})


def bare(kind: type[Any]) -> Any:
    """An instance that no constructor saw, filled in like a released batch."""
    made = object.__new__(kind)
    for name, value in (
        ("batch", BATCH),
        ("plan_digest", "plan"),
        ("sink", "analytics"),
        ("zone", "zone"),
    ):
        object.__setattr__(made, name, value)
    return made


class LookAlike:
    """Has all that a released batch has, and says that it is one."""

    __class__ = ReleasedBatch


@pytest.mark.parametrize("kind", [ReleasedBatch, LookAlike])
def test_hand_a_sink_what_no_gate_minted(kind: type[Any], tmp_path: Path) -> None:
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("analytics", str(tmp_path / "out"), FileFormat.CSV, roots, b"k" * 32)
    session = sink.open("r-1", "plan", BATCH.schema)
    forged = bare(kind)
    assert isinstance(forged, ReleasedBatch)
    assert not is_minted(forged)
    with pytest.raises(IntegrityError, match="released batches only"):
        session.prepare(forged)
    with pytest.raises(IntegrityError, match="what it has prepared"):
        session.write(forged)
    session.write(session.prepare(mint(BATCH, "plan", "analytics", "zone")))
    session.discard()
