"""What every treatment says of itself: types it takes, keys it needs, what the label becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, Self

import pyarrow as pa

from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.ports import DerivedKey, KeyUse
from lockgate.labels.label import LabelSet
from lockgate.secret import SecretBytes


class Form(StrEnum):
    """How a sink holds protected bytes: text (CSV, JSON Lines) or binary (Parquet)."""

    TEXT = "text"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext belongs: it opens nowhere else."""

    contract_id: str
    column_id: str


@dataclass(frozen=True, slots=True)
class TreatmentKeys:
    """Derived keys of one column's treatment, the number that finds them again, the normaliser."""

    domain: str
    normaliser: Normaliser
    number: int
    key: SecretBytes
    index_number: int = 0
    index_key: SecretBytes | None = None


class KeyRing(Protocol):
    """What a treatment needs of the keyring: a domain's normaliser, and derived keys."""

    def normaliser(self, domain: str) -> Normaliser:
        """The domain's normaliser. Raises KeyUnavailable if there is no such domain."""
        ...

    def derive(
        self,
        domain: str,
        use: KeyUse,
        info: Sequence[str],
        length: int,
        number: int | None = None,
    ) -> DerivedKey:
        """HKDF-SHA256 over the primary version, or version ``number``, of (domain, use).

        The HKDF info is bind("lockgate", "1", use, *info); ``length`` is bytes.
        Raises KeyUnavailable.
        """
        ...

    def fernet_keys(self, domain: str) -> Sequence[DerivedKey]:
        """The domain's Fernet keys, the one that writes first. Raises KeyUnavailable."""
        ...


class Treatment(Protocol):
    """One way to protect a column. Implementations are frozen dataclasses, one file each."""

    @property
    def name(self) -> str:
        """The treatment's word in a policy: ``tokenize``."""
        ...

    @property
    def key_use(self) -> KeyUse | None:
        """Which of the domain's keys it takes; None if it takes none."""
        ...

    def at(self, day: date) -> Self:
        """The same treatment for a run on ``day``; only ``cap_age`` depends on it."""
        ...

    def derive_keys(self, ring: KeyRing, domain: str, place: Place) -> TreatmentKeys | None:
        """The keys ``apply`` takes; None if it takes none. Raises KeyUnavailable."""
        ...

    def describe(self) -> dict[str, Any]:
        """Name and parameters as plain JSON, for digests and explanations."""
        ...

    def output_fields(self, name: str, arrow_type: pa.DataType, form: Form) -> tuple[pa.Field, ...]:
        """The fields this column becomes (none for ``drop``, two for ``encrypt`` with index).

        Raises PolicyError if the treatment does not take ``arrow_type``.
        """
        ...

    def state(self, labels: LabelSet, domain: str, key_number: int) -> LabelSet:
        """What the labels become."""
        ...

    def treatable(
        self, values: pa.Array, kernel: Kernel, normaliser: Normaliser | None
    ) -> pa.BooleanArray | None:
        """Which values can be treated; None if all can. A null is always treatable.

        ``normaliser`` is the key domain's, if the treatment takes keys.
        """
        ...

    def apply(
        self,
        values: pa.Array,
        kernel: Kernel,
        keys: TreatmentKeys | None,
        place: Place,
        form: Form,
    ) -> tuple[pa.Array, ...]:
        """The protected arrays, one an output field. Null stays null."""
        ...
