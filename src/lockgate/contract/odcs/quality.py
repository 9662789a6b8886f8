"""ODCS quality rules: library metrics become dataset rules, code is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lockgate.contract.dataset_rule import DatasetRule, Metric
from lockgate.contract.odcs import keys
from lockgate.contract.odcs.pattern import PatternRefused, to_rust
from lockgate.contract.odcs.reader import Path, Reader

_ARGUMENTS: Final = {
    Metric.ROW_COUNT: frozenset[str](),
    Metric.NULL_VALUES: frozenset[str](),
    Metric.MISSING_VALUES: frozenset(("missingValues",)),
    Metric.INVALID_VALUES: frozenset(["validValues", "pattern", "minLength", "maxLength"]),
    Metric.DUPLICATE_VALUES: frozenset(("properties",)),
}
_WARNINGS: Final = frozenset(("info", "warning"))


@dataclass(slots=True)
class Quality:
    """What the quality entries of one element ask for.

    ``allowed`` is a closed list of values that every row must keep: ``invalidValues``
    with ``validValues`` must be 0 rejects the row instead of stopping the run.
    """

    rules: list[DatasetRule] = field(default_factory=list)
    allowed: tuple[Any, Path] | None = None


def read_quality(
    reader: Reader, node: Mapping[str, Any], path: Path, column: str, names: frozenset[str]
) -> Quality:
    """Read the ``quality`` list of a property (``column`` is its name) or an object ("")."""
    quality = Quality()
    for item, place in reader.items(node, "quality", path):
        entry = reader.mapping(item, place)
        reader.keys(entry, keys.QUALITY, place)
        kind = reader.get(entry, "type", str, "library", place)
        if kind in ("sql", "custom"):
            reader.problem(
                (*place, "type"),
                f"{kind} quality is code from outside and is not run",
                "use a library metric, or keep it as text",
            )
        elif kind == "library":
            _read_rule(reader, entry, place, column, names, quality)
        elif kind != "text":
            reader.problem((*place, "type"), "is not a kind of quality", "text or library")
    return quality


def _read_rule(
    reader: Reader,
    entry: Mapping[str, Any],
    path: Path,
    column: str,
    names: frozenset[str],
    quality: Quality,
) -> None:
    before = len(reader.problems)
    word = entry.get("metric", entry.get("rule"))
    if not isinstance(word, str) or word not in set(Metric):
        known = ", ".join(Metric)
        reader.problem((*path, "metric"), "is not a library metric", f"one of {known}")
        return
    metric = Metric(word)
    arguments = reader.mapping(entry.get("arguments") or {}, (*path, "arguments"))
    reader.keys(arguments, _ARGUMENTS[metric], (*path, "arguments"))
    operator, threshold = _operator(reader, entry, path)
    unit = reader.get(entry, "unit", str, "rows", path)
    if unit not in ("rows", "percent") or (unit == "percent" and metric is Metric.ROW_COUNT):
        reader.problem((*path, "unit"), "is not a unit of this metric", "rows or percent")
    columns = _columns(reader, arguments, metric, column, names, path)
    values = arguments.get("missingValues", arguments.get("validValues", []))
    if not isinstance(values, list) or any(isinstance(item, dict | list) for item in values):
        reader.problem((*path, "arguments"), "values must be a list of single values")
        values = []
    if metric is Metric.INVALID_VALUES and not arguments:
        reader.problem((*path, "arguments"), "invalidValues needs validValues or pattern")
    pattern = _pattern(reader, arguments, path)
    if len(reader.problems) > before:
        return
    lengths = [arguments.get(key) for key in ("minLength", "maxLength")]
    closed = metric is Metric.INVALID_VALUES and set(arguments) == {"validValues"}
    gates = reader.get(entry, "severity", str, "error", path).lower() not in _WARNINGS
    if closed and gates and operator == "mustBe" and threshold == (0,):
        quality.allowed = (values, (*path, "arguments", "validValues"))
        return
    quality.rules.append(
        DatasetRule(
            name=reader.get(entry, "name", str, "", path)
            or f"{metric} {' '.join(columns)}".strip(),
            metric=metric,
            operator=operator,
            threshold=threshold,
            columns=columns,
            percent=unit == "percent",
            values=tuple(values),
            pattern=pattern,
            min_length=lengths[0],
            max_length=lengths[1],
            gates=gates,
        )
    )


def _operator(
    reader: Reader, entry: Mapping[str, Any], path: Path
) -> tuple[str, tuple[float, ...]]:
    found = [name for name in keys.OPERATORS if entry.get(name) is not None]
    if len(found) != 1:
        known = ", ".join(keys.OPERATORS)
        reader.problem(path, "a library rule needs exactly one comparison", f"one of {known}")
        return "mustBe", (0,)
    value = entry[found[0]]
    numbers = value if found[0].endswith("Between") else [value]
    wanted = 2 if found[0].endswith("Between") else 1
    if (
        not isinstance(numbers, list)
        or len(numbers) != wanted
        or any(isinstance(item, bool) or not isinstance(item, int | float) for item in numbers)
    ):
        reader.problem((*path, found[0]), f"must be {wanted} number(s)")
        return "mustBe", (0,)
    return found[0], tuple(numbers)


def _columns(
    reader: Reader,
    arguments: Mapping[str, Any],
    metric: Metric,
    column: str,
    names: frozenset[str],
    path: Path,
) -> tuple[str, ...]:
    if column:
        if metric is Metric.ROW_COUNT or "properties" in arguments:
            reader.problem(path, "this rule belongs to the object, not to a property")
        return (column,)
    listed = arguments.get("properties", [])
    known = isinstance(listed, list) and all(isinstance(item, str) for item in listed)
    if not known or not names.issuperset(listed):
        reader.problem(
            (*path, "arguments", "properties"), "must be a list of this object's columns"
        )
        return ()
    if metric is Metric.ROW_COUNT:
        return ()
    if metric is not Metric.DUPLICATE_VALUES:
        reader.problem(path, f"{metric} belongs to a property")
        return ()
    return tuple(listed) or tuple(sorted(names))


def _pattern(reader: Reader, arguments: Mapping[str, Any], path: Path) -> str:
    pattern = reader.get(arguments, "pattern", str, "", (*path, "arguments"))
    for key in ("minLength", "maxLength"):
        reader.get(arguments, key, int, 0, (*path, "arguments"))
    try:
        return to_rust(pattern)
    except PatternRefused as error:
        reader.problem((*path, "arguments", "pattern"), error.message, error.hint)
        return ""
