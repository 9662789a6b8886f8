"""mask: a few characters stay, the rest becomes a fill character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.errors import KernelError, PolicyError
from lockgate.kernel.canonical import is_bytes, is_encodable_type
from lockgate.kernel.interface import Kernel, Mask, Normaliser
from lockgate.kernel.mask import check
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import both, fitting, verdict
from lockgate.protect.keyless import Keyless
from lockgate.protect.plain import plain_type
from lockgate.protect.treatment import Form, Place, TreatmentKeys

WHOLE = Mask()
_NO_LOCAL_PART = "^@[^@]*$"
# What `only` hides, and what a text must not hold beside it.
_HIDES = {
    "digits": (r"\p{Nd}", r"[\pL\pM\p{Nl}\p{No}]"),
    "alphanumeric": (r"[\pL\pM\pN]", None),
}


@dataclass(frozen=True, slots=True)
class Masking(Keyless):
    """Takes text, integers, decimals, dates and times; gives utf8 as long as the value."""

    mask: Mask = WHOLE

    def __post_init__(self) -> None:
        try:
            check(self.mask)
        except KernelError as error:
            raise PolicyError(f"mask: {error.message}") from None

    @property
    def name(self) -> str:
        """``mask``."""
        return "mask"

    def describe(self) -> dict[str, Any]:
        """Name and every parameter."""
        mask = self.mask
        return {
            "treatment": self.name,
            "first": mask.first,
            "last": mask.last,
            "only": mask.only,
            "fill": mask.fill,
            "keep_email_domain": mask.keep_email_domain,
        }

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One utf8 field. Raises PolicyError for binary, boolean, float and nested columns."""
        kind = plain_type(arrow_type)
        refused = is_bytes(kind) or pt.is_boolean(kind)
        if refused or not is_encodable_type(kind, deterministic=True):
            raise PolicyError(
                f"mask does not take a column of type {arrow_type}",
                hint="choose drop, redact, or another treatment: docs/reference/treatments.md",
            )
        return (pa.field(name, pa.string()),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """Every label as masked."""
        return become(labels, StateKind.MASKED)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Not where something would leave clear that no mask of this kind covers.

        Under ``only: digits`` that is a text with letters, under ``only`` at
        all one with nothing to mask, under ``keep_email_domain`` one that
        begins with its only ``@``.
        """
        fits = fitting(values, kernel, Normaliser.EXACT, deterministic=True)
        if fits is not None or not (self.mask.keep_email_domain or self.mask.only in _HIDES):
            return fits
        text = kernel.canonical(values, Normaliser.EXACT).cast(pa.string())
        if self.mask.keep_email_domain:
            fits = verdict(pc.invert(pc.match_substring_regex(text, _NO_LOCAL_PART)))
        if self.mask.only not in _HIDES:
            return fits
        hidden, never = _HIDES[self.mask.only]
        empty = pc.equal(pc.binary_length(text), 0)
        fits = both(fits, verdict(pc.or_(pc.match_substring_regex(text, hidden), empty)))
        if never is None:
            return fits
        return both(fits, verdict(pc.invert(pc.match_substring_regex(text, never))))

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The masked text; null stays null."""
        return (kernel.mask(values, self.mask),)
