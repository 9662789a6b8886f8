"""drop: the column does not leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.labels.label import LabelSet
from lockgate.protect.keyless import Keyless
from lockgate.protect.treatment import Form, Place, TreatmentKeys


@dataclass(frozen=True, slots=True)
class Drop(Keyless):
    """Takes any Arrow type; gives no field."""

    @property
    def name(self) -> str:
        """``drop``."""
        return "drop"

    def describe(self) -> dict[str, Any]:
        """Name only."""
        return {"treatment": self.name}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """None."""
        return ()

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """Unchanged: there is no field whose labels could become less."""
        return labels

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
        """No array."""
        return ()
