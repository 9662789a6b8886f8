"""A native reader of Parquet that moves, loses or invents something is found before it is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from lockgate.kernel.column_chunks_self_test import failing_chunks


@pytest.fixture
def honest() -> Any:
    return pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")


def test_the_native_reader_passes(honest: Any) -> None:
    assert failing_chunks(honest) is None


def test_a_module_without_a_reader_fails() -> None:
    assert failing_chunks(SimpleNamespace(Fault=RuntimeError)) == "chunks"


@pytest.mark.parametrize("place", range(4))
def test_a_reader_that_is_wrong_in_one_column_fails(honest: Any, place: int) -> None:
    def other(*given: Any) -> list[Any]:
        made = list(honest.read_chunks(*given))
        made[place] = made[0] if made[place] is None else pa.array(made[place]).slice(1)
        return made

    module = SimpleNamespace(read_chunks=other, Fault=honest.Fault)
    assert failing_chunks(module) == "chunks"
