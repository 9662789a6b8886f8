"""The reference kernel: one value at a time over pyca/cryptography. The same bytes as any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from lockgate.kernel import ff1_portable, refusals
from lockgate.kernel.canonical import canonical, encodable
from lockgate.kernel.ff1 import Ff1
from lockgate.kernel.frame import (
    ALGORITHM_TOKEN,
    PREFIX,
    ciphertext_algorithm,
    frame_headers,
    frame_subjects,
    header,
)
from lockgate.kernel.interface import HashAlgorithm, Mask, Normaliser
from lockgate.kernel.mask import masked
from lockgate.kernel.portable_encrypt import encrypted
from lockgate.kernel.portable_frame_text import to_text
from lockgate.kernel.portable_reveal import revealed
from lockgate.kernel.subject_checks import require_beside
from lockgate.kernel.subjects import Subjects
from lockgate.kernel.varlen import flat, taken
from lockgate.secret import SecretBytes


class PortableKernel:
    """Implements ``kernel.interface.Kernel``."""

    @property
    def name(self) -> str:
        """``portable``."""
        return "portable"

    def canonical(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool = True
    ) -> pa.BinaryArray:
        """See ``kernel.canonical.canonical``."""
        return canonical(values, normaliser, deterministic=deterministic)

    def encodable(
        self, values: pa.Array, normaliser: Normaliser, *, deterministic: bool
    ) -> pa.BooleanArray | None:
        """See ``kernel.canonical.encodable``."""
        return encodable(values, normaliser, deterministic=deterministic)

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
        """AES-256-SIV frames; S2V takes ``associated``, then the frame's header."""
        head = header(ALGORITHM_TOKEN, key_number)
        encrypt = AESSIV(_checked(key, 64)).encrypt
        strings = [associated, head]

        def frames(distinct: list[bytes | None]) -> pa.Array:
            return _frames(
                [None if v is None else head + encrypt(v, strings) for v in distinct], text
            )

        return _per_distinct(canonical(values, normaliser), frames)

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
        """See ``portable_encrypt.encrypted``."""
        per_subject, bound = subjects is not None, records is not None
        head = header(ciphertext_algorithm(subject=per_subject, record=bound), key_number)
        held = _checked(key, 32)
        plain = require_beside(values, subjects, records)
        exact = canonical(values, Normaliser.EXACT, deterministic=False)
        return _frames(encrypted(exact, held, associated, head, subjects, plain), text)

    def reveal(
        self,
        frames: pa.Array,
        keys: Mapping[tuple[int, int], SecretBytes],
        associated: Mapping[int, bytes],
        *,
        subjects: Subjects | None = None,
        records: pa.Array | None = None,
    ) -> pa.BinaryArray:
        """See ``portable_reveal.revealed``."""
        return revealed(frames, keys, associated, subjects, records)

    def frame_subjects(self, frames: pa.Array) -> pa.FixedSizeBinaryArray:
        """See ``frame.frame_subjects``."""
        return frame_subjects(frames)

    def frame_headers(self, frames: pa.Array) -> set[tuple[int, int]]:
        """See ``frame.frame_headers``."""
        return frame_headers(frames)

    def hash(
        self,
        values: pa.Array,
        normaliser: Normaliser,
        key: SecretBytes,
        algorithm: HashAlgorithm,
        *,
        text: bool,
    ) -> pa.Array:
        """Keyed hash of each distinct canonical value."""
        digest = _keyed_hash(_checked(key, 32), algorithm)

        def digests(distinct: list[bytes | None]) -> pa.Array:
            if text:
                return pa.array(
                    [None if v is None else digest(v).hex() for v in distinct], pa.string()
                )
            return pa.array([None if v is None else digest(v) for v in distinct], pa.binary())

        return _per_distinct(canonical(values, normaliser), digests)

    def mask(self, values: pa.Array, mask: Mask) -> pa.StringArray:
        """See ``kernel.mask.masked``."""
        return masked(values, mask)

    def ff1(
        self, values: pa.Array, spec: Ff1, key: SecretBytes, *, decrypt: bool
    ) -> pa.StringArray:
        """See ``ff1_portable.enciphered``."""
        return ff1_portable.enciphered(values, spec, _checked(key, 32), decrypt=decrypt)

    def ff1_fits(self, values: pa.Array, spec: Ff1) -> pa.BooleanArray | None:
        """See ``ff1_portable.fits``."""
        return ff1_portable.fits(values, spec)


def _checked(key: SecretBytes, length: int) -> bytes:
    if len(key) != length:
        raise refusals.key_length(length)
    return key.reveal()


def _frames(frames: list[bytes | None], text: bool) -> pa.Array:
    """An array of frames, as text or as they are."""
    return to_text(frames, PREFIX) if text else flat(pa.array(frames, pa.binary()))


def _per_distinct(
    encoded: pa.BinaryArray, transform: Callable[[list[bytes | None]], pa.Array]
) -> pa.Array:
    """A deterministic transform of each distinct value once: cheaper than the transform itself."""
    distinct = encoded.dictionary_encode()
    return taken(transform(distinct.dictionary.to_pylist()), distinct.indices)


def _keyed_hash(key: bytes, algorithm: HashAlgorithm) -> Callable[[bytes], bytes]:
    """Digest of one message; the keyed state is prepared once and copied."""
    keyed = (
        CMAC(algorithms.AES(key)) if algorithm is HashAlgorithm.AES_CMAC else HMAC(key, SHA256())
    )

    def digest(message: bytes) -> bytes:
        state = keyed.copy()
        state.update(message)
        return state.finalize()

    return digest
