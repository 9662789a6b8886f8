"""What a kernel does: Arrow array in, Arrow array out, the same bytes from every kernel.

Arrays may be sliced, dictionary-encoded, views or large; null stays null at the
same index; the length never changes. Keys arrive as ``SecretBytes`` and are
read once a call. Formats are fixed by docs/reference/canonical-encoding.md and
docs/reference/frame.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import pyarrow as pa

from lockgate.kernel.ff1 import Ff1
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes


class Normaliser(StrEnum):
    """How a key domain brings text to its canonical form before an index-key treatment."""

    EXACT = "exact"
    NFC = "nfc"
    TEXT = "text"
    EMAIL = "email"
    DIGITS = "digits"
    ALPHANUMERIC = "alphanumeric"


class HashAlgorithm(StrEnum):
    """Keyed hashes: AES-256-CMAC (RFC 4493; 16 bytes), HMAC-SHA256 (RFC 2104; 32 bytes)."""

    AES_CMAC = "aes-cmac"
    HMAC_SHA256 = "hmac-sha256"


@dataclass(frozen=True, slots=True)
class Mask:
    """What a mask keeps. Lengths are code points; everything not kept becomes ``fill``.

    ``only`` limits what is masked: ``all`` characters, or just ``digits`` or
    ``alphanumeric`` ones (separators stay). ``keep_email_domain`` leaves the
    text from the last ``@`` on. A value no longer than what would be kept is
    masked whole.
    """

    first: int = 0
    last: int = 0
    only: str = "all"
    fill: str = "*"
    keep_email_domain: bool = False


class Kernel(Protocol):
    """Whole-array cryptography and masking."""

    @property
    def name(self) -> str:
        """``portable`` or ``native``."""
        ...

    def canonical(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool = True
    ) -> pa.BinaryArray:
        """Canonical encoding v1 of each value.

        ``normaliser`` shapes text only; floats are refused where ``deterministic``. Raises
        KernelError for a type that has no encoding, and with the count if some values have none.
        """
        ...

    def encodable(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool
    ) -> pa.BooleanArray | None:
        """Which values have a canonical encoding: true for null, None if all have one.

        Raises KernelError for a type that has no encoding.
        """
        ...

    def tokenize(
        self,
        values: pa.Array,
        normaliser: Normaliser,
        key: SecretBytes,
        associated: bytes,
        key_number: int,
        *,
        text: bool,
    ) -> pa.Array:
        """AES-256-SIV (RFC 5297) of the canonical value in a frame: utf8 if ``text`` else binary.

        ``key`` is 64 bytes; ``associated`` is the one associated-data string.
        """
        ...

    def encrypt(
        self,
        values: pa.Array,
        key: SecretBytes,
        associated: bytes,
        key_number: int,
        *,
        text: bool,
        subjects: Subjects | None = None,
        records: pa.Array | None = None,
    ) -> pa.Array:
        """XAES-256-GCM (C2SP) of the exact canonical value in a frame; fresh nonces every call.

        ``key`` is 32 bytes. With ``subjects`` each value is under its subject's key instead
        (AES-256-GCM, SP 800-38D; 12 random bytes a value), which is derived from ``key`` and the
        subject's salt (SP 800-108r1). With ``records`` (binary, one a value) it opens beside the
        same record only. Raises KernelError, with the count, if a value has no subject or record.
        """
        ...

    def reveal(
        self,
        frames: pa.Array,
        keys: Mapping[tuple[int, int], SecretBytes],
        associated: Mapping[int, bytes],
        *,
        subjects: Subjects | None = None,
        records: pa.Array | None = None,
    ) -> pa.BinaryArray:
        """Open frames (utf8 or binary) to canonical bytes.

        ``keys`` maps (algorithm, key number) to the derived key, ``associated``
        maps algorithm to associated data. A frame under a subject's key is null if its row in
        ``subjects`` is; one bound to its record takes ``records``. Raises IntegrityError (count
        only) if any frame does not open, KeyUnavailable if a key number is not in ``keys``.
        """
        ...

    def frame_subjects(self, frames: pa.Array) -> pa.FixedSizeBinaryArray:
        """The subject's handle (16 bytes) in each frame (utf8 or binary); null where it has none.

        Raises IntegrityError, with the count, for what is no frame.
        """
        ...

    def frame_headers(self, frames: pa.Array) -> set[tuple[int, int]]:
        """The (algorithm, key number) pairs of frames (utf8 or binary); nulls are passed over.

        Raises IntegrityError, with the count, for what is no frame.
        """
        ...

    def hash(
        self,
        values: pa.Array,
        normaliser: Normaliser,
        key: SecretBytes,
        algorithm: HashAlgorithm,
        *,
        text: bool,
    ) -> pa.Array:
        """Keyed hash of the canonical value: hex if ``text``, else binary. 32-byte key."""
        ...

    def mask(self, values: pa.Array, mask: Mask) -> pa.StringArray:
        """Masked text of each value's exact canonical form."""
        ...

    def ff1(
        self, values: pa.Array, spec: Ff1, key: SecretBytes, *, decrypt: bool
    ) -> pa.StringArray:
        """FF1 (SP 800-38G) over each text's numerals; separators stay. ``key`` is 32 bytes.

        Raises KernelError, with the count, if some texts do not fit (``ff1_fits`` says which).
        """
        ...

    def ff1_fits(self, values: pa.Array, spec: Ff1) -> pa.BooleanArray | None:
        """Which texts FF1 can take: true for null, None if all. KernelError if it is no text."""
        ...
