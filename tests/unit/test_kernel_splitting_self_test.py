"""A native reader of CSV that moves, loses or invents something is found before it is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from data_path.native_calls import READING
from lockgate.kernel.splitting_self_test import failing_reader


@pytest.fixture
def honest() -> Any:
    return pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")


def with_other(honest: Any, **others: Any) -> Any:
    made = {name: getattr(honest, name) for name in (*READING, "Fault")}
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


@pytest.mark.parametrize("place", range(5))
def test_a_count_that_is_wrong_in_one_thing_fails(honest: Any, place: int) -> None:
    def other(*given: Any) -> list[Any]:
        found = list(honest.measure_csv(*given))
        found[place] = not found[place] if isinstance(found[place], bool) else found[place] + 1
        return found

    assert failing_reader(with_other(honest, measure_csv=other)) == "measure"


@pytest.mark.parametrize("place", range(4))
def test_a_split_that_exchanges_columns_or_misses_rows_or_lines_fails(
    honest: Any, place: int
) -> None:
    def other(*given: Any) -> list[Any] | None:
        found = honest.split_csv(*given)
        if found is None:
            return None
        found = [pa.record_batch(found[0]), *(pa.array(places) for places in found[1:])]
        columns = found[0]
        exchanged = pa.RecordBatch.from_arrays(columns.columns[::-1], schema=columns.schema)
        found[place] = exchanged if place == 0 else found[place].slice(1)
        return found

    assert failing_reader(with_other(honest, split_csv=other)) == "split"


def test_a_split_that_takes_any_row_fails(honest: Any) -> None:
    def other(*given: Any) -> Any:
        return honest.split_csv(*given) or ()

    assert failing_reader(with_other(honest, split_csv=other)) == "split unsound rows"


def test_a_reader_that_refuses_fails(honest: Any) -> None:
    def refusing(*given: Any) -> None:
        raise honest.Fault("malformed")

    assert failing_reader(with_other(honest, split_csv=refusing)) == "split"
