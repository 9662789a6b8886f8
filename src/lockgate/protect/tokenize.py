"""tokenize: a pseudonym that joins, and that who may can turn back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.kernel.binding import token_binding
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import fitting, form_type, require_encodable, require_keys
from lockgate.protect.keyless import Undated
from lockgate.protect.treatment import Form, KeyRing, Place, TreatmentKeys

KEY_BYTES = 64
INFO = ("tokenize",)


@dataclass(frozen=True, slots=True)
class Tokenize(Undated):
    """AES-256-SIV (RFC 5297) frames of the canonical value; utf8 or binary by form."""

    @property
    def name(self) -> str:
        """``tokenize``."""
        return "tokenize"

    @property
    def key_use(self) -> KeyUse | None:
        """The domain's index key."""
        return KeyUse.INDEX

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The domain's token key: the same in every contract, so that tokens join."""
        derived = ring.derive(domain, KeyUse.INDEX, INFO, KEY_BYTES)
        return TreatmentKeys(domain, ring.normaliser(domain), derived.number, derived.key)

    def describe(self) -> dict[str, Any]:
        """Name only."""
        return {"treatment": self.name}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One field, utf8 or binary by form. Raises PolicyError for floats and nested types."""
        require_encodable(self.name, arrow_type, deterministic=True)
        return (pa.field(name, form_type(form)),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """pseudonym, with domain and key number."""
        return become(labels, StateKind.PSEUDONYM, domain, key_number)

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
        """The token frames; null stays null."""
        held = require_keys(keys)
        binding = token_binding(held.domain)
        text = form is Form.TEXT
        return (
            kernel.tokenize(values, held.normaliser, held.key, binding, held.number, text=text),
        )
