"""Two protected tables joined on a token: nobody was identified on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows on each side, rows that met, and per diagnosis (visits, mean charge)."""

    patients: int
    visits: int
    met: int
    by_diagnosis: tuple[tuple[str, int, float], ...]


def join_on_token(patients: Path, visits: Path, top: int = 5) -> Joined:
    """Join two run folders of the analytics zone on their tokenised record number."""
    left = _read(patients, ["mrn", "diagnosis"])
    right = _read(visits, ["mrn", "charge"])
    both = right.join(left, "mrn", join_type="inner")
    charges = both.set_column(
        both.column_names.index("charge"), "charge", both.column("charge").cast(pa.float64())
    )
    grouped = charges.group_by("diagnosis").aggregate([("charge", "count"), ("charge", "mean")])
    ordered = grouped.sort_by([("charge_count", "descending")]).slice(0, top).to_pylist()
    return Joined(
        left.num_rows,
        right.num_rows,
        both.num_rows,
        tuple((r["diagnosis"], r["charge_count"], r["charge_mean"]) for r in ordered),
    )


def _read(folder: Path, columns: list[str]) -> pa.Table:
    parts = [pq.read_table(path, columns=columns) for path in sorted(folder.glob("part-*.parquet"))]
    table = pa.concat_tables(parts).combine_chunks()
    return table.cast(pa.schema([_plain(field) for field in table.schema])).filter(
        pc.is_valid(table.column("mrn"))
    )


def _plain(field: pa.Field) -> pa.Field:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return pa.field(field.name, kind)
