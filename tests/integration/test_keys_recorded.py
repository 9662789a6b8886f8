"""A key and its ledger entry are one: over a real database, both are there or neither is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import KeyUnavailable, LedgerUnwritable
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyNotice, KeyUse
from lockgate.ledger.key_events import key_event
from lockgate.ledger.ledger import Ledger
from lockgate.run.state_ports import StateStore
from lockgate.testing.ledgers import new_ledger, new_signing_key

EMAIL = Domain("email", Normaliser.EMAIL)


def keyring(state: StateStore, service: LocalKeyService, ledger: Ledger) -> Keyring:
    def record(notice: KeyNotice) -> None:
        ledger.append(key_event(notice, "os:ada@host", "key management"))

    return Keyring(state.keys, service, lambda: datetime.now(UTC), record, project="clinic")


def test_every_change_of_a_key_is_in_the_ledger_and_survives_reopening(tmp_path: Path) -> None:
    folder, signing = tmp_path / ".lockgate", new_signing_key()
    with open_state("sqlite", folder) as state:
        service = LocalKeyService.create(folder / "root.key")
        ledger = new_ledger(state.ledger, signing, FileWitness(folder / "checkpoint"))
        ring = keyring(state, service, ledger)
        ring.create_domain(EMAIL)
        before = ring.derive("email", KeyUse.ENCRYPTION, ("a",), 32)
        ring.rotate("email")

    with open_state("sqlite", folder) as state:
        service = LocalKeyService.open(folder / "root.key")
        ledger = new_ledger(state.ledger, signing, FileWitness(folder / "checkpoint"))
        ring = keyring(state, service, ledger)
        ring.check_service()
        assert ring.derive("email", KeyUse.ENCRYPTION, ("a",), 32, number=2) == before
        assert ledger.verify().size == 3
        kinds = [entry.event.kind for entry in ledger.read()]
    assert kinds == ["key.created", "key.created", "key.rotated"]


def test_no_key_without_its_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".lockgate"
    with open_state("sqlite", folder) as state:
        service = LocalKeyService.create(folder / "root.key")
        witness = FileWitness(folder / "checkpoint")
        ledger = new_ledger(state.ledger, new_signing_key(), witness)
        ring = keyring(state, service, ledger)
        ring.create_domain(EMAIL)
        (folder / "checkpoint").chmod(0o644)  # the witness can no longer be trusted, nor used
        with pytest.raises(LedgerUnwritable):
            ring.create_domain(Domain("other", Normaliser.EXACT))
        (folder / "checkpoint").chmod(0o600)

        assert [domain.name for domain in ring.domains()] == ["email"]
        assert ledger.verify().size == 2


def test_a_wrapped_key_pasted_into_another_domain_does_not_open(tmp_path: Path) -> None:
    folder = tmp_path / ".lockgate"
    with open_state("sqlite", folder) as state:
        service = LocalKeyService.create(folder / "root.key")
        ring = Keyring(state.keys, service, lambda: datetime.now(UTC), project="clinic")
        ring.create_domain(EMAIL)
        ring.create_domain(Domain("other", Normaliser.EXACT))
        stolen = ring.versions("email")[0].wrapped
        with state._connections.writing() as connection:
            connection.exec_driver_sql(
                "UPDATE key_versions SET wrapped = ? WHERE domain = 'other'", (stolen,)
            )

        with pytest.raises(KeyUnavailable, match="does not open"):
            ring.derive("other", KeyUse.INDEX, (), 32)
        assert ring.derive("email", KeyUse.INDEX, (), 32).number == 1
