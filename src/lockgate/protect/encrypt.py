"""encrypt: a fresh ciphertext every time, bound to its column; with an index it still joins.

It can also be tied to a person, whose key alone opens it, and to the row that it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.errors import KernelError
from lockgate.kernel.binding import ciphertext_binding
from lockgate.kernel.frame import ciphertext_algorithm
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, StateKind
from lockgate.protect.becoming import become
from lockgate.protect.fitting import both, fitting, form_type, require_encodable, require_keys
from lockgate.protect.keyless import Undated
from lockgate.protect.ties import UNTIED, Ties
from lockgate.protect.treatment import Form, KeyRing, Place, TreatmentKeys

KEY_BYTES = 32
INDEX_INFO = ("index",)
INDEX_SUFFIX = "_index"
RECORD = "record"
SUBJECT = "subject"


def encryption_info(place: Place, *, subject: bool = False) -> tuple[str, ...]:
    """HKDF parts of a column's encryption key, or of the one that subjects' keys are made from."""
    return ("encrypt-subject" if subject else "encrypt", place.contract_id, place.column_id)


@dataclass(frozen=True, slots=True)
class Encrypt(Undated):
    """XAES-256-GCM (C2SP) frames of the exact value; utf8 or binary by form.

    ``index`` adds ``<name>_index``: AES-CMAC of the canonical value under the
    domain's index key, which does not rotate. ``bind`` "record": a value opens beside the key of
    its row only. ``shred`` "subject": each value is under the key of the person it is about; the
    plan says so where a label wants it, no policy does.
    """

    index: bool = False
    bind: str = ""
    shred: str = ""

    @property
    def name(self) -> str:
        """``encrypt``."""
        return "encrypt"

    @property
    def key_use(self) -> KeyUse | None:
        """The domain's encryption key."""
        return KeyUse.ENCRYPTION

    @property
    def algorithm(self) -> int:
        """The algorithm of its frames."""
        return ciphertext_algorithm(subject=bool(self.shred), record=bool(self.bind))

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The column's encryption key and, with an index, the domain's index key."""
        info = encryption_info(place, subject=bool(self.shred))
        derived = ring.derive(domain, KeyUse.ENCRYPTION, info, KEY_BYTES)
        normaliser = ring.normaliser(domain)
        if not self.index:
            return TreatmentKeys(domain, normaliser, derived.number, derived.key)
        index = ring.derive(domain, KeyUse.INDEX, INDEX_INFO, KEY_BYTES)
        return TreatmentKeys(
            domain, normaliser, derived.number, derived.key, index.number, index.key
        )

    def describe(self) -> dict[str, Any]:
        """Name, whether there is an index, and what values are tied to, if they are."""
        ties = {"bind": self.bind, "shred": self.shred}
        told = {name: to for name, to in ties.items() if to}
        return {"treatment": self.name, "index": self.index, **told}

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """One field, or two with an index. Raises PolicyError for types it does not take."""
        require_encodable(self.name, arrow_type, deterministic=False)
        field = pa.field(name, form_type(form))
        if not self.index:
            return (field,)
        require_encodable("encrypt with index", arrow_type, deterministic=True)
        return (field, pa.field(name + INDEX_SUFFIX, form_type(form)))

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """encrypted, with domain and key number."""
        return become(labels, StateKind.ENCRYPTED, domain, key_number)

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Values with an exact canonical form within the limit; with an index, a canonical one."""
        fits = fitting(values, kernel, Normaliser.EXACT, deterministic=False)
        if not self.index:
            return fits
        form = normaliser or Normaliser.EXACT
        return both(fits, fitting(values, kernel, form, deterministic=True))

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The ciphertext frames and, with an index, the keyed index; null stays null."""
        return self.apply_tied(values, kernel, keys, place, form, UNTIED)

    def apply_tied(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
        ties: Ties,
    ) -> tuple[pa.Array, ...]:
        """As ``apply``, each value tied to its subject and record as the treatment says.

        Raises KernelError for other ties than those, or a value that lacks one.
        """
        if (ties.subjects is not None, ties.records is not None) != (
            bool(self.shred),
            bool(self.bind),
        ):
            raise KernelError("values are tied to other things than their treatment says")
        held = require_keys(keys)
        text = form is Form.TEXT
        binding = ciphertext_binding(place.contract_id, place.column_id)
        frames = kernel.encrypt(
            values,
            held.key,
            binding,
            held.number,
            text=text,
            subjects=ties.subjects,
            records=ties.records,
        )
        if not self.index:
            return (frames,)
        if held.index_key is None:
            raise KernelError("encrypt with index was applied without its index key")
        algorithm = HashAlgorithm.AES_CMAC
        index = kernel.hash(values, held.normaliser, held.index_key, algorithm, text=text)
        return (frames, index)
