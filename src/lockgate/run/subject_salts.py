"""Salts of subjects: what makes one person's values openable, and their loss unopenable.

A subject has one salt in a project and key domain. It is found by an index (AES-CMAC of the
canonical subject under the domain's index key) when values are protected, and by the random handle
in their frames when they are opened. At rest it is sealed together with both, so that a row of
the store that was moved or pieced together does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import EnvironmentFailed, IntegrityError, KeyUnavailable
from lockgate.kernel import refusals
from lockgate.kernel.binding import bind
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT, read_frames
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.kernel.subjects import HANDLE_BYTES, SALT_BYTES, Subjects
from lockgate.kernel.varlen import view
from lockgate.keys.ports import Domain, KeyState, KeyUse
from lockgate.keys.released import ReleasedKeys
from lockgate.run.state_ports import SUBJECT_BYTES, SaltRows, SubjectSaltStore
from lockgate.secret import SecretBytes

DOMAIN = Domain("lockgate.subject-salts", Normaliser.EXACT)
INDEX_INFO = ("subject",)
SEAL_INFO = ("salt",)
_BOUND = bind("lockgate", "1", "subject-salt")
_KEY_BYTES = 32
_TRIES = 3
_PAGE = 100_000
_KIND = pa.binary(SUBJECT_BYTES)
_USABLE = (KeyState.PRIMARY, KeyState.DECRYPT_ONLY)


@dataclass(frozen=True, slots=True)
class _Index:
    """How the subjects of a key domain are found."""

    normaliser: Normaliser
    key: SecretBytes


class SubjectSalts:
    """The salts of a project, a batch at a time.

    What ``prepare`` and ``prepare_to_open`` give is safe across threads, and holds derived keys
    only.

    What it hands out is durable: whoever protects with a salt can rely on it being there.
    """

    def __init__(
        self,
        store: SubjectSaltStore,
        kernel: Kernel,
        keys: ReleasedKeys | None,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._kernel = kernel
        self._keys = keys
        self._now = now
        self._indexes: dict[str, _Index] = {}
        self._seals: dict[int, SecretBytes] = {}
        self._primary = 0

    def prepare(self, domains: Sequence[str]) -> SubjectSalts:
        """The same with every key for subjects of these domains, derived: workers get no more.

        To be called before anything is read. Raises KeyUnavailable.
        """
        self._released.ensure_domain(DOMAIN)
        for domain in domains:
            self._index_of(domain)
        self._primary, _ = self._seal(None)
        return self.prepare_to_open()

    def prepare_to_open(self) -> SubjectSalts:
        """The same with the keys of every salt there is, derived. Raises KeyUnavailable."""
        made = SubjectSalts(self._store, self._kernel, None, self._now)
        if any(domain.name == DOMAIN.name for domain in self._released.domains()):
            for version in self._released.versions(DOMAIN.name):
                if version.use is KeyUse.ENCRYPTION and version.state in _USABLE:
                    self._seal(version.number)
        made._indexes, made._seals, made._primary = self._indexes, self._seals, self._primary
        return made

    def normaliser(self, domain: str) -> Normaliser:
        """Which spellings are one person in the key domain. Raises KeyUnavailable."""
        return self._index_of(domain).normaliser

    def indices(self, subjects: pa.Array, domain: str) -> pa.BinaryArray:
        """The index of each subject, 16 bytes; null stays null. Raises KeyUnavailable."""
        index = self._index_of(domain)
        algorithm = HashAlgorithm.AES_CMAC
        return self._kernel.hash(subjects, index.normaliser, index.key, algorithm, text=False)

    def to_protect(self, subjects: pa.Array, domain: str) -> Subjects:
        """The subjects' salts, row by row as ``subjects`` has them; those that had none get one.

        Raises KeyUnavailable, IntegrityError for a store that was changed, EnvironmentFailed.
        """
        spread = self.indices(subjects, domain).dictionary_encode()
        distinct = spread.dictionary.cast(_KIND)
        found = self._store.of_subjects(distinct)
        for _ in range(_TRIES):
            missing = np.setdiff1d(np.arange(len(distinct)), found.asked.to_numpy())
            if not len(missing):
                ordered = _in_order(found)
                salts = self._opened(ordered)
                return Subjects(spread.indices, ordered.handles, SecretBytes(salts.tobytes()))
            found = _and(found, self._made(distinct.take(pa.array(missing))), missing)
        raise EnvironmentFailed(
            "the state store does not keep the salts of subjects",
            hint="another process may be destroying them: try again",
        )

    def to_open(self, handles: pa.FixedSizeBinaryArray) -> tuple[Subjects, int]:
        """The subjects of frames by their handles (null where a frame has none).

        With it, how many of the frames are of subjects whose salt was destroyed: they have no row,
        and so open to null. Raises IntegrityError, with the count, for handles nobody handed out,
        and for a store that was changed; KeyUnavailable.
        """
        spread = handles.cast(pa.binary()).dictionary_encode()
        found = self._store.of_handles(spread.dictionary.cast(_KIND))
        if len(found.asked) != len(spread.dictionary):
            known = pc.is_in(spread.indices, found.asked)
            refused = len(handles) - handles.null_count - known.true_count
            raise refusals.do_not_open(refused, len(handles))
        live = found.sealed.is_valid()
        places = pc.if_else(live, pc.subtract(pc.cumulative_sum(live.cast(pa.int32())), 1), None)
        rows = places.take(spread.indices)
        kept = _rows(found, pc.indices_nonzero(live))
        opened = Subjects(
            rows.cast(pa.int32()), kept.handles, SecretBytes(self._opened(kept).tobytes())
        )
        return opened, rows.null_count - handles.null_count

    def found(self, handles: pa.FixedSizeBinaryArray) -> Subjects:
        """As ``to_open``, for whom it does not matter how many are gone."""
        return self.to_open(handles)[0]

    def forget_lost(self, at: datetime) -> int:
        """Destroy the salts whose sealing key was destroyed: nobody can open them; how many.

        Their subjects get new salts when they are met again.
        """
        own = [one for one in self._released.versions() if one.domain == DOMAIN.name]
        lost = [version.number for version in own if version.state is KeyState.DESTROYED]
        forgotten, after = 0, b""
        while lost and len(page := self._store.live_handles(after, _PAGE)):
            after = page[-1].as_py()
            found = self._store.of_handles(page)
            gone = np.isin(read_frames(found.sealed).numbers, lost)
            forgotten += self._store.destroy(found.handles.filter(pa.array(gone)), at)
        return forgotten

    def _made(self, indices: pa.FixedSizeBinaryArray) -> SaltRows:
        """Make salts, keep them, and read back what is kept: somebody may have been faster."""
        number = len(indices)
        parts = (
            _random(number, SALT_BYTES),
            _bytes(indices, SUBJECT_BYTES),
            _random(number, HANDLE_BYTES),
        )
        joined = np.concatenate(parts, axis=1)
        whole = pa.binary(joined.shape[1])
        values = pa.Array.from_buffers(whole, number, [None, pa.py_buffer(joined.tobytes())])
        key_number, key = self._seal(None)
        sealed = self._kernel.encrypt(values, key, _BOUND, key_number, text=False)
        handles = pa.Array.from_buffers(_KIND, number, [None, pa.py_buffer(parts[2].tobytes())])
        self._store.add(indices, handles, sealed, self._now())
        return self._store.of_subjects(indices)

    def _opened(self, rows: SaltRows) -> npt.NDArray[np.uint8]:
        """The salts of rows that have one, a line each."""
        numbers = {number for _, number in self._kernel.frame_headers(rows.sealed)}
        keys = {(ALGORITHM_CIPHERTEXT, number): self._seal(number)[1] for number in numbers}
        opened = self._kernel.reveal(rows.sealed, keys, {ALGORITHM_CIPHERTEXT: _BOUND})
        length = SALT_BYTES + SUBJECT_BYTES + HANDLE_BYTES
        data, offsets = view(opened)
        if not (np.diff(offsets) == length).all():
            raise salts_changed()
        lines = data.reshape(-1, length)
        whose = np.concatenate(
            (_bytes(rows.indices, SUBJECT_BYTES), _bytes(rows.handles, HANDLE_BYTES)), axis=1
        )
        if not np.array_equal(lines[:, SALT_BYTES:], whose):
            raise salts_changed()
        return np.ascontiguousarray(lines[:, :SALT_BYTES])

    @property
    def _released(self) -> ReleasedKeys:
        """What keys are derived from, as long as this was not prepared."""
        if self._keys is None:
            raise KeyUnavailable("a key of subjects' salts was not derived before the work began")
        return self._keys

    def _index_of(self, domain: str) -> _Index:
        if domain not in self._indexes:
            key = self._released.derive(domain, KeyUse.INDEX, INDEX_INFO, _KEY_BYTES).key
            self._indexes[domain] = _Index(self._released.normaliser(domain), key)
        return self._indexes[domain]

    def _seal(self, number: int | None) -> tuple[int, SecretBytes]:
        """The key that seals, or the one of that number that once did."""
        known = self._primary if number is None else number
        if known in self._seals:
            return known, self._seals[known]
        derive = self._released.derive
        derived = derive(DOMAIN.name, KeyUse.ENCRYPTION, SEAL_INFO, _KEY_BYTES, number)
        self._seals[derived.number] = derived.key
        return derived.number, derived.key


def salts_changed() -> IntegrityError:
    """What refuses a store whose rows are not as they were written."""
    return IntegrityError(
        "the salts of subjects in the state were changed",
        hint="restore the state from a backup, then `lockgate keys shred --replay`",
    )


def _random(rows: int, length: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(os.urandom(rows * length), np.uint8).reshape(rows, length)


def _bytes(values: pa.FixedSizeBinaryArray, length: int) -> npt.NDArray[np.uint8]:
    return view(values.cast(pa.binary()))[0].reshape(-1, length)


def _rows(rows: SaltRows, places: pa.Array) -> SaltRows:
    columns = (rows.asked, rows.indices, rows.handles, rows.sealed)
    return SaltRows(*(column.take(places) for column in columns))


def _in_order(rows: SaltRows) -> SaltRows:
    return _rows(rows, pc.array_sort_indices(rows.asked))


def _and(rows: SaltRows, more: SaltRows, places: npt.NDArray[np.int64]) -> SaltRows:
    """Both; what ``more`` was asked for stood at ``places``."""
    asked = pa.array(places, pa.int32()).take(more.asked)
    pairs = (
        (rows.asked, asked),
        (rows.indices, more.indices),
        (rows.handles, more.handles),
        (rows.sealed, more.sealed),
    )
    return SaltRows(*(pa.concat_arrays(pair) for pair in pairs))
