"""``protect`` on Parquet columns whose types text files do not have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.first_contract import first_contract
from lockgate.assemble.first_hour import sample_file
from lockgate.contract.from_odcs import compile_odcs
from lockgate.errors import Position, SourceError

START = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)


def _contract_of(column: pa.Array) -> pa.DataType:
    table = pa.table({"x": column})
    document = first_contract("t", table, {"x": "confidential"}, None)
    contract = compile_odcs(document, lambda _: Position("t.odcs.yaml"))
    return contract.columns[0].arrow_type


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "+05:30"])
def test_times_with_a_zone_get_a_contract_that_takes_them(zone: str) -> None:
    kind = _contract_of(pa.array([START], pa.timestamp("us", zone)))
    assert kind == pa.timestamp("us", "UTC")


def test_integers_beyond_63_bits_get_a_type_that_holds_them() -> None:
    kind = _contract_of(pa.array([2**64 - 1], pa.uint64()))
    assert pa.types.is_decimal(kind)
    assert kind.precision >= 20


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (pa.array([timedelta(seconds=3)]), "durations"),
        (pa.array([[1]]), "nested"),
    ],
)
def test_types_that_no_contract_has_are_named_before_anything_is_made(
    tmp_path: Path, values: pa.Array, word: str
) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"odd": values}), file)
    with pytest.raises(SourceError, match=rf"{word}.*odd"):
        sample_file(file, tmp_path)
