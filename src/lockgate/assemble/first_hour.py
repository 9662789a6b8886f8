"""Somebody's own file, protected without a project before, and one to grow from after."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sample import FileSample
from lockgate.adapters.connectors.files.sample import sample_file as read_sample
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.clear_scan import refuse_leaks
from lockgate.assemble.create import create_project
from lockgate.assemble.first_contract import first_contract
from lockgate.assemble.project_file import FILE_NAME, load_project
from lockgate.assemble.project_write import append_to_project
from lockgate.assemble.workspace import Workspace
from lockgate.errors import PlanRefused, SourceError, UsageError
from lockgate.kernel import load
from lockgate.kernel.interface import Kernel
from lockgate.labels.label import LabelSet
from lockgate.labels.leaks import data_like_names
from lockgate.labels.propose import Proposal, propose, propose_subject
from lockgate.limits import DEFAULT_LIMITS
from lockgate.pipeline.model import FileFormat
from lockgate.policy.choose import Choice, choose
from lockgate.policy.policy import Policy
from lockgate.run.ports import Progress
from lockgate.run.runner import RunResult

SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".json": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
}
MAX_REJECTED = 0.05
FALLBACK = "confidential"


@dataclass(frozen=True, slots=True)
class SampledFile:
    """A file's beginning, a proposed label a column, and which column says whose row it is."""

    path: Path
    format: FileFormat
    delimiter: str
    columns: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    rows_sampled: int
    table: pa.Table
    policy: Policy


def sample_file(
    path: Path,
    folder: Path,
    file_format: str | None = None,
    zone: str = "analytics",
) -> SampledFile:
    """Sample a file and propose a label for every column.

    The policy is that of the project in ``folder``, the shipped one if there is none. A proposal
    whose treatment in ``zone`` could not take the column's values (dates that are not ISO dates,
    say) becomes ``confidential``. Raises SourceError, UsageError, ConfigurationError.
    """
    chosen = _format(path, file_format)
    absolute = path.resolve()
    roots = Roots((absolute.parent,), ())
    sample: FileSample = read_sample(str(absolute), chosen, roots, DEFAULT_LIMITS)
    _refuse_types(sample.table.schema)
    _refuse_data_as_names(sample.table.column_names)
    policy = _policy_of(folder)
    proposals = propose(sample.table, policy.taxonomy)
    kernel = load()
    fitting = tuple(_fitting(p, sample.table, policy, zone, kernel) for p in proposals)
    return SampledFile(
        path=absolute,
        format=chosen,
        delimiter=sample.delimiter,
        columns=tuple(sample.table.column_names),
        proposals=fitting,
        rows_sampled=sample.table.num_rows,
        table=sample.table,
        policy=policy,
    )


def _refuse_types(schema: pa.Schema) -> None:
    """What no contract has a type for is named before anything is proposed."""
    for test, what, hint in (
        (pa.types.is_nested, "nested values", "flatten them first"),
        (pa.types.is_duration, "durations", "store them as a number of seconds"),
    ):
        names = [field.name for field in schema if test(field.type)]
        if names:
            told = f"columns with {what} are not supported: {', '.join(names[:5])}"
            raise SourceError(told, hint=hint)


def _refuse_data_as_names(names: Sequence[str]) -> None:
    """Column names stand in the output, its contract and the project: they must not be data."""
    positions = data_like_names(names)
    if positions:
        shown = ", ".join(map(str, positions[:10]))
        raise SourceError(
            f"the names of columns {shown} look like data: the file may have no header",
            hint="add a first line with column names, or rename those columns",
        )


def _policy_of(folder: Path) -> Policy:
    if (folder / FILE_NAME).exists():
        return load_project(folder / FILE_NAME).policy
    return Policy.shipped()


def protect_file(
    sampled: SampledFile,
    folder: Path,
    labels: Mapping[str, str],
    *,
    zone: str = "analytics",
    purpose: str,
    progress: Progress | None = None,
    passphrase: Callable[[], str] | None = None,
) -> RunResult:
    """Release a protected copy below ``folder``, which becomes (or stays) a project.

    Columns that were proposed as public are looked at whole first. The run must be under the very
    policy that was shown. Raises what a run raises; a project made for a run that failed is left
    to be mended.
    """
    seen = refuse_leaks(_trusted(sampled, labels, zone), _source(sampled))
    name = _slug(sampled.path.name.split(".")[0])
    subject = propose_subject(sampled.table, sampled.proposals)
    contract = {name: first_contract(name, sampled.table, labels, subject)}
    pipeline = {name: _pipeline(name, sampled, folder, zone, purpose)}
    if (folder / FILE_NAME).exists():
        _grow(folder, name, contract, pipeline)
    else:
        roots = {"read": [_shown(sampled.path.parent, folder)], "write": ["."]}
        project = _slug(folder.resolve().name)
        create_project(folder, project, contracts=contract, pipelines=pipeline, roots=roots)
    with Workspace.open(folder, passphrase=passphrase) as workspace:
        if workspace.project.policy.digest != sampled.policy.digest:
            raise PlanRefused(
                "the project's policy is not the one that was shown: nothing was read",
                hint="run it again and look at the screen",
            )
        workspace.create_domains()
        return workspace.run(name, progress=progress, seen=seen)


def _trusted(sampled: SampledFile, labels: Mapping[str, str], zone: str) -> list[str]:
    """Columns that would leave in clear on the word of a proposal; what a person said stands."""
    zone_rules = sampled.policy.zone(zone)

    def clear(label: str) -> bool:
        chosen = choose(LabelSet.of(label), LabelSet(), zone_rules)
        return isinstance(chosen, Choice) and chosen.treatment is None

    return [p.column for p in sampled.proposals if labels[p.column] == p.label and clear(p.label)]


def _source(sampled: SampledFile) -> FileSource:
    roots = Roots((sampled.path.parent,), ())
    path, delimiter = str(sampled.path), sampled.delimiter
    return FileSource(path, sampled.format, sampled.columns, roots, delimiter=delimiter)


def _grow(
    folder: Path, name: str, contract: Mapping[str, Any], pipeline: Mapping[str, Any]
) -> None:
    with Workspace.open(folder) as workspace:
        if name in workspace.project.contracts or name in workspace.project.pipelines:
            raise UsageError(
                f"the project in {folder} has a contract or pipeline {name} already",
                hint=f"run it: lockgate --project {folder} run {name}",
            )
    append_to_project(folder / FILE_NAME, contract, pipeline)


def _format(path: Path, given: str | None) -> FileFormat:
    if given is not None:
        return FileFormat(given)
    if not path.is_file():
        raise SourceError("there is no such file", hint="lockgate protect takes one file")
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix not in (".gz", ".zst")]
    found = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if found is None:
        raise UsageError(
            "the file's name does not say its format", hint="--format csv, jsonl or parquet"
        )
    return found


def _fitting(
    proposal: Proposal, table: pa.Table, policy: Policy, zone: str, kernel: Kernel
) -> Proposal:
    """The proposal, or ``confidential`` if the zone's treatment could not take the values."""
    chosen = choose(LabelSet.of(proposal.label), LabelSet(), policy.zone(zone))
    if not isinstance(chosen, Choice) or chosen.treatment is None:
        return proposal
    values = table.column(proposal.column).combine_chunks()
    domain = policy.taxonomy.domain_of(proposal.label)
    normaliser = policy.domains[domain].normaliser if domain else None
    treatable = chosen.treatment.treatable(values, kernel, normaliser)
    if treatable is None or not len(values):
        return proposal
    bad = len(values) - pc.sum(treatable.fill_null(True)).as_py()
    if bad <= MAX_REJECTED / 2 * len(values):
        return proposal
    why = f"{proposal.why}; {chosen.treatment.name} cannot take its values"
    return replace(proposal, label=FALLBACK, why=why)


def _pipeline(
    name: str, sampled: SampledFile, folder: Path, zone: str, purpose: str
) -> dict[str, Any]:
    source: dict[str, Any] = {
        "contract": name,
        "path": _shown(sampled.path, folder),
        "format": sampled.format.value,
    }
    if sampled.delimiter != ",":
        source["delimiter"] = sampled.delimiter
    sink = {"zone": zone, "path": f"{zone}/{name}", "format": sampled.format.value}
    return {"purpose": purpose, "source": source, "sinks": {zone: sink}}


def _shown(path: Path, folder: Path) -> str:
    """Relative to the project where it lies inside, else absolute: a path has no ``..``."""
    absolute, home = path.resolve(), folder.resolve()
    return os.path.relpath(absolute, home) if absolute.is_relative_to(home) else str(absolute)


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:63] or "data"
