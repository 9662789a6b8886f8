"""The people a project holds data about: destroying the key of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from lockgate.adapters.private_files import exists
from lockgate.assemble.domains import normaliser_of
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded
from lockgate.assemble.shred_receipt import ShredReceipt, digests_in
from lockgate.assemble.shred_scope import Scope, contracts_about, scope_of
from lockgate.contract.model import Column
from lockgate.errors import IntegrityError, UsageError
from lockgate.flow.subject_keys import subject_domains
from lockgate.kernel.frame import ALGORITHM_TOKEN
from lockgate.ledger.event import SubjectShredded
from lockgate.run.context import RunContext
from lockgate.run.opening import opened_frames
from lockgate.run.shredding import Shredded, shred, shred_again
from lockgate.run.subjects import handles_of, runs_about
from lockgate.secret import SecretText


@guarded
class ProjectSubjects:
    """The keys of people in an opened project."""

    def __init__(self, project: Project, context: RunContext) -> None:
        self._project = project
        self._context = context

    @property
    def domains(self) -> tuple[str, ...]:
        """The key domains that the contracts' subject columns belong to, by name."""
        columns = [c.subject for c in self._project.contracts.values() if c.subject is not None]
        known = {subject_domains(column, self._project.policy) for column in columns}
        return tuple(sorted(domains[0] for domains in known if len(domains) == 1))

    def domain(self, named: str | None) -> str:
        """The domain named, or the only one. Raises UsageError."""
        known = self.domains
        listed = ", ".join(known) or "none"
        if named is None and len(known) == 1:
            return known[0]
        if named is None:
            hint = f"--domain, one of {listed}" if known else "lockgate.subject: true at a column"
            raise UsageError("whose identifier is it?", hint=hint)
        if named not in known:
            raise UsageError("no contract's subjects have that key domain", hint=f"known: {listed}")
        return named

    def scope(self, domain: str) -> Scope:
        """Where values of the domain's people are, before anything is destroyed."""
        return scope_of(self._project, self._context, self.domain(domain))

    def shred(
        self,
        subject: SecretText,
        *,
        purpose: str,
        domain: str | None = None,
        to: Path | None = None,
    ) -> ShredReceipt:
        """Destroy the key of a person, named as the contracts' subject column does, or by a token.

        Twice is the same as once. ``to``: a new 0600 file for the receipt. Raises UsageError,
        AuthorisationDenied, KeyUnavailable and EnvironmentFailed.
        """
        domain = self.domain(domain)
        if to is not None and exists(to):
            raise UsageError(f"{to.name} exists", hint="name a new file for the receipt")
        columns = [c.subject for c in contracts_about(self._project, domain) if c.subject]
        named = self._named(subject, columns, domain)
        scope = self.scope(domain)
        done = shred(self._context, domain, named, purpose)
        receipt = self._receipt(done, scope, purpose, named, columns)
        if to is not None:
            receipt.write(to)
        return receipt

    def shred_again(self, receipts: Sequence[Path], *, purpose: str) -> Shredded:
        """Destroy again what an older state brought back: all in the ledger and these receipts."""
        digests = set(digests_in(receipts))
        for entry in self._context.ledger.read():
            if isinstance(entry.event, SubjectShredded):
                digests |= set(entry.event.subjects)
        return shred_again(self._context, digests, purpose)

    def _named(
        self, subject: SecretText, columns: Iterable[Column], domain: str
    ) -> tuple[pa.Array, ...]:
        """The subject in every type that a contract gives it. Raises UsageError if it fits none."""
        text = self._token(subject, domain) or subject.reveal()
        named = []
        for kind in {column.arrow_type for column in columns}:
            with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                named.append(pa.array([text], pa.string()).cast(kind))
        if not text or not named:
            raise UsageError(
                "that is not how a contract writes its subjects",
                hint=f"an identifier of the key domain {domain}, or a token of it",
            )
        return tuple(named)

    def _token(self, subject: SecretText, domain: str) -> str:
        """The subject that a token of the domain stands for; "" if it is no token."""
        frames = pa.array([subject.reveal()], pa.string())
        try:
            ((algorithm, number),) = self._context.kernel.frame_headers(frames)
        except IntegrityError:
            return ""
        if algorithm != ALGORITHM_TOKEN or self._context.keyring.domain_of(number) != domain:
            raise UsageError(f"that is no token of the key domain {domain}")
        opened = opened_frames(self._context, frames, None).values
        return str(opened.cast(pa.string())[0].as_py())

    def _receipt(
        self,
        done: Shredded,
        scope: Scope,
        purpose: str,
        named: Sequence[pa.Array],
        columns: Sequence[Column],
    ) -> ShredReceipt:
        context, now = self._context, self._context.now()
        if not done.digests:  # whether there were rows of such a person is not told then
            columns = ()
        normalisers = {normaliser_of(self._project, column) for column in columns}
        handles = [
            handles_of(one, normaliser, context.kernel, context.keyring)
            for one in named
            for normaliser in normalisers
        ]
        asked = scope.runs if handles else ()
        runs, unread = runs_about(context, b"".join(handles), asked)
        return ShredReceipt(
            at=now,
            project=self._project.name,
            principal=context.principal.id,
            purpose=purpose,
            domain=done.domain,
            subjects=done.digests,
            state="sqlite" if self._project.state.url == "sqlite" else "postgresql",
            backups_until=self._project.key_schedule.backups_end(now),
            scope=scope,
            runs=runs,
            runs_unread=unread,
        )
