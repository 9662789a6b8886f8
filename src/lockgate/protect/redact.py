"""redact: every value becomes the same text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.keyless import Keyless
from lockgate.protect.plain import plain
from lockgate.protect.treatment import Form, Place, TreatmentKeys

REDACTED = "[REDACTED]"


@dataclass(frozen=True, slots=True)
class Redact(Keyless):
    """Takes any Arrow type; gives utf8, ``[REDACTED]`` for every value that is not null."""

    @property
    def name(self) -> str:
        """``redact``."""
        return "redact"

    def describe(self) -> dict[str, Any]:
        """Name only."""
        return {"treatment": self.name}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One utf8 field."""
        return (pa.field(name, pa.string()),)

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
        """The fixed text; null stays null."""
        present = pc.is_valid(plain(values))
        return (pc.if_else(present, REDACTED, pa.scalar(None, pa.string())),)
