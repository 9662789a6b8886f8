"""generalize: a coarser value, after HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(B) and (C)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import KernelError, PolicyError
from lockgate.kernel.canonical import is_text
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import verdict
from lockgate.protect.generalize_date import birthday_cutoff, dates, month_text, year_text
from lockgate.protect.generalize_number import age_text, bucket_text, numbers
from lockgate.protect.generalize_zip import zip3_text, zips
from lockgate.protect.keyless import Keyless
from lockgate.protect.plain import plain, plain_type
from lockgate.protect.treatment import Form, Place, TreatmentKeys


class To(StrEnum):
    """What a value becomes: a year, a month, a ZIP's first three digits, an age, a bucket."""

    YEAR = "year"
    MONTH = "month"
    ZIP3 = "zip3"
    AGE = "age"
    BUCKET = "bucket"


_DATED = (To.YEAR, To.MONTH)


@dataclass(frozen=True, slots=True)
class Generalize(Keyless):
    """Gives utf8. ``width`` is of a bucket, in the column's unit.

    ``cap_age`` (years, for birth dates that become a year or month) puts whoever
    is that old on the reference day into one group, ``90+`` for 90. That day is
    ``reference``, or the day of the run.
    """

    to: To
    width: int | None = None
    cap_age: int | None = None
    reference: date | None = None
    run_day: date | None = None

    def __post_init__(self) -> None:
        if (self.width is None) == (self.to is To.BUCKET) or (self.width or 1) < 1:
            raise PolicyError("generalize: `width` is a whole number above 0, for bucket only")
        if self.cap_age is not None and (self.to not in _DATED or self.cap_age < 1):
            raise PolicyError("generalize: `cap_age` is years above 0, for year and month only")
        if self.reference is not None and self.cap_age is None:
            raise PolicyError("generalize: `reference` goes with `cap_age`")

    @property
    def name(self) -> str:
        """``generalize``."""
        return "generalize"

    def at(self, day: date) -> Self:
        """With ``day`` as the reference day, unless the policy names one or none is needed."""
        if self.cap_age is None or self.reference is not None:
            return self
        return replace(self, run_day=day)

    def describe(self) -> dict[str, Any]:
        """Name and parameters as the policy gave them; the run's day is not one."""
        given = {
            "width": self.width,
            "cap_age": self.cap_age,
            "reference": self.reference.isoformat() if self.reference else None,
        }
        kept = {key: value for key, value in given.items() if value is not None}
        return {"treatment": self.name, "to": self.to.value, **kept}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One utf8 field. Raises PolicyError if ``to`` does not take the type."""
        if not _TAKES[self.to](plain_type(arrow_type)):
            raise PolicyError(
                f"generalize to {self.to.value} does not take a column of type {arrow_type}",
                hint="see the table in docs/reference/treatments.md",
            )
        return (pa.field(name, pa.string()),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """Every label as generalized."""
        return become(labels, StateKind.GENERALIZED)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Values that are what ``to`` takes: an ISO date, a ZIP code, an age, a finite number."""
        column = plain(values)
        return verdict(pc.or_(pc.is_null(column), pc.is_valid(self._read(column))))

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The coarser text; null stays null. Raises KernelError for an untreatable value."""
        column = plain(values)
        read = self._read(column)
        refused = read.null_count - column.null_count
        if refused:
            raise KernelError(f"{refused} of {len(values)} values cannot be generalized")
        return (self._text(read),)

    def _read(self, values: pa.Array) -> pa.Array:
        """What ``to`` works on; null where a value is not that."""
        if self.to in _DATED:
            return dates(values)
        return zips(values) if self.to is To.ZIP3 else numbers(values, age=self.to is To.AGE)

    def _text(self, read: pa.Array) -> pa.StringArray:
        if self.to is To.ZIP3:
            return zip3_text(read)
        if self.to is To.AGE:
            return age_text(read)
        if self.width is not None:
            return bucket_text(read, self.width)
        text = year_text(read) if self.to is To.YEAR else month_text(read)
        if self.cap_age is None:
            return text
        day = self.reference or self.run_day
        if day is None:
            raise KernelError("generalize with cap_age was applied without a reference day")
        old = pc.less_equal(read, pa.scalar(birthday_cutoff(day, self.cap_age), pa.date32()))
        return pc.if_else(old, f"{self.cap_age}+", text)


def _dated(kind: pa.DataType) -> bool:
    return bool(is_text(kind) or pt.is_date(kind) or pt.is_timestamp(kind))


def _numeric(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_decimal(kind) or pt.is_floating(kind))


def _age(kind: pa.DataType) -> bool:
    return bool(is_text(kind) or pt.is_integer(kind))


_TAKES: dict[To, Callable[[pa.DataType], bool]] = {
    To.YEAR: _dated,
    To.MONTH: _dated,
    To.ZIP3: is_text,
    To.AGE: _age,
    To.BUCKET: _numeric,
}
