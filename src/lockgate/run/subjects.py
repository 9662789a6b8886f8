"""The subject-handle manifest: keyed handles of whom a run's rows are about, sealed.

It answers "whose data" later without holding an identifier. One record a batch: the sorted
distinct 16-byte handles, concatenated. A handle is AES-CMAC of the canonical subject value.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.model import Contract
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyUse
from lockgate.run.sealed_file import SealedWriter

KIND = "subjects"
DOMAIN = Domain("lockgate.subjects", Normaliser.EXACT)


class SubjectHandles:
    """Makes the handles of a contract's subjects; none where no column says whose row it is."""

    def __init__(
        self, contract: Contract, normaliser: Normaliser, kernel: Kernel, keyring: Keyring
    ) -> None:
        self._column = contract.subject
        self._normaliser = normaliser
        self._kernel = kernel
        if self._column is not None:
            keyring.ensure_domain(DOMAIN)
            self._key = keyring.derive(DOMAIN.name, KeyUse.INDEX, ("handle",), 32).key

    def of(self, accepted: pa.RecordBatch) -> bytes:
        """The sorted handles of a batch's subjects, empty if it has none. Any thread."""
        if self._column is None or not accepted.num_rows:
            return b""
        values = accepted.column(self._column.name).drop_null().unique()
        if not len(values):
            return b""
        handles = self._kernel.hash(
            values, self._normaliser, self._key, HashAlgorithm.AES_CMAC, text=False
        ).drop_null()
        distinct = handles.unique()
        ordered = distinct.take(pc.sort_indices(distinct))
        return b"".join(ordered.to_pylist())


class SubjectManifest:
    """Writes the handles of one run; nothing exists until the first ones."""

    def __init__(self, path: Path, keyring: Keyring, run_id: str) -> None:
        self.path = path
        self._keyring = keyring
        self._run_id = run_id
        self._writer: SealedWriter | None = None

    def write(self, handles: bytes) -> None:
        """Add one batch's handles, as one record."""
        if not handles:
            return
        if self._writer is None:
            staged = self.path.with_suffix(".part")
            seal = self._keyring.derive(DOMAIN.name, KeyUse.ENCRYPTION, ("manifest",), 32)
            self._writer = SealedWriter(staged, seal.key, seal.number, KIND, self._run_id)
        self._writer.write(handles)

    def stage(self) -> bool:
        """Make it durable, still unpublished; False if there is nothing."""
        if self._writer is None:
            return False
        self._writer.close()
        return True

    def discard(self) -> None:
        """Remove the unpublished file."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None
