"""The steps of a project: what comes out of them, and their running, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from lockgate.adapters.engines.local.python_steps import declared, run_python
from lockgate.adapters.engines.local.spool import LocalSpoolFolder, MemorySpool
from lockgate.adapters.engines.local.sql_engine import DuckDbEngine
from lockgate.assemble.project_module import load_step
from lockgate.flow.step_ports import PythonShape
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import Declassification, StepKind, StepSpec
from lockgate.pipeline.python_step import PythonStep
from lockgate.plan.checked_plan import PlannedStep
from lockgate.run.held_back import HeldBack
from lockgate.run.step_ports import Spool, SpoolFolder, StepRows


class ProjectSteps:
    """Implements ``flow.step_ports.StepTyping``, ``StepTrying``, and ``run.step_ports.StepRunner``.

    ``folder`` is the project's, where its Python modules are.
    """

    def __init__(self, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._limits = limits
        self._engine = DuckDbEngine(limits)
        self._python: dict[str, tuple[PythonStep, str]] = {}

    def close(self) -> None:
        """Let the engine go."""
        self._engine.close()

    def sql(self, step: StepSpec, text: str, inputs: Mapping[str, pa.Schema]) -> pa.Schema:
        """See StepTyping."""
        return self._engine.types(step.name, text, inputs)

    def python(self, step: StepSpec, inputs: Mapping[str, pa.Schema]) -> PythonShape:
        """See StepTyping. Imports the function's module."""
        python, digest = self._loaded(step.text)
        schema = declared(step.name, python, inputs)
        claims = tuple(
            Declassification(
                column,
                python.reason,
                python.approver,
                derives=tuple(name for one in columns for name in _inputs(one, inputs)),
                where=step.where,
            )
            for column, columns in python.derives.items()
        )
        return PythonShape(schema, claims, digest)

    def run(self, step: PlannedStep, inputs: Mapping[str, Spool]) -> StepRows:
        """See StepRunner."""
        if step.kind is StepKind.PYTHON:
            python, _ = self._loaded(step.text)
            return StepRows(run_python(step.name, python, inputs, self._limits))
        if not step.held_back:
            return StepRows(self._engine.run(step.name, step.text, inputs, step.schema))
        whole = step.schema.append(pa.field(step.held_back, pa.int64()))
        held = HeldBack(step.name, step.held_back)
        told = held.told(self._engine.run(step.name, step.text, inputs, whole))
        return StepRows(told, lambda: held.groups)

    def once(self, step: PlannedStep, tables: Mapping[str, pa.Table]) -> pa.Table:
        """See flow.step_ports.StepTrying."""
        spools = {
            name: MemorySpool(table.schema, table.to_batches()) for name, table in tables.items()
        }
        if step.kind is StepKind.PYTHON:
            python, _ = self._loaded(step.text)
            batches = run_python(step.name, python, spools, self._limits)
        else:
            text = step.unguarded or step.text
            batches = self._engine.run(step.name, text, spools, step.schema)
        return pa.Table.from_batches(batches, step.schema)

    def spools_in(self, home: Path) -> Callable[[str], SpoolFolder]:
        """Makes the folder of a run's spools below the project's private folder."""
        return lambda run_id: LocalSpoolFolder(home, run_id, self._limits)

    def _loaded(self, reference: str) -> tuple[PythonStep, str]:
        """The step, and the digest of the source that it was compiled from."""
        if reference not in self._python:
            self._python[reference] = load_step(self._folder, reference)
        return self._python[reference]


def _inputs(column: str, inputs: Mapping[str, pa.Schema]) -> Iterator[str]:
    """A claimed column as ``input.column``; one without an input is meant in each that has it.

    One that no input has stays as it is, for the check to refuse.
    """
    found = [f"{name}.{column}" for name, schema in inputs.items() if column in schema.names]
    yield from found or [column]
