"""The keys that each operation needs, by what it will do (docs/reference/keys.md).

Each function answers for one action. ``run.key_release`` holds what is answered against what the
action may have at all, so a mistake here refuses and does not release.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from lockgate.access.permit import Permit
from lockgate.access.resource import ResourceKind
from lockgate.errors import KeyUnavailable
from lockgate.kernel.interface import Normaliser
from lockgate.keys.names import DIGESTS
from lockgate.keys.ports import DerivedKey, KeyUse
from lockgate.keys.release import Covered
from lockgate.keys.released import FERNET_INFO
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.protect import tokenize
from lockgate.protect.encrypt import encryption_info
from lockgate.protect.fpe import SURROGATE
from lockgate.protect.treatment import Place
from lockgate.run.opening import Made, Origin
from lockgate.run.quarantine import QUARANTINE_INFO, quarantine_domain
from lockgate.run.reveal_door import Wanted, wanted_of
from lockgate.run.sealing import SealPlace, seal_info
from lockgate.run.shredding import DIGEST_INFO
from lockgate.run.subject_salts import DOMAIN as SALTS
from lockgate.run.subject_salts import INDEX_INFO, SEAL_INFO
from lockgate.run.subjects import DOMAIN as SUBJECTS
from lockgate.run.subjects import HANDLE_INFO, MANIFEST_INFO
from lockgate.secret import SecretBytes

_INDEX, _ENCRYPTION = KeyUse.INDEX, KeyUse.ENCRYPTION
DIGEST = Covered(DIGESTS, _INDEX, ("file",), protects=True)
_DIGESTS_OF_OLD = Covered(DIGESTS, _INDEX, ("file",), opens=True)
_HANDLES = Covered(SUBJECTS.name, _INDEX, HANDLE_INFO, protects=True)
_SALTS_OPENED = Covered(SALTS.name, _ENCRYPTION, SEAL_INFO, opens=True)
_SALTS_MADE = Covered(SALTS.name, _ENCRYPTION, SEAL_INFO, protects=True, opens=True)


def for_run(plan: CheckedPlan, dataset: str, at: datetime, *, subjects: bool) -> Iterator[Covered]:
    """A run: its treatments, the digests of its files, and what it seals of rejects and subjects.

    Quarantine keys are those of today, and of tomorrow for who starts at midnight. ``subjects``:
    a source has a column that says whose its rows are.
    """
    yield DIGEST
    yield from for_gate(plan)
    for day in (at, at + timedelta(days=1)):
        name = quarantine_domain(dataset, day)
        yield Covered(name, _ENCRYPTION, QUARANTINE_INFO, protects=True)
    if subjects:
        yield _HANDLES
        yield Covered(SUBJECTS.name, _ENCRYPTION, MANIFEST_INFO, protects=True)


def for_gate(plan: CheckedPlan) -> Iterator[Covered]:
    """The treatments of a plan, and the salts of its subjects."""
    ring = _Needs()
    for sink in plan.sinks:
        for column in sink.columns:
            if column.treatment is not None:
                place = Place(column.dataset, column.column_id)
                column.treatment.derive_keys(ring, column.domain, place)
    yield from ring.needs
    whose = {column.subject_domain for sink in plan.sinks for column in sink.columns} - {""}
    for domain in sorted(whose):
        yield Covered(domain, _INDEX, INDEX_INFO, protects=True)
    if whose:
        yield _SALTS_MADE


def for_seals(places: Iterable[SealPlace]) -> Iterator[Covered]:
    """What seals the files of sinks."""
    for place in places:
        yield Covered(place.domain, _ENCRYPTION, seal_info(place.format), protects=True)


def for_unseal(place: SealPlace) -> Iterator[Covered]:
    """What opens the sealed files of one place, and shows that they are those of their run."""
    yield DIGEST
    yield _DIGESTS_OF_OLD
    yield Covered(place.domain, _ENCRYPTION, seal_info(place.format), opens=True)


def for_quarantine(domain: str, number: int) -> Iterator[Covered]:
    """What opens the rejected rows of one run."""
    yield Covered(domain, _ENCRYPTION, QUARANTINE_INFO, opens=True, number=number)


def for_reveal(permits: Sequence[Permit], origins: Sequence[Origin]) -> Iterator[Covered]:
    """What opens values of columns, whose every label has a permit. Raises KeyUnavailable."""
    yield DIGEST
    yield _DIGESTS_OF_OLD
    yield _SALTS_OPENED
    for origin in origins:
        _require_permits(permits, wanted_of(origin.name, [origin]))
        for domain in sorted(origin.domains):
            yield from _of_column(domain, origin)


def for_tokens(
    permits: Sequence[Permit], domain: str, wanted: Sequence[Wanted]
) -> Iterator[Covered]:
    """What opens tokens of a domain, all of whose labels have a permit. Raises KeyUnavailable."""
    _require_permits(permits, wanted)
    yield Covered(domain, _INDEX, tokenize.INFO, opens=True)


def for_fernet(
    permits: Sequence[Permit], domain: str, wanted: Sequence[Wanted]
) -> Iterator[Covered]:
    """What opens Fernet tokens of a domain, as ``for_tokens``. Raises KeyUnavailable."""
    _require_permits(permits, wanted)
    yield Covered(domain, _ENCRYPTION, FERNET_INFO, opens=True)


def for_rewrap(places: Iterable[tuple[str, Place]]) -> Iterator[Covered]:
    """What brings columns' ciphertexts under their domains' primary keys."""
    yield DIGEST
    yield _DIGESTS_OF_OLD
    yield _SALTS_OPENED
    for domain, place in places:
        for subject in (False, True):
            info = encryption_info(place, subject=subject)
            yield Covered(domain, _ENCRYPTION, info, protects=True, opens=True)


def for_shred(domains: Iterable[str]) -> Iterator[Covered]:
    """What finds a person in key domains, and the runs whose rows were that one's."""
    for domain in domains:
        yield Covered(domain, _INDEX, INDEX_INFO, protects=True)
        yield Covered(domain, _INDEX, tokenize.INFO, opens=True)
    yield Covered(SALTS.name, _INDEX, DIGEST_INFO, protects=True)
    yield _HANDLES
    yield Covered(SUBJECTS.name, _ENCRYPTION, MANIFEST_INFO, opens=True)


def _require_permits(permits: Sequence[Permit], wanted: Sequence[Wanted]) -> None:
    """Each label was permitted, of its dataset or wherever it is. Raises KeyUnavailable."""
    granted = {
        (permit.resource.name, permit.resource.dataset)
        for permit in permits
        if permit.resource.kind is ResourceKind.LABEL
    }
    for one in wanted:
        if any(not granted & {(name, ""), (name, one.dataset)} for name in one.labels.names()):
            raise KeyUnavailable(f"not every label of {one.what} has a permit")


def _of_column(domain: str, origin: Origin) -> Iterator[Covered]:
    if origin.made is Made.TOKEN:
        yield Covered(domain, _INDEX, tokenize.INFO, opens=True)
    elif origin.made is Made.SURROGATE:
        yield Covered(domain, _INDEX, (SURROGATE,), opens=True)
    elif origin.made is Made.FERNET:
        yield Covered(domain, _ENCRYPTION, FERNET_INFO, opens=True)
    else:
        for subject in (False, True):
            info = encryption_info(origin.place, subject=subject)
            yield Covered(domain, _ENCRYPTION, info, opens=True)


class _Needs:
    """A ring without a key, for treatments to say what they would derive."""

    def __init__(self) -> None:
        self.needs: set[Covered] = set()

    def normaliser(self, domain: str) -> Normaliser:
        del domain
        return Normaliser.EXACT

    def derive(
        self,
        domain: str,
        use: KeyUse,
        info: Sequence[str],
        length: int,
        number: int | None = None,
    ) -> DerivedKey:
        del number
        self.needs.add(Covered(domain, use, tuple(info), protects=True))
        return DerivedKey(1, SecretBytes(bytes(length)))

    def fernet_keys(self, domain: str) -> Sequence[DerivedKey]:
        return (self.derive(domain, KeyUse.ENCRYPTION, FERNET_INFO, 32),)
