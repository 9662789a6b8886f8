"""Which files a project names: what it is read from, be it hidden, a link, or anywhere in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lockgate.assemble.project_file import Project
from lockgate.pipeline.model import StepKind

_BESIDE: Final = (
    ("contracts", "*.odcs.yaml"),
    ("pipelines", "*.yaml"),
    ("policy", "*.yaml"),
)


def files_named(project: Project) -> dict[Path, str]:
    """Every file that the project is read from, and its kind: ``yaml``, ``python`` or ``sql``."""
    files = {project.file: "yaml"}
    for name, pattern in _BESIDE:
        files |= dict.fromkeys(sorted((project.folder / name).glob(pattern)), "yaml")
    files |= dict.fromkeys(
        (home.file for home in project.contract_homes.values() if home.file is not None), "yaml"
    )
    files |= dict.fromkeys((project.folder / name for name in _queries(project)), "sql")
    for module in _modules(project):
        base = project.folder.joinpath(*module.split("."))
        files |= dict.fromkeys((base.with_name(f"{base.name}.py"), base / "__init__.py"), "python")
    return {file: kind for file, kind in files.items() if file.is_file()}


def folders_named(project: Project) -> frozenset[str]:
    """Folders in the project's own that hold what it names as steps and models."""
    files = {*_queries(project), *(name.replace(".", "/") + ".py" for name in _modules(project))}
    return frozenset(
        first for first, slash, _ in (name.partition("/") for name in files) if slash
    ) - {"", ".", ".."}


def _queries(project: Project) -> Iterator[str]:
    for pipeline in project.pipelines.values():
        for step in pipeline.steps:
            text = None if step.kind is not StepKind.SQL else step.text_where
            if text is not None and text.file.casefold().endswith(".sql"):
                yield text.file


def _modules(project: Project) -> Iterator[str]:
    for home in project.contract_homes.values():
        if home.module:
            yield home.module
    for pipeline in project.pipelines.values():
        for step in pipeline.steps:
            if step.kind is StepKind.PYTHON:
                yield step.text.partition(":")[0]
