"""A validator that changed while its source did not, or that never had a source."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, create_model

from lockgate.contract.from_pydantic import compile_model


def digest(check: Callable[[Any], Any]) -> str:
    model: type[BaseModel] = create_model("Row", x=(Annotated[int, AfterValidator(check)], ...))
    return compile_model(model, id="c", name="c").digest


def closed(limit: Any) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value > limit:
            raise ValueError
        return value

    return check


def nested(limit: int) -> Callable[[Any], Any]:
    inner = closed(limit)
    return lambda value: [inner(value)][0]


def default(limit: int) -> Callable[[Any], Any]:
    def check(value: Any, most: int = limit) -> Any:
        return value if value <= most else None

    return check


def executed(limit: int) -> Callable[[Any], Any]:
    names: dict[str, Any] = {"__name__": "models"}
    exec(f"def check(value):\n    assert value <= {limit}\n    return value", names)
    return names["check"]


def constant(limit: int) -> Callable[[Any], Any]:
    names: dict[str, Any] = {"__name__": "models", "LIMIT": limit}
    exec("def check(value):\n    assert value <= LIMIT\n    return value", names)
    return names["check"]


@pytest.mark.parametrize("make", [closed, nested, default, executed, constant])
def test_a_limit_changed_behind_the_source_gives_another_digest(make: Any) -> None:
    assert digest(make(10)) != digest(make(11))
    assert digest(make(10)) == digest(make(10))


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"a": 2}), ([1, 2], [2, 1]), ({"a", "b"}, {"a", "c"}), (1, True), ("1", 1)],
)
def test_what_a_validator_closes_over_is_told_apart(one: Any, other: Any) -> None:
    assert digest(closed(one)) != digest(closed(other))


def test_an_object_without_a_stable_form_does_not_change_the_digest() -> None:
    class Thing:
        pass

    assert digest(closed(Thing())) == digest(closed(Thing()))


def test_a_validator_that_closes_over_itself_has_a_digest() -> None:
    def check(value: Any) -> Any:
        return value or check(1)

    assert digest(check) == digest(check)


PROGRAM = """
from typing import Annotated
from pydantic import AfterValidator, BaseModel
from lockgate.contract.from_pydantic import compile_model
def make(names, thing):
    def check(x):
        assert x not in names and x in {"p", "q", "r", "s"}
        return (lambda: (thing, x))()[1]
    return check
class Row(BaseModel):
    x: Annotated[str, AfterValidator(make({"a", "b", "c", "d"}, object()))]
print(compile_model(Row, id="c", name="c").digest)
"""


def test_the_digest_is_the_same_in_every_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
