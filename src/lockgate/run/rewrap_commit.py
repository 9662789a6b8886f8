"""A whole successor takes its file's place: intent in the ledger, one rename, done.

``rewrap.intent`` is the point of no return. Before it a crash means that the file was not touched;
after it the next attempt goes on to the end.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lockgate.keys.ports import KeyState, KeyUse
from lockgate.ledger.event import DataRewrapped, RewrapIntent, RewrapRecord
from lockgate.ledger.receipt import FileRecord
from lockgate.run.context import RunContext
from lockgate.run.digests import same_digest
from lockgate.run.ports import StagedFile
from lockgate.run.rewrap_journal import Begun, Journal
from lockgate.run.rewrap_ports import StoredFile


def put_in_place(
    context: RunContext, file: StoredFile, journal: Journal, new: StagedFile, purpose: str
) -> None:
    """Record the intent, replace the file, record that it is done. Raises what these raise."""
    with recorded(context, record_of(file.shown, journal.begun, new), purpose):
        file.replace(journal.begun.old, new)
    journal.drop()


def bring_to_its_end(
    context: RunContext, file: StoredFile, present: StagedFile, journal: Journal, purpose: str
) -> bool:
    """Finish what an attempt with a whole successor left; False if that is of no use any more.

    ``present`` is the file as it is now: the old one, or already the new one.
    """
    if journal.finished is None:
        return False
    new, since = journal.finished
    if not same_bytes(present, new) and not _usable(context, file, present, journal, new):
        return False
    record = record_of(file.shown, journal.begun, new)
    told = _told(context, record, since)
    if RewrapIntent not in told:
        _append(context, RewrapIntent(record=record, **context.by(purpose)))
    file.replace(journal.begun.old, new)
    if DataRewrapped not in told:
        _append(context, DataRewrapped(record=record, recovered=True, **context.by(purpose)))
    journal.drop()
    return True


def _usable(
    context: RunContext, file: StoredFile, present: StagedFile, journal: Journal, new: StagedFile
) -> bool:
    """Whether the file is the one that was followed, and the successor still what was verified."""
    if not same_bytes(present, journal.begun.old) or not still_primary(context, journal.begun):
        return False
    successor = file.successor()
    try:
        size = successor.size
        return size == new.size and same_digest(successor.digest(0, size), new.digest)
    finally:
        successor.close()


def still_primary(context: RunContext, begun: Begun) -> bool:
    """Whether what it was made under still protects."""
    primary = {
        version.domain: version.number
        for version in context.keys.versions()
        if version.use is KeyUse.ENCRYPTION and version.state is KeyState.PRIMARY
    }
    return all(primary.get(domain) == number for domain, number in begun.targets.items())


def same_bytes(one: StagedFile, other: StagedFile) -> bool:
    """Whether two records are of the same content."""
    return one.size == other.size and same_digest(one.digest, other.digest)


def record_of(path: str, begun: Begun, new: StagedFile) -> RewrapRecord:
    """What the ledger says of a rewrap."""
    return RewrapRecord(
        rewrap_id=begun.rewrap_id,
        path=path,
        values=begun.values,
        from_keys=begun.from_keys,
        to_keys=tuple(sorted(set(begun.targets.values()))),
        old=_file(begun.old),
        new=_file(new),
    )


def document_record(
    path: str, from_keys: Iterable[int], to_keys: Iterable[int], old: StagedFile, new: StagedFile
) -> RewrapRecord:
    """What the ledger says of a document that names other keys now; it holds no value."""
    return RewrapRecord(
        rewrap_id=secrets.token_hex(16),
        path=path,
        values=0,
        from_keys=tuple(sorted(set(from_keys))),
        to_keys=tuple(sorted(set(to_keys))),
        old=_file(old),
        new=_file(new),
    )


@contextmanager
def recorded(context: RunContext, record: RewrapRecord, purpose: str) -> Iterator[None]:
    """The intent before the block, and that it is done after it."""
    _append(context, RewrapIntent(record=record, **context.by(purpose)))
    yield
    _append(context, DataRewrapped(record=record, **context.by(purpose)))


def _file(staged: StagedFile) -> FileRecord:
    return FileRecord(name=staged.name, size=staged.size, rows=staged.rows, digest=staged.digest)


def _append(context: RunContext, event: RewrapIntent | DataRewrapped) -> None:
    with context.state.transaction():
        context.ledger.append(event)


def _told(
    context: RunContext, record: RewrapRecord, since: int
) -> set[type[RewrapIntent | DataRewrapped]]:
    """Which events of this rewrap the ledger has."""
    events = (entry.event for entry in context.ledger.read(since))
    return {
        type(event)
        for event in events
        if isinstance(event, RewrapIntent | DataRewrapped)
        and event.record.rewrap_id == record.rewrap_id
    }
