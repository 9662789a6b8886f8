"""The sinks of a declared pipeline: where they write, and what seals their files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.seal import FileSeal, seal_format
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.assemble.project_file import Project
from lockgate.pipeline.model import FileFormat, Pipeline, SinkSpec
from lockgate.run.commit import Location
from lockgate.run.context import RunContext
from lockgate.run.ports import Sink
from lockgate.run.sealing import SealPlace


def sinks_of(
    project: Project, context: RunContext, pipeline: Pipeline
) -> Callable[[Location], Sink]:
    """What makes the sink at a location; ``context`` has the run's keys. Raises KeyUnavailable."""
    roots, key = roots_of(project), context.digest_key()
    parts = {sink.name: sink.parts for sink in pipeline.sinks}
    dataset = dataset_of(project, pipeline)
    seals = {
        sink.name: partial(_seal, context, dataset, sink)
        for sink in pipeline.sinks
        if sink.seal is not None
    }

    def sink_at(place: Location) -> Sink:
        return FileSink(
            place.name,
            place.path,
            FileFormat(place.format),
            roots,
            key,
            limits=context.limits,
            parts=parts.get(place.name, 1),
            seal=seals.get(place.name),
        )

    return sink_at


def seal_places(project: Project, pipeline: Pipeline) -> list[SealPlace]:
    """Where the keys of sealed sinks are."""
    dataset = dataset_of(project, pipeline)
    return [_seal_place(dataset, sink) for sink in pipeline.sinks if sink.seal is not None]


def dataset_of(project: Project, pipeline: Pipeline) -> str:
    """What a pipeline's rejected rows and sealed files are kept as those of."""
    single = len(pipeline.sources) == 1
    return project.contracts[pipeline.source.contract].id if single else pipeline.name


def roots_of(project: Project) -> Roots:
    """Where the project may read and write."""
    return Roots(project.roots.read, project.roots.write, base=project.folder)


def _seal(context: RunContext, dataset: str, sink: SinkSpec) -> FileSeal:
    """What seals a sink's files from now on. Raises KeyUnavailable."""
    place = _seal_place(dataset, sink)
    derived = place.sealing_key(context.keys)
    return FileSeal(place.domain, derived.number, derived.key, sink.seal or ())


def _seal_place(dataset: str, sink: SinkSpec) -> SealPlace:
    return SealPlace.of(dataset, sink.zone, seal_format(sink.format))
