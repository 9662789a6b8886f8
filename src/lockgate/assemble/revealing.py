"""Reveal over a project: where a value may have come from, and whole columns of released files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lockgate.assemble.project_file import Project
from lockgate.run.reveal import Origin


@dataclass(frozen=True, slots=True)
class RevealResult:
    """A revealed column: how many rows, and the file it was written to or the values."""

    rows: int
    path: Path | None
    values: pa.ChunkedArray | None


def origins(project: Project) -> list[Origin]:
    """Every column of the project's contracts, with its key domain."""
    found = []
    for contract in project.contracts.values():
        for column in contract.columns:
            found.append(origin_of(project, contract, column))
    return found
