"""A project, opened: everything its owner may do, each resource opened when first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.resource import EVERY_KEY, EVERY_PIPELINE, EVERY_SECRET, key_domain
from lockgate.access.resource import secret as secret_resource
from lockgate.assemble.domains import named_domain, used_domains
from lockgate.assemble.find_project import find_project
from lockgate.assemble.key_services import make_missing_root
from lockgate.assemble.library import LibraryGate, open_gate
from lockgate.assemble.local_accounts import LocalAccounts
from lockgate.assemble.opened_project import OpenedProject
from lockgate.assemble.pipelines import CheckReport, check_project, published, replay, run_pipeline
from lockgate.assemble.project_file import load_project
from lockgate.assemble.project_grants import ProjectGrants
from lockgate.assemble.project_keys import ProjectKeys
from lockgate.assemble.project_ledger import ProjectLedger
from lockgate.assemble.project_quarantine import ProjectQuarantine
from lockgate.assemble.project_reveals import ProjectReveals
from lockgate.assemble.project_subjects import ProjectSubjects
from lockgate.assemble.resources import KEY_PURPOSE
from lockgate.assemble.revealing import RevealResult
from lockgate.assemble.seam import guarded
from lockgate.assemble.secret_health import SecretState, check_secrets, reference_uses
from lockgate.assemble.token_bearer import GivenToken
from lockgate.assemble.unsealing import UnsealResult
from lockgate.errors import EnvironmentFailed
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import KeyVersion
from lockgate.run.context import RunContext
from lockgate.run.due_keys import destroy_due, rotate_due
from lockgate.run.ports import InputFile, Progress
from lockgate.run.retention import expire
from lockgate.run.runner import RunResult
from lockgate.run.state_ports import QuarantineRecord
from lockgate.secret import SecretText

__all__ = ["CheckReport", "RevealResult", "RunResult", "Workspace"]

HOUSEKEEPING = "retention"
SECRET_PURPOSE = "use of a secret"  # noqa: S105 - a purpose
LISTING = "listing quarantines"


@guarded
class Workspace(OpenedProject):
    """What ``lockgate.open`` returns. A context manager; use it in a ``with`` statement.

    Reading the project needs no key: state, keyring and ledger open when first used, and a wrong
    root key or passphrase is refused then, before any data is read. Whatever reads, releases,
    reveals or changes something asks first who may.
    """

    @classmethod
    def open(
        cls,
        project: Path | str | None = None,
        *,
        passphrase: Callable[[], str] | None = None,
        token: GivenToken | None = None,
    ) -> Self:
        """Open the project of that folder or lockgate.yaml, else the nearest one upwards.

        With ``token`` whoever it stands for acts; it is verified at every decision. Raises
        ConfigurationError with every problem of every file.
        """
        return cls(load_project(find_project(project)), passphrase, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def secret(self, reference: str, *, fresh: bool = False) -> SecretText:
        """The secret behind ``secret://STORE/PATH#FIELD``, for code of the project's own.

        Ask where it is used and keep it no longer: it is kept here for its lease, and read anew if
        ``fresh``. Raises SecretMissing, SecretDenied, SecretUnavailable, AuthorisationDenied.
        """
        self.gatekeeper.permit(Action.USE_SECRET, secret_resource(reference), SECRET_PURPOSE)
        return self._secrets.refresh(reference) if fresh else self._secrets.resolve(reference)

    def check_secrets(self, told: Callable[[int, int], None] | None = None) -> list[SecretState]:
        """Read every secret that the project's files refer to, and show none: what came of it."""
        named = [use.reference for use in reference_uses(self.project) if use.reference]
        asked = [secret_resource(str(reference)) for reference in named]
        self._permit_looking(Action.USE_SECRET, asked or [EVERY_SECRET], SECRET_PURPOSE)
        return check_secrets(self.project, self._secrets, told)

    @property
    def keys(self) -> ProjectKeys:
        """What may be done with the project's keys, under its schedule."""
        return ProjectKeys(self.project, self._context)

    @property
    def subjects(self) -> ProjectSubjects:
        """What may be done about the people that the project holds data of."""
        return ProjectSubjects(self.project, self._context)

    @property
    def accounts(self) -> LocalAccounts:
        """Users and service accounts of the built-in issuer; no key is touched."""
        keeper = self.gatekeeper
        return LocalAccounts(self.project, self._record, keeper.permit, lambda: keeper.principal)

    def make_root(self, *, lost: bool = False) -> bool:
        """Make the local root key that ``keys:`` names beside ``previous``; whether it did.

        With ``lost`` one takes the place of one that is gone as soon as it wraps something, and
        keys that only that one opened no longer keep the project shut: for
        ``keys.replace_lost_root``.
        """
        self.gatekeeper.permit(Action.MOVE_KEYS, EVERY_KEY, KEY_PURPOSE)
        self._root_is_lost = lost
        return not lost and make_missing_root(self.project, self._passphrase)

    @property
    def grants(self) -> ProjectGrants:
        """Who may: grants, approvals, break-glass. Needs state and ledger, and no data key."""
        return ProjectGrants(self.project, self._record, self.gatekeeper)

    @property
    def erased_bytes_remain(self) -> bool:
        """Whether what was erased last is still in the state's files, as a reader holds them."""
        return self._record.state.erased_bytes_remain

    @property
    def ledger(self) -> ProjectLedger:
        """The project's ledger, for who may read it."""
        return ProjectLedger(self._record, self.gatekeeper)

    def check(self, pipelines: Sequence[str] = (), *, probe_seed: int | None = None) -> CheckReport:
        """Prove pipelines (all if none is named) without touching data or keys.

        With ``probe_seed`` their steps also run, on made-up rows, to refute the proof if they can.
        """
        self.permit_check()
        return check_project(self.project, tuple(pipelines), probe_seed)

    def run(
        self,
        pipeline: str,
        *,
        purpose: str | None = None,
        progress: Progress | None = None,
        seen: Sequence[InputFile] | None = None,
    ) -> RunResult:
        """Run a pipeline once. Raises PlanRefused, SourceError, TooManyRejected and others.

        ``seen``: the only inputs it may read, as somebody looked at them before.
        """
        house = self._keep_house
        done = run_pipeline(self.project, self._context, pipeline, purpose, progress, seen, house)
        return self._absolute(done)

    def gate(self, contract: str, zone: str, purpose: str = "library use") -> LibraryGate:
        """The same gate for frames in memory: ``released, rejected = gate(...)(frame)``."""
        due = self._do_what_is_due
        return open_gate(self.project, self._context, contract, zone, purpose, due=due)

    def create_domains(
        self, names: Sequence[str] | None = None, *, normaliser: Normaliser | None = None
    ) -> tuple[KeyVersion, ...]:
        """Make the keys of the named domains, or of all that the project's labels use.

        Domains that have keys keep them. Returns the versions made.
        """
        context = self._context
        asked = [key_domain(name) for name in names] if names is not None else [EVERY_KEY]
        permits = context.permit_all(Action.CREATE_KEY, asked or [EVERY_KEY], KEY_PURPOSE)
        wanted = (
            used_domains(self.project)
            if names is None
            else [named_domain(self.project, name, normaliser) for name in names]
        )
        before = {version.number for version in context.keys.versions()}
        with context.released(permits) as keyed:
            keyed.keys.ensure_domains(wanted)
        return tuple(v for v in context.keys.versions() if v.number not in before)

    def rotate(self, domain: str) -> KeyVersion:
        """A new version of the domain's encryption key; older ciphertexts still open."""
        return self.keys.rotate(domain, KEY_PURPOSE)

    def quarantine_list(self) -> list[QuarantineRecord]:
        """Every run's quarantine, newest first."""
        self.gatekeeper.permit(Action.READ_QUARANTINE, EVERY_PIPELINE, LISTING)
        return list(self._record.state.quarantine.list())

    def quarantine_rows(
        self, run_id: str, *, values: bool, purpose: str, limit: int | None
    ) -> pa.Table:
        """Rejected rows: file, row, line, offset and reasons, and what was read if ``values``.

        Recorded; with values it needs the ``reveal`` permission of every label of the contract.
        """
        quarantine = ProjectQuarantine(self.project, self._context)
        return quarantine.rows(run_id, values=values, purpose=purpose, limit=limit)

    def quarantine_replay(
        self, run_id: str, *, purpose: str | None = None, progress: Progress | None = None
    ) -> RunResult:
        """Send a run's rejected rows through the gate again, as contract and policy stand now."""
        due = self._do_what_is_due
        return self._absolute(replay(self.project, self._context, run_id, purpose, progress, due))

    def quarantine_discard(self, run_id: str, *, purpose: str) -> None:
        """Forget a run's rejected rows for good."""
        ProjectQuarantine(self.project, self._context).discard(run_id, purpose=purpose)

    @property
    def reveals(self) -> ProjectReveals:
        """What may be opened again, under the project's rules."""
        return ProjectReveals(self.project, self._context)

    def reveal_values(self, frames: Sequence[str | bytes], *, purpose: str) -> list[str]:
        """Turn single tokens and ciphertexts back: text, or bytes as Parquet holds them."""
        return self.reveals.values(frames, purpose)

    def reveal_file(
        self,
        path: Path | str,
        column: str | Sequence[str],
        *,
        purpose: str,
        to: Path | None = None,
        rows: tuple[int, int] | None = None,
        fernet_of: str = "",
    ) -> RevealResult:
        """Turn columns of a released file back, into a file of their own or into memory.

        ``rows``: the first and the last row wanted, from 1; all if left out. ``fernet_of``: the
        file was written elsewhere, its column has Fernet tokens of this ``CONTRACT.COLUMN``.
        """
        return self.reveals.file(Path(path), column, purpose, to, rows, fernet_of)

    def unseal(self, path: Path | str, *, purpose: str, to: Path) -> UnsealResult:
        """Open a sealed file of a run folder into a plain one; its columns stay protected."""
        return self.reveals.sealed(Path(path), purpose, to)

    def _keep_house(self, context: RunContext) -> None:
        """What time asks for before a run: quarantines end, keys rotate and are destroyed."""
        with suppress(EnvironmentFailed):  # another run is at it
            expire(context, HOUSEKEEPING)
        self._do_what_is_due(context)

    def _do_what_is_due(self, context: RunContext) -> None:
        """Destroy and rotate keys whose day has come, before one of them is derived."""
        destroy_due(context)
        rotate_due(context, self.project.key_schedule)

    def _absolute(self, result: RunResult) -> RunResult:
        return replace(result, sinks=published(self.project, result))
