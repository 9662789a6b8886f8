"""A limit that nobody asks is a promise nobody keeps."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from lockgate.limits import DEFAULT_LIMITS, Limits

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lockgate"
ASKED = {
    node.attr
    for path in SOURCE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_bytes()))
    if isinstance(node, ast.Attribute) and ast.unparse(node.value).lower().endswith("limits")
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
def test_every_limit_is_asked_somewhere(name: str) -> None:
    assert name in ASKED


def test_limits_are_positive_and_frozen() -> None:
    values = dataclasses.asdict(DEFAULT_LIMITS)

    assert all(isinstance(value, int) and value > 0 for value in values.values())
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_LIMITS.columns = 1  # type: ignore[misc]
