"""pipelines of the project's files -> Pipeline objects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from lockgate.assemble.project_file_model import PipelineSection, SealSection, SinkSection
from lockgate.assemble.project_file_problems import Problems, shown
from lockgate.assemble.project_file_steps import StepReader, source_of
from lockgate.assemble.yaml_document import Document, Key
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec

NAME_HINT = "lower-case letters, digits, _ and -"


def read_pipelines(
    documents: Sequence[Document],
    contracts: Collection[str],
    problems: Problems,
    folder: Path,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Pipeline]:
    """Every pipeline by name; problems are noted, not raised. ``folder`` is the project's."""
    pipelines: dict[str, Pipeline] = {}
    for document in documents:
        steps = StepReader(document, problems, folder, limits)
        for name, data in problems.mapping(document, ("pipelines",), "pipelines").items():
            path = ("pipelines", name)
            where = document.locate(path)
            _check_name(name, document, path, problems)
            if name in pipelines:
                problems.add(f"pipeline {shown(name)} is defined twice", where)
                continue
            pipeline = _read(steps, name, data, contracts)
            if pipeline is not None:
                pipelines[name] = pipeline
    return pipelines


def _read(steps: StepReader, name: str, data: Any, contracts: Collection[str]) -> Pipeline | None:
    path, document, problems = ("pipelines", name), steps.document, steps.problems
    select, sinks = _parts(data, document, path, problems)
    section = problems.model(PipelineSection, data, document, path)
    if section is None:
        return None
    where = document.locate(path)
    if (section.source is None) == (section.sources is None):
        problems.add("a pipeline has one source, or sources", where, "source: {contract: ...}")
        return None
    if section.sources is not None and not section.steps:
        problems.add("several sources need steps", where, "steps: {NAME: {sql: SELECT ...}}")
    if section.steps and section.select:
        problems.add("steps choose columns themselves", where, "take select out")
    sources = steps.sources(section.sources, (*path, "sources"))
    if section.source is not None:
        sources = [source_of(section.source, document.locate((*path, "source")))]
    for source in sources:
        if source.contract not in contracts:
            hint = "contracts are " + ", ".join(sorted(contracts)) if contracts else "declare it"
            message = f"there is no contract {shown(source.contract)}"
            at = (*path, "source") if section.sources is None else (*path, "sources", source.name)
            problems.add(message, document.locate((*at, "contract")), hint)
    return Pipeline(
        name=name,
        purpose=section.purpose,
        sources=tuple(sources),
        sinks=tuple(sinks),
        select=tuple(select),
        description=section.description,
        where=where,
        steps=tuple(steps.steps(section.steps, (*path, "steps"))),
    )


def _parts(
    data: Any, document: Document, path: tuple[Key, ...], problems: Problems
) -> tuple[list[Selection], list[SinkSpec]]:
    """Selections and sinks, read one by one so that one's problem does not hide another's."""
    select: list[Selection] = []
    sinks: list[SinkSpec] = []
    if not isinstance(data, dict):
        return select, sinks
    chosen, places = data.get("select"), data.get("sinks")
    if isinstance(chosen, list):
        for index, item in enumerate(chosen):
            one = _selection(item, document, (*path, "select", index), problems)
            select += [one] if one else []
    if isinstance(places, dict):
        for name, sink in places.items():
            one_sink = _sink(name, sink, document, (*path, "sinks", name), problems)
            sinks += [one_sink] if one_sink else []
    return select, sinks


def _selection(
    item: Any, document: Document, path: tuple[Key, ...], problems: Problems
) -> Selection | None:
    where = document.locate(path)
    if isinstance(item, str) and item:
        return Selection(item, item, where)
    if isinstance(item, dict) and len(item) == 1:
        source, name = next(iter(item.items()))
        if isinstance(name, str) and name and source and name.isprintable():
            return Selection(source, name, where)
    problems.add("a selected column is a name, or one {name: new name}", where)
    return None


def _sink(
    name: str, data: Any, document: Document, path: tuple[Key, ...], problems: Problems
) -> SinkSpec | None:
    _check_name(name, document, path, problems)
    section = problems.model(SinkSection, data, document, path)
    if section is None:
        return None
    where = document.locate(path)
    file_format = FileFormat(section.format)
    if isinstance(section.seal, SealSection) and file_format is FileFormat.PARQUET:
        problems.add(
            "recipients are for sealed csv and jsonl",
            document.locate((*path, "seal")),
            "Parquet is sealed under the project's own keys: seal: true",
        )
    return SinkSpec(
        name,
        section.zone,
        section.path,
        file_format,
        where,
        section.parts,
        section.of,
        _seal(section),
    )


def _seal(section: SinkSection) -> tuple[str, ...] | None:
    if isinstance(section.seal, SealSection):
        return tuple(section.seal.recipients)
    return () if section.seal else None


def _check_name(name: str, document: Document, path: tuple[Key, ...], problems: Problems) -> None:
    plain = name.replace("-", "a").replace("_", "a")
    good = plain.isascii() and plain.isalnum() and name == name.lower() and name[0] not in "-_"
    if not good or len(name) > 63:
        problems.add("this is not a name", document.locate(path), NAME_HINT)
