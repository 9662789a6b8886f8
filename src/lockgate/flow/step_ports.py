"""What proving needs of whoever runs steps: the types that come out of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from lockgate.pipeline.model import Declassification, StepSpec
from lockgate.plan.checked_plan import PlannedStep


@dataclass(frozen=True, slots=True)
class PythonShape:
    """What a Python step says of itself: the columns that come out of it, and of what.

    ``code`` is a digest of the module that the function stands in.
    """

    schema: pa.Schema
    claims: tuple[Declassification, ...] = ()
    code: str = ""


class StepTyping(Protocol):
    """Tells what comes out of steps before any row is read."""

    def sql(self, step: StepSpec, text: str, inputs: Mapping[str, pa.Schema]) -> pa.Schema:
        """The columns of a SELECT over inputs of these schemas.

        Raises ConfigurationError if the engine does not take it; no value is in its message.
        """
        ...

    def python(self, step: StepSpec, inputs: Mapping[str, pa.Schema]) -> PythonShape:
        """What the function declares. Raises ConfigurationError if there is no such step."""
        ...


class StepTrying(Protocol):
    """Runs a planned step on a few made-up rows."""

    def once(self, step: PlannedStep, tables: Mapping[str, pa.Table]) -> pa.Table:
        """All rows of the step over these tables, small and dominated groups too.

        Raises LockgateError if it does not run on them.
        """
        ...
