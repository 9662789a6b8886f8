"""decode reads canonical bytes and nothing else."""

from __future__ import annotations

import traceback

import pyarrow as pa
import pytest

from lockgate.errors import KernelError
from lockgate.kernel.decode import decode


def test_into_every_text_and_binary_layout() -> None:
    encoded = pa.array([b"a", None, b""], pa.binary())
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()):
        decoded = decode(encoded, kind)
        assert decoded.type == kind
        assert decoded.cast(pa.binary()).equals(encoded)
    encoded_type = pa.dictionary(pa.int32(), pa.string())
    assert decode(encoded, encoded_type).type == encoded_type
    run_end_type = pa.run_end_encoded(pa.int32(), pa.string())
    assert decode(encoded, run_end_type).to_pylist() == ["a", None, ""]


@pytest.mark.parametrize(
    ("canonical", "kind"),
    [
        (b"007", pa.int64()),
        (b"+7", pa.int64()),
        (b"1.0", pa.int64()),
        (b"300", pa.int8()),
        (b"canary-7391", pa.int64()),
        (b"1", pa.bool_()),
        (b"True", pa.bool_()),
        (b"2024-2-9", pa.date32()),
        (b"2023-02-29", pa.date32()),
        (b"2024-01-01T00:00:00", pa.timestamp("us", "UTC")),
        (b"2024-01-01T00:00:00Z", pa.timestamp("us")),
        (b"2024-01-01T00:00:00.50Z", pa.timestamp("us", "UTC")),
        (b"2024-01-01 00:00:00", pa.timestamp("us")),
        (b"2024-01-01T00:00:00.5", pa.timestamp("s")),
        (b"24:00:00", pa.time64("us")),
        (b"1:00:00", pa.time32("s")),
        (b"1.50", pa.decimal128(10, 2)),
        (b"1.555", pa.decimal128(10, 2)),
        (b"1e2", pa.decimal128(10, 2)),
        (b"0.1", pa.float32()),
        (b"1.50", pa.float64()),
        (b"nan", pa.float64()),
        (b"\xff", pa.string()),
        (b"abc", pa.binary(2)),
    ],
)
def test_what_is_not_canonical_is_refused_without_being_repeated(
    canonical: bytes, kind: pa.DataType
) -> None:
    with pytest.raises(KernelError, match="not canonical values") as caught:
        decode(pa.array([canonical, None], pa.binary()), kind)

    told = "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert "canary" not in told


def test_types_without_an_encoding() -> None:
    with pytest.raises(KernelError, match="no canonical encoding"):
        decode(pa.array([b"1"], pa.binary()), pa.duration("s"))
