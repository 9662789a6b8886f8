"""Whose rejected rows are: the state's word for it is held against what was sealed and signed.

Who may look is decided by the state's row, which whoever writes to the database can edit. The key
was made for one dataset and opens nowhere else; the sealed rows name their pipeline.
"""

from __future__ import annotations

from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.keys.released import ReleasedKeys
from lockgate.ledger.event import ReleaseIntent
from lockgate.ledger.ledger import Ledger
from lockgate.run.context import RunContext
from lockgate.run.quarantine import PIPELINE, QUARANTINE_DOMAINS, read_quarantine
from lockgate.run.state_ports import QuarantineRecord


def require_own_dataset(keys: ReleasedKeys, record: QuarantineRecord) -> None:
    """Refuse a row of the state that tells another dataset than its key is of.

    No key is opened for it. Raises IntegrityError.
    """
    try:
        domain = keys.domain_of(record.key_number)
    except KeyUnavailable:
        domain = ""
    if domain.rpartition(".")[0] != f"{QUARANTINE_DOMAINS}{record.contract_id}":
        raise _edited(record.run_id)


def require_own_pipeline(context: RunContext, record: QuarantineRecord) -> None:
    """Refuse a row of the state that tells another pipeline than the sealed rows do.

    ``context`` has the key. Rows sealed before they told it are held against the ledger. Raises
    IntegrityError, KeyUnavailable.
    """
    path = context.sealed_path("quarantine", record.run_id)
    for rejected in read_quarantine(path, context.keys, record.run_id):
        told = (rejected.table.schema.metadata or {}).get(PIPELINE)
        if told is None:
            require_recorded_pipeline(context.ledger, record)
        elif told != record.pipeline.encode():
            raise _edited(record.run_id)
        return
    raise IntegrityError("the quarantine holds no rows")


def require_recorded_pipeline(ledger: Ledger, record: QuarantineRecord) -> None:
    """Refuse a row of the state that tells another pipeline than the run's record. One pass.

    The record is checked against its own hash; that it was signed is ``ledger verify``'s to see.
    Raises IntegrityError, LedgerTampered.
    """
    for entry in ledger.read():
        event = entry.event
        if isinstance(event, ReleaseIntent) and event.receipt.run_id == record.run_id:
            if event.receipt.pipeline == record.pipeline:
                return
            break
    raise _edited(record.run_id)


def _edited(run_id: str) -> IntegrityError:
    return IntegrityError(
        f"the state does not say whose the rejected rows of run {run_id} are",
        hint="its row was changed: restore the state from a backup, and find out who changed it",
    )
