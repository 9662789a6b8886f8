"""What is wrong with a pipeline's names and folders before any label travels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from lockgate.contract.model import Contract
from lockgate.errors import LabelError, PolicyError
from lockgate.flow.findings import Finding, FindingRule
from lockgate.pipeline.model import Pipeline, SourceSpec
from lockgate.policy.policy import Policy

_PRIVATE = ".lockgate"


def declared_findings(
    pipeline: Pipeline, contracts: Sequence[tuple[SourceSpec, Contract]], policy: Policy
) -> Iterator[Finding]:
    """Names that are wrong: selected and ignored columns, zones, sinks, folders, labels."""
    yield from _selection_findings(pipeline, contracts[0][1])
    for source, contract in contracts:
        yield from _ignored_findings(pipeline, source, contract)
    yield from _sink_findings(pipeline, policy)
    yield from _path_findings(pipeline)
    seen: set[str] = set()
    for _, contract in contracts:
        if contract.id not in seen:
            seen.add(contract.id)
            yield from _label_findings(pipeline, contract, policy)


def taken_name(pipeline: Pipeline, contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    """A pipeline of several sources that is called as a contract is, by name or id.

    What it rejects and seals is kept and permitted under its name: another dataset's, then.
    """
    if len(pipeline.sources) < 2:
        return
    taken = [n for n, one in contracts.items() if pipeline.name in (n, one.id)]
    for name in taken:
        yield Finding(
            FindingRule.DUPLICATE_NAME,
            pipeline.name,
            f"the pipeline has several sources, and is called as contract {name} is",
            fix="give the pipeline another name",
            where=pipeline.where,
        )


def _label_findings(pipeline: Pipeline, contract: Contract, policy: Policy) -> Iterator[Finding]:
    for column in contract.columns:
        try:
            policy.taxonomy.require(column.labels.join(column.influence))
        except LabelError as error:
            yield Finding(
                FindingRule.UNKNOWN_LABEL,
                pipeline.name,
                error.message,
                column=column.name,
                label=str(column.labels),
                fix=error.hint,
                where=column.where,
            )


def _selection_findings(pipeline: Pipeline, contract: Contract) -> Iterator[Finding]:
    names = contract.names
    for selection in pipeline.select:
        if selection.source not in names:
            yield Finding(
                FindingRule.UNKNOWN_COLUMN,
                pipeline.name,
                f"contract {contract.name} has no such column",
                column=selection.source,
                fix=f"columns are {', '.join(names)}",
                where=selection.where or pipeline.where,
            )
    outputs = [selection.name for selection in pipeline.select]
    for name in dict.fromkeys(n for n in outputs if outputs.count(n) > 1):
        last = next(s for s in reversed(pipeline.select) if s.name == name)
        yield Finding(
            FindingRule.DUPLICATE_OUTPUT,
            pipeline.name,
            "two selected columns have this name",
            column=name,
            fix=f"rename one: {{{last.source}: {last.source}_2}}",
            where=last.where or pipeline.where,
        )


def _ignored_findings(
    pipeline: Pipeline, source: SourceSpec, contract: Contract
) -> Iterator[Finding]:
    selected = {selection.source for selection in pipeline.select}
    for column in contract.columns:
        if column.name in source.ignore and (column.required or column.name in selected):
            yield Finding(
                FindingRule.IGNORED_COLUMN,
                pipeline.name,
                "the source ignores a column that is required or selected",
                column=column.name,
                fix=f"take {column.name} out of {source.name}.ignore"
                if pipeline.steps
                else f"take {column.name} out of source.ignore",
                where=source.where or pipeline.where,
            )


def _sink_findings(pipeline: Pipeline, policy: Policy) -> Iterator[Finding]:
    names: set[str] = set()
    for sink in pipeline.sinks:
        where = sink.where or pipeline.where
        if sink.zone not in policy.zones:
            try:
                policy.zone(sink.zone)
            except PolicyError as error:
                yield Finding(
                    FindingRule.UNKNOWN_ZONE,
                    pipeline.name,
                    error.message,
                    sink.name,
                    zone=sink.zone,
                    fix=error.hint,
                    where=where,
                )
        if sink.of not in ("", pipeline.source.name) and not pipeline.steps:
            yield Finding(
                FindingRule.UNKNOWN_INPUT,
                pipeline.name,
                f"it reads {sink.of}, and the pipeline has no steps",
                sink.name,
                fix="take from out, or write steps",
                where=where,
            )
        if sink.name in names:
            yield Finding(
                FindingRule.DUPLICATE_SINK,
                pipeline.name,
                "two sinks have this name",
                sink.name,
                fix="rename one",
                where=where,
            )
        names.add(sink.name)
    if not pipeline.sinks:
        yield Finding(
            FindingRule.NOTHING_RELEASED,
            pipeline.name,
            "the pipeline has no sink",
            fix="sinks: {analytics: {zone: analytics, path: out/analytics, format: parquet}}",
            where=pipeline.where,
        )


def _path_findings(pipeline: Pipeline) -> Iterator[Finding]:
    """Paths inside ``.lockgate``, and sinks that are, hold or lie in each other's folder."""
    for source in pipeline.sources:
        if _PRIVATE in _folders(source.path):
            yield Finding(
                FindingRule.SHARED_PATH,
                pipeline.name,
                f"the source lies inside {_PRIVATE}, where keys and state are kept",
                fix="path: data",
                where=source.where or pipeline.where,
            )
    taken: dict[str, tuple[str, ...]] = {}
    for sink in pipeline.sinks:
        folders = _folders(sink.path)
        message, fix = "", f"path: out/{sink.name}"
        if _PRIVATE in folders:
            message = f"it publishes inside {_PRIVATE}, where keys and state are kept"
        for other, theirs in taken.items():
            if message or other == sink.name:
                continue
            if folders == theirs:
                message = f"it publishes to the folder of sink {other}"
            elif folders[: len(theirs)] == theirs:
                message = f"it publishes inside the folder of sink {other}"
            elif theirs[: len(folders)] == folders:
                message = f"sink {other} publishes inside its folder"
            if message:
                fix = _beside(min(folders, theirs, key=len), sink.name, other)
        taken.setdefault(sink.name, folders)
        if message:
            yield Finding(
                FindingRule.SHARED_PATH,
                pipeline.name,
                message,
                sink.name,
                fix=fix,
                where=sink.where or pipeline.where,
            )


def _beside(outer: tuple[str, ...], name: str, other: str) -> str:
    if outer == (".",):  # nothing lies beside the project's folder
        return f"give both a folder: path: out/{name} and path: out/{other}"
    return f"path: {PurePosixPath(*outer)}-{name}"


def _folders(path: str) -> tuple[str, ...]:
    """``out/./A//`` is ``out/a``: some systems do not tell A from a. No disk is looked at."""
    pure = PurePosixPath(path.casefold())
    return pure.parts if pure.is_absolute() else (".", *pure.parts)
