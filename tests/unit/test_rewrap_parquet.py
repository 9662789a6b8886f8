"""Values of a PLAIN column are found in the file's bytes, over pages and between nulls."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockgate.adapters.connectors.files.rewrapping.cells import LocatedPiece
from lockgate.adapters.connectors.files.rewrapping.parquet_cells import (
    chunk_bounds,
    locate_values,
    require_plain,
)
from lockgate.errors import IntegrityError

PLAIN = {"use_dictionary": False, "compression": "none", "write_statistics": False}


def stored(path: Path, values: pa.Array, **settings: object) -> tuple[bytes, pq.FileMetaData]:
    pq.write_table(pa.table({"v": values}), path, **(PLAIN | settings))
    return path.read_bytes(), pq.read_metadata(path)


def values(count: int, *, every_null: int = 0, size: int = 40) -> pa.Array:
    some = [os.urandom(size + i % 7) for i in range(count)]
    return pa.array(
        [None if every_null and i % every_null == 0 else v for i, v in enumerate(some)], pa.binary()
    )


@pytest.mark.parametrize("every_null", [0, 3])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_value_of_every_page_is_found(tmp_path: Path, every_null: int, version: str) -> None:
    given = values(20_000, every_null=every_null)
    settings = {"data_page_size": 4_096, "data_page_version": version}
    data, metadata = stored(tmp_path / "a.parquet", given, **settings)
    start, end = chunk_bounds(metadata.row_group(0).column(0))

    cells = locate_values(data, start, end, given)

    piece = LocatedPiece(pa.py_buffer(data), len(given), {"v": cells}, pa.binary())
    assert piece.frames("v").equals(given.drop_null())
    fresh = pa.array([bytes(len(v)) for v in piece.frames("v").to_pylist()], pa.binary())
    (tmp_path / "b.parquet").write_bytes(piece.spliced({"v": fresh}))
    again = pq.read_table(tmp_path / "b.parquet").column("v").combine_chunks()
    assert again.is_valid().equals(given.is_valid())
    assert again.drop_null().equals(fresh)


def test_a_column_of_nulls_alone_has_no_places(tmp_path: Path) -> None:
    given = pa.nulls(10, pa.binary())
    data, metadata = stored(tmp_path / "a.parquet", given)
    start, end = chunk_bounds(metadata.row_group(0).column(0))
    assert len(locate_values(data, start, end, given).starts) == 0


@pytest.mark.parametrize("change", [{"compression": "snappy"}, {"use_dictionary": True}])
def test_what_is_not_stored_plain_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    _, metadata = stored(tmp_path / "a.parquet", values(50), **change)
    with pytest.raises(IntegrityError, match="column v is not stored"):
        require_plain(metadata.row_group(0).column(0), "v")


def test_a_value_that_is_not_there_is_refused(tmp_path: Path) -> None:
    data, metadata = stored(tmp_path / "a.parquet", values(50))
    start, end = chunk_bounds(metadata.row_group(0).column(0))
    with pytest.raises(IntegrityError, match="does not hold"):
        locate_values(data, start, end, values(50))
