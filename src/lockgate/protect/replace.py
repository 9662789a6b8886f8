"""replace: every value becomes one constant of the policy, of the column's own type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import KernelError, PolicyError
from lockgate.kernel.canonical import is_text
from lockgate.kernel.decode import decode
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.keyless import Keyless
from lockgate.protect.plain import plain, plain_type
from lockgate.protect.treatment import Form, Place, TreatmentKeys

Constant = str | int | float | bool | date


@dataclass(frozen=True, slots=True)
class Replace(Keyless):
    """``value`` must be one of the column's type: text for text, a number for numbers.

    Dates, times and decimals may be given as their canonical text.
    """

    value: Constant

    @property
    def name(self) -> str:
        """``replace``."""
        return "replace"

    def describe(self) -> dict[str, Any]:
        """Name and constant."""
        plain = self.value.isoformat() if isinstance(self.value, date) else self.value
        return {"treatment": self.name, "value": plain}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One field of the column's type. Raises PolicyError if the constant is not of it."""
        kind = _output_type(arrow_type)
        _constant(self.value, kind)
        return (pa.field(name, kind),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """Every label as redacted."""
        return become(labels, StateKind.REDACTED)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """All are."""
        return None

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The constant; null stays null."""
        kind = _output_type(values.type)
        constant = _constant(self.value, kind)
        repeated = pc.take(constant, pa.repeat(pa.scalar(0, pa.int32()), len(values)))
        return (pc.if_else(pc.is_valid(plain(values)), repeated, pa.scalar(None, kind)),)


def _output_type(arrow_type: pa.DataType) -> pa.DataType:
    """Text as utf8 whatever its layout; everything else as it is, decoded."""
    kind = plain_type(arrow_type)
    return pa.string() if is_text(kind) else kind


def _constant(value: Constant, arrow_type: pa.DataType) -> pa.Array:
    """One-element array. The policy's constant is no data, but is still not repeated in errors."""
    made: pa.Array | None = None
    try:
        made = _made(value, arrow_type)
    except (pa.ArrowException, KernelError, TypeError, ValueError, OverflowError):
        made = None
    if made is None:
        raise PolicyError(
            f"replace: the value is not one of type {arrow_type}",
            hint="give a value of the column's type, or use redact",
        )
    return made


def _made(value: Constant, arrow_type: pa.DataType) -> pa.Array | None:
    if isinstance(value, bool):
        return pa.array([value], arrow_type) if pt.is_boolean(arrow_type) else None
    if isinstance(value, str):
        if is_text(arrow_type):
            return pa.array([value], arrow_type)
        timed = pt.is_temporal(arrow_type) or pt.is_decimal(arrow_type)
        return decode(pa.array([value.encode()], pa.binary()), arrow_type) if timed else None
    if isinstance(value, date):
        return pa.array([value], arrow_type) if pt.is_date(arrow_type) else None
    if pt.is_integer(arrow_type):
        return pa.array([value], arrow_type) if isinstance(value, int) else None
    if pt.is_decimal(arrow_type):
        return pa.array([Decimal(str(value))], arrow_type)
    if pt.is_floating(arrow_type):
        return pa.array([float(value)], pa.float64()).cast(arrow_type, safe=False)
    return None
