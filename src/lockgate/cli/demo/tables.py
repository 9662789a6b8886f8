"""Two seeded tables of invented people, made column by column, with dirt in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.cli.demo import pools

BLOCK = 50_000
Index = np.ndarray[tuple[int], np.dtype[np.int64]]

PATIENTS = (
    *("mrn", "first_name", "last_name", "email", "ssn", "phone"),
    *("street", "city", "state", "zip", "birth_date", "sex"),
    *("diagnosis", "admitted", "cost", "note"),
)
VISITS = ("visit_id", "mrn", "visited_on", "department", "charge")


@dataclass(frozen=True, slots=True)
class Dirt:
    """Which share of the rows is spoilt, and how; or only out of the ordinary."""

    bad_email: float = 0.01
    impossible_date: float = 0.004
    missing_id: float = 0.003
    negative_cost: float = 0.003
    ragged: float = 0.001
    rare_diagnosis: float = 0.0001


def write_patients(path: Path, rows: int, seed: int = 11, dirt: Dirt | None = None) -> None:
    """Write ``rows`` patients as CSV. The same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    with path.open("wb") as file:
        file.write((",".join(PATIENTS) + "\n").encode())
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            columns = _spoil(_patients(rng, start, count), rng, dirt or Dirt())
            lines = _lines([columns[name] for name in PATIENTS])
            ragged = rng.random(count) < (dirt or Dirt()).ragged
            lines = pc.if_else(pa.array(ragged), _join(lines, "extra", ","), lines)
            file.write(_text(lines))


def write_visits(path: Path, rows: int, patients: int, seed: int = 12) -> None:
    """Write ``rows`` visits of the first ``patients`` patients as CSV."""
    rng = np.random.default_rng(seed)
    with path.open("wb") as file:
        file.write((",".join(VISITS) + "\n").encode())
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            columns = [
                _numbered("V-", np.arange(start, start + count), 7),
                _dashed(rng.integers(0, patients, count)),
                _dates(rng, count, "2024-01-01", "2026-06-30"),
                _take(pools.DEPARTMENTS, rng.integers(0, len(pools.DEPARTMENTS), count)),
                _money(rng.gamma(2.0, 260.0, count)),
            ]
            file.write(_text(_lines(columns)))


def _patients(rng: np.random.Generator, start: int, count: int) -> dict[str, pa.Array]:
    number = np.arange(start, start + count)
    first = _take(pools.FIRST_NAMES, rng.integers(0, len(pools.FIRST_NAMES), count))
    last = _take(pools.LAST_NAMES, rng.integers(0, len(pools.LAST_NAMES), count))
    towns = rng.integers(0, len(pools.TOWNS), count)
    city, state, zip3, area = (_take([t[i] for t in pools.TOWNS], towns) for i in range(4))
    phone = _join(area, _padded(rng.integers(0, 100, count), 2), "-555-01")
    domain = _take(pools.EMAIL_DOMAINS, rng.integers(0, len(pools.EMAIL_DOMAINS), count))
    local = _join(pc.utf8_lower(first), pc.utf8_lower(last), ".")
    # Falling weights: common diagnoses are common.
    weights = 1 / np.arange(1, len(pools.DIAGNOSES) + 1)
    diagnosis = rng.choice(len(pools.DIAGNOSES), count, p=weights / weights.sum())
    symptom = _take(pools.SYMPTOMS, rng.integers(0, len(pools.SYMPTOMS), count))
    advice = _take(pools.ADVICE, rng.integers(0, len(pools.ADVICE), count))
    days = _text_of(rng.integers(1, 30, count))
    note = pc.binary_join_element_wise(
        "Patient", last, "reports", symptom, "for", days, "days.", advice, " "
    )
    return {
        "mrn": _numbered("MRN", _scattered(number), 8),
        "first_name": first,
        "last_name": last,
        "email": _join(_join(local, _text_of(number % 997)), domain, "@"),
        "ssn": pc.binary_join_element_wise(
            _text_of(rng.integers(900, 1000, count)),
            _padded(rng.integers(1, 50, count), 2),
            _padded(rng.integers(1, 10_000, count), 4),
            "-",
        ),
        "phone": phone,
        "street": _join(
            _text_of(rng.integers(1, 400, count)),
            _take(pools.STREETS, rng.integers(0, len(pools.STREETS), count)),
            " ",
        ),
        "city": city,
        "state": state,
        "zip": _join(zip3, _padded(rng.integers(1, 100, count), 2)),
        "birth_date": _dates(rng, count, "1931-01-01", "2024-12-31"),
        "sex": _take(("F", "M", "X"), rng.choice(3, count, p=(0.5, 0.49, 0.01))),
        "diagnosis": _take(pools.DIAGNOSES, diagnosis),
        "admitted": _dates(rng, count, "2024-01-01", "2026-06-30"),
        "cost": _money(rng.gamma(1.6, 2_400.0, count)),
        "note": note,
    }


def _spoil(
    columns: dict[str, pa.Array], rng: np.random.Generator, dirt: Dirt
) -> dict[str, pa.Array]:
    count = len(columns["mrn"])

    def replace(name: str, share: float, bad: Sequence[str]) -> None:
        spoilt = pa.array(rng.random(count) < share)
        choice = _take(bad, rng.integers(0, len(bad), count))
        columns[name] = pc.if_else(spoilt, choice, columns[name])

    replace("email", dirt.bad_email, pools.BAD_EMAILS)
    replace("birth_date", dirt.impossible_date, pools.BAD_DATES)
    replace("mrn", dirt.missing_id, ("",))
    replace("cost", dirt.negative_cost, ("-120.00", "-1.50", "-99999.99"))
    replace("diagnosis", dirt.rare_diagnosis, pools.RARE_DIAGNOSES)
    return columns


def _take(pool: Sequence[str], index: Index) -> pa.Array:
    return pa.array(pool).take(pa.array(index))


def _text_of(values: Index) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _padded(values: Index, width: int) -> pa.Array:
    return pc.utf8_lpad(_text_of(values), width, "0")


def _join(left: pa.Array | str, right: pa.Array | str, separator: str = "") -> pa.Array:
    return pc.binary_join_element_wise(left, right, separator)


def _numbered(prefix: str, values: Index, width: int) -> pa.Array:
    return _join(prefix, _padded(values, width))


def _scattered(patients: Index) -> Index:
    # One-to-one below 10**8: the multiplier is coprime to it. Numbers look issued, not counted.
    return (patients * 7_368_787 + 10_314_159) % 10**8


def _dashed(patients: Index) -> pa.Array:
    """The same record number the way another department writes it: ``mrn 0123-4567``."""
    digits = _padded(_scattered(patients), 8)
    return pc.binary_join_element_wise(
        _join("mrn ", pc.utf8_slice_codeunits(digits, 0, 4)),
        pc.utf8_slice_codeunits(digits, 4, 8),
        "-",
    )


def _dates(rng: np.random.Generator, count: int, first: str, last: str) -> pa.Array:
    span = np.datetime64(first), np.datetime64(last)
    days = rng.integers(0, int((span[1] - span[0]).astype(int)) + 1, count)
    return pa.array(span[0] + days).cast(pa.date32()).cast(pa.string())


def _money(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> pa.Array:
    cents = np.rint(values * 100).astype(np.int64)
    return _join(_text_of(cents // 100), _padded(cents % 100, 2), ".")


def _lines(columns: Sequence[pa.Array]) -> pa.Array:
    # No pool holds a comma, a quote or a newline, so nothing needs quoting.
    return pc.binary_join_element_wise(*columns, ",")


def _text(lines: pa.Array) -> bytes:
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")
    return bytes(whole[0].as_buffer()) + b"\n"
