"""fernet: Fernet tokens, for programs that read and write those."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Self

import pyarrow as pa

from lockgate.errors import KernelError
from lockgate.kernel.fernet import fernet_tokens
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import fitting, form_type, require_encodable, require_keys
from lockgate.protect.treatment import Form, KeyRing, Place, TreatmentKeys


@dataclass(frozen=True, slots=True)
class FernetTokens:
    """Fernet tokens of the exact value; utf8, or the same characters as binary, by form.

    Every token tells the midnight (UTC) that ``day`` began with, not when it was made.
    """

    day: date | None = None

    @property
    def name(self) -> str:
        """``fernet``."""
        return "fernet"

    @property
    def key_use(self) -> KeyUse | None:
        """The domain's encryption key, unless a Fernet key was imported to write with."""
        return KeyUse.ENCRYPTION

    def at(self, day: date) -> Self:
        """The same treatment with tokens of ``day``."""
        return replace(self, day=day)

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The domain's Fernet key that writes: the same in every column of the domain."""
        del place  # a token is not bound to one
        first = ring.fernet_keys(domain)[0]
        return TreatmentKeys(domain, ring.normaliser(domain), first.number, first.key)

    def describe(self) -> dict[str, Any]:
        """Name only."""
        return {"treatment": self.name}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One field, utf8 or binary by form. Raises PolicyError for types it does not take."""
        require_encodable(self.name, arrow_type, deterministic=False)
        return (pa.field(name, form_type(form)),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """encrypted, with domain and key number."""
        return become(labels, StateKind.ENCRYPTED, domain, key_number)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Values with an exact canonical form within the limit."""
        del normaliser
        return fitting(values, kernel, Normaliser.EXACT, deterministic=False)

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The tokens; null stays null."""
        held = require_keys(keys)
        if self.day is None:
            raise KernelError("fernet was applied on no day")
        midnight = int(datetime.combine(self.day, time(), UTC).timestamp())
        exact = kernel.canonical(values, Normaliser.EXACT, deterministic=False)
        return (fernet_tokens(exact, held.key, midnight, text=form is Form.TEXT),)
