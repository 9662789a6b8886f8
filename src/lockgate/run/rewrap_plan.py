"""Which frames of a file are old, what they become, and what a file has to be afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockgate.errors import IntegrityError, KeyUnavailable, Position, UsageError
from lockgate.kernel.frame import CIPHERTEXT_ALGORITHMS, RECORD_ALGORITHMS
from lockgate.keys.ports import KeyState, KeyUse, KeyVersion
from lockgate.protect.rewrap import (
    ColumnRewrap,
    DomainKeys,
    Header,
    SubjectsOf,
    domain_keys,
    shredded,
    unbound,
)
from lockgate.protect.treatment import Place
from lockgate.run.context import RunContext
from lockgate.run.rewrap_ports import FrameColumn

Counts = Mapping[str, Counter[Header]]
"""Of each column, how many frames are under which algorithm and key number."""
STATE_SHREDDED = "shredded"
"""What stands for a key's state where the person's own key was destroyed."""


@dataclass(frozen=True, slots=True)
class KeyFrames:
    """How many values of a column are under one key version, and what that version may do.

    ``rewrapped``: they were, and are under the domain's primary key by now.
    """

    column: str
    domain: str
    number: int
    version: int
    state: str
    values: int
    rewrapped: bool = False


@dataclass(frozen=True, slots=True)
class RewrapPlan:
    """What is done to each column that has old frames, and the keys it is done with.

    ``records`` names, by column, the columns that are the key of the row it is bound to.
    """

    columns: Mapping[str, ColumnRewrap]
    records: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, int]
    from_keys: tuple[int, ...]
    values: int

    def holds(self, before: Counts, after: Counts) -> bool:
        """Whether ``after`` is what ``before`` has become: nothing lost, and nothing old left.

        What was counted as openable may have been shredded meanwhile.
        """
        old = {name: self._becomes(name) for name in before}
        left = any(after[name].keys() & old[name].keys() for name in after.keys() & old.keys())
        same = before.keys() == after.keys() and all(
            _folded(before[name], old[name]) == _folded(after[name], old[name]) for name in before
        )
        return same and not left

    def _becomes(self, column: str) -> dict[Header, Header]:
        domains = self.columns[column].domains if column in self.columns else ()
        old = [(header, new) for keys in domains for header in keys.old for new in keys.fresh]
        return dict(old) | {shredded(header): new for header, new in old}


def _folded(counts: Mapping[Header, int], becomes: Mapping[Header, Header]) -> Counter[Header]:
    """The counts, where old and new are one."""
    folded: Counter[Header] = Counter()
    for header, values in counts.items():
        folded[becomes.get(header, header)] += values
    return +folded


def key_frames(
    versions: Mapping[int, KeyVersion], counts: Counts, left: Sequence[int] = ()
) -> tuple[KeyFrames, ...]:
    """The counts of ciphertexts by key version; those under the keys of ``left`` were rewrapped.

    Raises KeyUnavailable for a key there is not.
    """
    return tuple(
        _key_frames(name, version_of(versions, number), algorithm < 0, values, left)
        for name, found in counts.items()
        for (algorithm, number), values in sorted(found.items())
        if abs(algorithm) in CIPHERTEXT_ALGORITHMS
    )


def _key_frames(
    column: str, key: KeyVersion, gone: bool, values: int, left: Sequence[int]
) -> KeyFrames:
    state = STATE_SHREDDED if gone else str(key.state)
    done = key.number in left
    return KeyFrames(column, key.domain, key.number, key.version, state, values, done)


def version_of(versions: Mapping[int, KeyVersion], number: int) -> KeyVersion:
    """The key version of this number. Raises KeyUnavailable."""
    if number not in versions:
        raise KeyUnavailable(
            f"there is no key number {number}",
            hint="the file is of another project, or the state was restored from before it",
        )
    return versions[number]


def plan_rewrap(
    context: RunContext,
    columns: Sequence[FrameColumn],
    counts: Counts,
    domains: frozenset[str],
    shown: str,
) -> RewrapPlan:
    """What to do with a file that has these frames; ``domains``, if any, are the only ones touched.

    Raises KeyUnavailable for frames that no key opens any more, UsageError for old ones that belong
    to another dataset, and what ``require_bound`` raises.
    """
    require_bound(columns, counts, shown)
    versions = {version.number: version for version in context.keys.versions()}
    planned: dict[str, ColumnRewrap] = {}
    targets: dict[str, int] = {}
    numbers: set[int] = set()
    values = 0
    for column in columns:
        old = _old(versions, column.name, counts.get(column.name, Counter()), domains, shown)
        if not old:
            continue
        if column.place is None:
            raise _carried(column.name, sum(old.values()), shown)
        keys = _keys(context, column.place, versions, old)
        if any(abs(each) in RECORD_ALGORITHMS for each, _ in old) and not column.record:
            raise _unbound(column.name, shown)
        planned[column.name] = ColumnRewrap(
            context.kernel, column.place, keys, subjects_of(context)
        )
        targets |= {key.domain: key.number for key in keys}
        numbers |= {number for _, number in old}
        values += sum(old.values())
    records = {column.name: column.record for column in columns if column.name in planned}
    return RewrapPlan(planned, records, targets, tuple(sorted(numbers)), values)


def require_bound(columns: Sequence[FrameColumn], counts: Counts, shown: str) -> None:
    """Raise IntegrityError for frames bound to no row in a column whose values are, by contract.

    Those of the same column in another sink would open here in any row.
    """
    for column in columns:
        values = unbound(counts.get(column.name, Counter())) if column.record else 0
        if values:
            raise IntegrityError(
                f"{values:,} values of column {column.name} are not bound to their row, as the "
                "contract beside the file says",
                where=Position(shown),
                hint="they were put there after the release: restore the file that was released",
            )


def _keys(
    context: RunContext, place: Place, versions: Mapping[int, KeyVersion], old: Iterable[Header]
) -> tuple[DomainKeys, ...]:
    opening: dict[tuple[str, int], list[int]] = {}
    closed: dict[tuple[str, int], list[int]] = {}
    for algorithm, number in old:
        mine = versions[number].domain, abs(algorithm)
        opens = versions[number].state is KeyState.DECRYPT_ONLY
        (opening if opens else closed).setdefault(mine, []).append(number)
    return tuple(
        domain_keys(
            context.keys,
            domain,
            place,
            algorithm,
            opening.get((domain, algorithm), ()),
            closed.get((domain, algorithm), ()),
        )
        for domain, algorithm in opening | closed
    )


def subjects_of(context: RunContext) -> SubjectsOf:
    """Finds subjects by their handles. One whose key was destroyed has no row."""
    return context.subject_salts().prepare_to_open().found


def _old(
    versions: Mapping[int, KeyVersion],
    column: str,
    found: Mapping[Header, int],
    domains: frozenset[str],
    shown: str,
) -> dict[Header, int]:
    old: dict[Header, int] = {}
    for (algorithm, number), values in sorted(found.items()):
        version = version_of(versions, number)
        other = bool(domains) and version.domain not in domains
        if (
            abs(algorithm) not in CIPHERTEXT_ALGORITHMS
            or version.use is not KeyUse.ENCRYPTION
            or other
        ):
            continue
        if version.state is KeyState.DECRYPT_ONLY or algorithm < 0:
            old[algorithm, number] = values
        elif version.state is not KeyState.PRIMARY:
            raise _gone(column, values, version, shown)
    return old


def _carried(column: str, values: int, shown: str) -> UsageError:
    return UsageError(
        f"{values:,} values of column {column} were encrypted for another dataset and passed on",
        where=Position(shown),
        hint="rewrap the file that they were read from, and run this pipeline again",
    )


def _unbound(column: str, shown: str) -> IntegrityError:
    return IntegrityError(
        f"the contract beside the file does not say what the values of {column} are bound to",
        where=Position(shown),
        hint="restore the contract that was released with the file",
    )


def _gone(column: str, values: int, version: KeyVersion, shown: str) -> KeyUnavailable:
    destroyed = version.state is KeyState.DESTROYED
    why = "was destroyed" if destroyed else f"is {version.state.value}"
    hint = (
        "nothing opens them any more: release the data again from its source"
        if destroyed
        else "cancel its destruction, rewrap, then destroy it"
    )
    return KeyUnavailable(
        f"{values:,} values of column {column} are under key {version.number}, which {why}",
        where=Position(shown),
        hint=hint,
    )
