"""hash: a keyed hash, the same for the same value in the key domain, that nothing turns back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import fitting, form_type, require_encodable, require_keys
from lockgate.protect.keyless import Undated
from lockgate.protect.treatment import Form, KeyRing, Place, TreatmentKeys

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Hash(Undated):
    """Takes every type with a deterministic canonical encoding; gives hex utf8 or binary."""

    algorithm: HashAlgorithm = HashAlgorithm.AES_CMAC

    @property
    def name(self) -> str:
        """``hash``."""
        return "hash"

    @property
    def key_use(self) -> KeyUse | None:
        """The domain's index key."""
        return KeyUse.INDEX

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The domain's hash key: the same in every contract, so that hashes join."""
        derived = ring.derive(domain, KeyUse.INDEX, ("hash", self.algorithm.value), KEY_BYTES)
        return TreatmentKeys(domain, ring.normaliser(domain), derived.number, derived.key)

    def describe(self) -> dict[str, Any]:
        """Name and algorithm."""
        return {"treatment": self.name, "algorithm": self.algorithm.value}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One field, utf8 or binary by form. Raises PolicyError for floats and nested types."""
        require_encodable(self.name, arrow_type, deterministic=True)
        return (pa.field(name, form_type(form)),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """hashed, with domain and key number."""
        return become(labels, StateKind.HASHED, domain, key_number)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Values with a canonical form under the domain's normaliser, within the size limit."""
        return fitting(values, kernel, normaliser or Normaliser.EXACT, deterministic=True)

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The keyed hash; null stays null."""
        held = require_keys(keys)
        text = form is Form.TEXT
        return (kernel.hash(values, held.normaliser, held.key, self.algorithm, text=text),)
