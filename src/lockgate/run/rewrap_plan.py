"""Which frames of a file are old, what they become, and what a file has to be afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.errors import KeyUnavailable, Position, UsageError
from lockgate.kernel.frame import CIPHERTEXT_ALGORITHMS, RECORD_ALGORITHMS
from lockgate.keys.ports import KeyState, KeyUse, KeyVersion
from lockgate.protect.rewrap import ColumnRewrap, Header, domain_keys
from lockgate.run.context import RunContext
from lockgate.run.rewrap_ports import FrameColumn

Counts = Mapping[str, Counter[Header]]
"""Of each column, how many frames are under which algorithm and key number."""
CIPHERTEXTS = CIPHERTEXT_ALGORITHMS


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
    """What is done to each column that has old frames, and the keys it is done with."""

    columns: Mapping[str, ColumnRewrap]
    targets: Mapping[str, int]
    from_keys: tuple[int, ...]
    values: int

    def after(self, counts: Counts) -> dict[str, Counter[Header]]:
        """What ``counts`` become."""
        return {name: self._after(name, found) for name, found in counts.items()}

    def _after(self, column: str, found: Counter[Header]) -> Counter[Header]:
        if column not in self.columns:
            return Counter(found)
        becomes = {
            header: (header[0], domain.number)
            for domain in self.columns[column].domains
            for header in domain.opening
        }
        moved: Counter[Header] = Counter()
        for header, values in found.items():
            moved[becomes.get(header, header)] += values
        return moved


def key_frames(
    versions: Mapping[int, KeyVersion], counts: Counts, left: Sequence[int] = ()
) -> tuple[KeyFrames, ...]:
    """The counts of ciphertexts by key version; those under the keys of ``left`` were rewrapped.

    Raises KeyUnavailable for a key there is not.
    """
    return tuple(
        KeyFrames(name, key.domain, number, key.version, str(key.state), values, number in left)
        for name, found in counts.items()
        for (algorithm, number), values in sorted(found.items())
        if algorithm in CIPHERTEXTS
        for key in (version_of(versions, number),)
    )


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
    to another dataset.
    """
    versions = {version.number: version for version in context.keyring.versions()}
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
        by_domain: dict[str, list[Header]] = {}
        for header in old:
            by_domain.setdefault(versions[header[1]].domain, []).append(header)
        keys = [
            domain_keys(context.keyring, domain, column.place, headers)
            for domain, headers in by_domain.items()
        ]
        subjects_of = context.subject_salts().found
        planned[column.name] = ColumnRewrap(context.kernel, column.place, tuple(keys), subjects_of)
        targets |= {domain: key.number for domain, key in zip(by_domain, keys, strict=True)}
        numbers |= {number for _, number in old}
        values += sum(old.values())
    return RewrapPlan(planned, targets, tuple(sorted(numbers)), values)


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
        if algorithm not in CIPHERTEXTS or version.use is not KeyUse.ENCRYPTION or other:
            continue
        if version.state is KeyState.DECRYPT_ONLY:
            if algorithm in RECORD_ALGORITHMS:
                raise _bound(column, values, version, shown)
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


def _bound(column: str, values: int, version: KeyVersion, shown: str) -> UsageError:
    return UsageError(
        f"{values:,} values of column {column} under key {version.number} are bound to their "
        "record, and are not rewrapped",
        where=Position(shown),
        hint="release the data again from its source, before that key is destroyed",
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
