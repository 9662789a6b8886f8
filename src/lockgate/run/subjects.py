"""The subject-handle manifest: keyed handles of whom a run's rows are about, sealed.

It answers "whose data" later without holding an identifier. One record a batch: the sorted
distinct 16-byte handles, concatenated. A handle is AES-CMAC of the canonical subject value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.model import Contract
from lockgate.errors import KeyUnavailable
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.keys.ports import DerivedKey, Domain, KeyUse
from lockgate.keys.released import ReleasedKeys
from lockgate.run.sealed_file import SealedWriter, read_sealed
from lockgate.secret import SecretBytes

if TYPE_CHECKING:
    from lockgate.run.context import RunContext

KIND = "subjects"
DOMAIN = Domain("lockgate.subjects", Normaliser.EXACT)
HANDLE_INFO = ("handle",)
MANIFEST_INFO = ("manifest",)
_PAIR = "<u8"
"""A handle is compared as two numbers."""


class SubjectHandles:
    """Makes the handles of a contract's subjects; none where no column says whose row it is."""

    def __init__(
        self, contract: Contract, normaliser: Normaliser, kernel: Kernel, keys: ReleasedKeys
    ) -> None:
        self._column = contract.subject
        self._normaliser = normaliser
        self._kernel = kernel
        if self._column is not None:
            keys.ensure_domain(DOMAIN)
            self._key = keys.derive(DOMAIN.name, KeyUse.INDEX, HANDLE_INFO, 32).key

    def of(self, accepted: pa.RecordBatch) -> bytes:
        """The sorted handles of a batch's subjects, empty if it has none. Any thread."""
        if self._column is None or not accepted.num_rows:
            return b""
        values = accepted.column(self._column.name)
        return _handles(values, self._normaliser, self._kernel, self._key)


def handles_of(
    subjects: pa.Array, normaliser: Normaliser, kernel: Kernel, keys: ReleasedKeys
) -> bytes:
    """The sorted handles of some subjects, as manifests hold them. Raises KeyUnavailable."""
    keys.ensure_domain(DOMAIN)
    key = keys.derive(DOMAIN.name, KeyUse.INDEX, HANDLE_INFO, 32).key
    return _handles(subjects, normaliser, kernel, key)


def _handles(values: pa.Array, normaliser: Normaliser, kernel: Kernel, key: SecretBytes) -> bytes:
    distinct = values.drop_null().unique()
    if not len(distinct):
        return b""
    algorithm = HashAlgorithm.AES_CMAC
    handles = kernel.hash(distinct, normaliser, key, algorithm, text=False).drop_null().unique()
    return b"".join(handles.take(pc.sort_indices(handles)).to_pylist())


def runs_about(
    context: RunContext, handles: bytes, run_ids: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the runs have one of the handles in their manifest, and which have no manifest.

    Raises IntegrityError for a manifest that was changed, KeyUnavailable.
    """
    wanted = np.frombuffer(handles, _PAIR).reshape(-1, 2)
    found, unread = [], []
    for run_id in dict.fromkeys(run_ids):
        path = context.sealed_path(KIND, run_id)
        if not path.exists():
            unread.append(run_id)
        elif any(_has(record, wanted) for record in _records(context, path, run_id)):
            found.append(run_id)
    return tuple(found), tuple(unread)


def _records(context: RunContext, path: Path, run_id: str) -> Iterator[bytes]:
    derive = context.keys.derive

    def key(number: int) -> SecretBytes:
        return derive(DOMAIN.name, KeyUse.ENCRYPTION, MANIFEST_INFO, 32, number).key

    return read_sealed(path, key, KIND, run_id)


def _has(record: bytes, wanted: npt.NDArray[np.uint64]) -> bool:
    held = np.frombuffer(record, _PAIR).reshape(-1, 2)
    return any(bool((held == one).all(axis=1).any()) for one in wanted)


def manifest_key(keys: ReleasedKeys) -> DerivedKey:
    """The key that seals the handles of a run; made on first use. Raises KeyUnavailable."""
    keys.ensure_domain(DOMAIN)
    return keys.derive(DOMAIN.name, KeyUse.ENCRYPTION, MANIFEST_INFO, 32)


class SubjectManifest:
    """Writes the handles of one run; nothing exists until the first ones."""

    def __init__(self, path: Path, key: DerivedKey | None, run_id: str) -> None:
        """``key`` is None for a run whose rows are nobody's."""
        self.path = path
        self._key = key
        self._run_id = run_id
        self._writer: SealedWriter | None = None

    def write(self, handles: bytes) -> None:
        """Add one batch's handles, as one record."""
        if not handles:
            return
        if self._writer is None:
            if self._key is None:
                raise KeyUnavailable("the run has handles of subjects, and no key to seal them")
            staged, seal = self.path.with_suffix(".part"), self._key
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
