"""A native reader of CSV that moves, loses or invents something is found before it is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from lockgate.kernel.splitting_self_test import failing_reader


@pytest.fixture
def honest() -> Any:
    return pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")


def with_other(honest: Any, **others: Any) -> Any:
    made = {"cut_csv": honest.cut_csv, "split_csv": honest.split_csv, "Fault": honest.Fault}
    return SimpleNamespace(**{**made, **others})


def test_the_native_reader_passes(honest: Any) -> None:
    assert failing_reader(honest) is None


def test_a_module_without_a_reader_fails() -> None:
    assert failing_reader(SimpleNamespace(Fault=RuntimeError)) == "cut"


@pytest.mark.parametrize("place", range(7))
def test_a_cut_that_is_wrong_in_one_thing_fails(honest: Any, place: int) -> None:
    def other(*given: Any) -> list[Any]:
        found = list(honest.cut_csv(*given))
        was = found[place]
        numbers = not isinstance(was, bool | int)
        found[place] = pa.array(was).slice(1) if numbers else not was
        return found

    assert failing_reader(with_other(honest, cut_csv=other)) == "cut"


@pytest.mark.parametrize("place", [0, 1])
def test_a_split_that_exchanges_columns_or_misses_ragged_rows_fails(
    honest: Any, place: int
) -> None:
    def other(*given: Any) -> tuple[Any, Any]:
        columns, ragged = honest.split_csv(*given)
        return (columns[::-1], ragged) if place == 0 else (columns, pa.array(ragged).slice(1))

    assert failing_reader(with_other(honest, split_csv=other)) == "split"


def test_a_reader_that_refuses_fails(honest: Any) -> None:
    def refusing(*given: Any) -> None:
        raise honest.Fault("malformed")

    assert failing_reader(with_other(honest, split_csv=refusing)) == "split"
