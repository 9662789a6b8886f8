"""What any step may give at most."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import StepLimitExceeded
from lockgate.limits import Limits


def require_bounded(
    step: str, batch: pa.RecordBatch | pa.Table, rows: int, size: int, limits: Limits
) -> None:
    """Raises StepLimitExceeded for too many rows or bytes so far, or one value that is too long."""
    passed = ""
    if rows > limits.step_rows:
        passed = f"more rows than step_rows ({limits.step_rows})"
    elif size > limits.step_result_bytes:
        passed = f"more bytes than step_result_bytes ({limits.step_result_bytes})"
    if passed:
        raise StepLimitExceeded(f"step {step} gives {passed}")
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_binary(field.type):
            longest = pc.max(pc.binary_length(column)).as_py() or 0
            if longest > limits.value_bytes:
                raise StepLimitExceeded(
                    f"step {step}: column {field.name} has a value longer than"
                    f" value_bytes ({limits.value_bytes})"
                )
