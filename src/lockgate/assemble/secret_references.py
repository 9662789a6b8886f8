"""Every reference to a secret that a project's files hold, and what ``check`` says of secrets."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lockgate.assemble.literal_secrets import INSTEAD, Found, literal_secrets
from lockgate.assemble.project_file import Project
from lockgate.assemble.project_file_secrets import texts
from lockgate.assemble.project_named import files_named, folders_named
from lockgate.assemble.project_texts import ProjectText, project_texts
from lockgate.assemble.yaml_document import parse_document
from lockgate.errors import ConfigurationError, PlanRefused, Position
from lockgate.flow.findings import Finding, FindingRule
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.reference import SCHEME, SecretReference


@dataclass(frozen=True, slots=True)
class Written:
    """A reference where it is written; None for a text that begins like one and is none."""

    reference: SecretReference | None
    where: Position


def references_of(project: Project, limits: Limits = DEFAULT_LIMITS) -> list[Written]:
    """All references in the project's YAML and Python files, in the order of files and lines."""
    found: list[Written] = []
    for one in _texts(project, limits):
        found += _written(one, limits)
    return found


def secret_findings(project: Project, limits: Limits = DEFAULT_LIMITS) -> list[Finding]:
    """Secrets in clear, and references in Python that lead nowhere."""
    found: list[Finding] = []
    for one in _texts(project, limits):
        found += _literal(one, literal_secrets(one, limits))
        if one.kind == "python":
            found += _lost(project, _written(one, limits))
    return found


def require_no_literal_secrets(project: Project, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raise PlanRefused, with every place, if a secret stands in clear in a project's file.

    By our own rules alone: ``check`` also knows the formats of many services.
    """
    found: list[Finding] = []
    for one in _texts(project, limits):
        found += _literal(one, literal_secrets(one, limits, own_rules=True))
    if found:
        raise PlanRefused(
            "a secret stands in clear in one of the project's files",
            where=found[0].where,
            hint=found[0].fix,
            problems=[finding.problem for finding in found],
        )


def _literal(one: ProjectText, found: Iterable[Found]) -> Iterator[Finding]:
    for line, column, what in found:
        yield Finding(
            FindingRule.LITERAL_SECRET,
            "",
            f"{what} stands here in clear",
            fix=INSTEAD[one.kind],
            where=Position(str(one.file), line, column),
        )


def _texts(project: Project, limits: Limits) -> Iterator[ProjectText]:
    return project_texts(project.folder, folders_named(project), files_named(project), limits)


def _written(one: ProjectText, limits: Limits) -> list[Written]:
    if SCHEME not in one.text:
        return []
    return list(_in_yaml(one, limits) if one.kind == "yaml" else _in_python(one))


def _in_yaml(one: ProjectText, limits: Limits) -> Iterator[Written]:
    try:
        document = parse_document(one.text.encode(), str(one.file), limits)
    except ConfigurationError:
        return
    for path, text in texts(document.data):
        if text.startswith(SCHEME):
            yield Written(_parsed(text), document.locate(path))


def _in_python(one: ProjectText) -> Iterator[Written]:
    if one.kind != "python":
        return
    try:
        tree = ast.parse(one.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    found = [
        Written(_parsed(node.value), Position(str(one.file), node.lineno, node.col_offset + 1))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(SCHEME)
    ]
    yield from sorted(found, key=lambda written: written.where)


def _parsed(text: str) -> SecretReference | None:
    try:
        return SecretReference.parse(text)
    except ConfigurationError:
        return None


def _lost(project: Project, written: list[Written]) -> Iterator[Finding]:
    known = ", ".join(sorted(project.secrets))
    for one in written:
        store = None if one.reference is None else one.reference.store
        if store not in project.secrets:
            what = "this is no reference to a secret" if store is None else f"no store {store}"
            yield Finding(
                FindingRule.UNKNOWN_SECRET_STORE, "", what, fix=f"stores: {known}", where=one.where
            )
