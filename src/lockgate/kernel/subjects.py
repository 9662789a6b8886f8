"""Which person each value is about, and what that person's key is made from."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.secret import SecretBytes

HANDLE_BYTES = 16
SALT_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """The subjects of a column's values.

    ``rows`` (int32) says which subject each value is about; null: none, or one whose salt is gone.
    ``handles`` (fixed_size_binary[16], without nulls) are what frames name subjects by, and
    ``salts`` 32 bytes a subject, one after another in the order of the handles. Hand over those of
    a batch rather than all there are: each value looks its subject up.
    """

    rows: pa.Int32Array = field(repr=False)
    handles: pa.FixedSizeBinaryArray = field(repr=False)
    salts: SecretBytes
