"""Findings as SARIF 2.1.0, which code hosts show beside the lines they speak of.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lockgate.errors import Position
from lockgate.flow.findings import Finding
from lockgate.flow.paths import PathStep
from lockgate.flow.rules import SAYS

VERSION = "2.1.0"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_sarif(
    findings: Iterable[Finding], version: str, relative: Callable[[str], str] = str
) -> dict[str, Any]:
    """One run of the tool ``lockgate`` of that version, as plain JSON.

    ``relative`` names a file relative to the root that code hosts call ``%SRCROOT%``. A fix is
    text for people: what it would change in which line is not known.
    """
    numbers = {rule: number for number, rule in enumerate(SAYS)}
    rules = [
        {
            "id": rule.value,
            "shortDescription": {"text": says},
            "defaultConfiguration": {"level": rule.severity.value},
        }
        for rule, says in SAYS.items()
    ]
    driver = {"name": "lockgate", "semanticVersion": version, "rules": rules}
    results = [_result(one, numbers[one.rule], relative) for one in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _result(one: Finding, number: int, relative: Callable[[str], str]) -> dict[str, Any]:
    problem = one.problem
    text = f"{problem.message}\nFix: {one.fix}" if one.fix else problem.message
    result: dict[str, Any] = {
        "ruleId": one.rule.value,
        "ruleIndex": number,
        "level": one.severity.value,
        "message": {"text": text},
        "partialFingerprints": {"lockgate/v1": _fingerprint(one)},
    }
    if one.where is not None and one.where.file:
        result["locations"] = [_location(one.where, relative)]
    if one.path:
        steps = [{"location": _location(step.where, relative, _said(step))} for step in one.path]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _fingerprint(one: Finding) -> str:
    """The same finding after lines moved is the same finding."""
    parts: tuple[object, ...]
    parts = (one.rule, one.pipeline, one.sink, one.step, one.column, one.label, one.zone)
    if not one.pipeline and one.where is not None:  # of a file, and of no pipeline
        parts += (Path(one.where.file).name, one.message)
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()


def _said(step: PathStep) -> str:
    return f"{step} decides what appears in the next" if step.decides else str(step)


def _location(
    where: Position | None, relative: Callable[[str], str], text: str = ""
) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if where is not None and where.file:
        physical: dict[str, Any] = {
            "artifactLocation": {"uri": quote(relative(where.file)), "uriBaseId": "%SRCROOT%"}
        }
        if where.line:
            physical["region"] = {"startLine": where.line}
            if where.column:
                physical["region"]["startColumn"] = where.column
        location["physicalLocation"] = physical
    if text:
        location["message"] = {"text": text}
    return location
