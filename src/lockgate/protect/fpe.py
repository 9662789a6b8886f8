"""fpe: other numerals in the same places (FF1), so that a value keeps its format, and joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.errors import PolicyError
from lockgate.kernel.binding import fpe_tweak
from lockgate.kernel.canonical import is_text
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import both, require_keys, short_enough
from lockgate.protect.keyless import Undated
from lockgate.protect.plain import plain, plain_type
from lockgate.protect.treatment import Form, KeyRing, Place, TreatmentKeys

KEY_BYTES = 32
SURROGATE = "fpe"
"""What the HKDF parts of every alphabet's key begin with."""


@dataclass(frozen=True, slots=True)
class Fpe(Undated):
    """FF1 (SP 800-38G) over each text's numerals, as utf8; what stands between them stays.

    The domain's normaliser is not applied: it would take the separators away. Texts whose
    numerals are the same get the same numerals, whatever separators they have.
    """

    alphabet: Alphabet

    @property
    def name(self) -> str:
        """``fpe``."""
        return "fpe"

    @property
    def key_use(self) -> KeyUse | None:
        """The domain's index key."""
        return KeyUse.INDEX

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The key of the domain and alphabet: the same in every contract, so that values join."""
        derived = ring.derive(domain, KeyUse.INDEX, _info(self.alphabet), KEY_BYTES)
        return TreatmentKeys(domain, ring.normaliser(domain), derived.number, derived.key)

    def describe(self) -> dict[str, Any]:
        """Name and alphabet."""
        return {"treatment": self.name, "alphabet": self.alphabet.value}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One utf8 field. Raises PolicyError for a column that is not text."""
        if not is_text(plain_type(arrow_type)):
            raise PolicyError(
                f"fpe does not take a column of type {arrow_type}",
                hint="it takes text: a number's leading zeros are part of its format",
            )
        return (pa.field(name, pa.string()),)

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """surrogate, with domain and key number: nothing in a value tells that it is one."""
        return become(labels, StateKind.SURROGATE, domain, key_number)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Texts of numerals and separators only, neither too few nor too many numerals."""
        if not is_text(plain_type(values.type)):
            return plain(values).is_null()
        return both(kernel.ff1_fits(values, Ff1(self.alphabet, b"")), short_enough(values))

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The texts with other numerals; null stays null."""
        held = require_keys(keys)
        spec = Ff1(self.alphabet, fpe_tweak(held.domain))
        return (kernel.ff1(values, spec, held.key, decrypt=False),)


def open_surrogates(
    values: pa.Array, kernel: Kernel, ring: KeyRing, domain: str, number: int, alphabet: Alphabet
) -> pa.StringArray:
    """What ``values`` (text) were before; null stays null.

    ``number`` is that of the domain's index key. Nothing in a value tells whether it was changed,
    or made under another key: it opens to something else then. Raises KeyUnavailable, and
    KernelError if a value could not have been made.
    """
    key = ring.derive(domain, KeyUse.INDEX, _info(alphabet), KEY_BYTES, number).key
    return kernel.ff1(values, Ff1(alphabet, fpe_tweak(domain)), key, decrypt=True)


def _info(alphabet: Alphabet) -> tuple[str, ...]:
    """HKDF parts of an alphabet's key: two of one radix have nothing in common."""
    return (SURROGATE, alphabet.value)
