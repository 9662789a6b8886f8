"""The people a project holds data about: destroying the key of one of them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.resource import EVERY_KEY, LEDGER, key_domain
from lockgate.adapters.private_files import exists
from lockgate.assemble.access_of_state import access_key
from lockgate.assemble.domains import normaliser_of
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded
from lockgate.assemble.shred_receipt import ShredReceipt, digests_in
from lockgate.assemble.shred_scope import Scope, contracts_about, scope_of
from lockgate.assemble.subject_domains import Search, contract_domains, search
from lockgate.contract.model import Column
from lockgate.errors import IntegrityError, KeyUnavailable, UsageError
from lockgate.kernel.canonical import is_encodable_type
from lockgate.kernel.frame import ALGORITHM_TOKEN
from lockgate.ledger.event import SubjectShredded
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_shred
from lockgate.run.opening import opened_frames
from lockgate.run.shredding import Shredded, held, shred, shred_again
from lockgate.run.subjects import handles_of, runs_about
from lockgate.secret import SecretText

_DIGITS = 32
_LISTED = 10
SCOPE = "looking for where a person's values are"


@guarded
class ProjectSubjects:
    """The keys of people in an opened project."""

    def __init__(self, project: Project, context: RunContext) -> None:
        self._project = project
        self._context = context

    @property
    def domains(self) -> tuple[str, ...]:
        """The key domains that the contracts' subject columns belong to, by name."""
        return contract_domains(self._project)

    def scope(self, domain: str | None = None) -> Scope:
        """Where values of the domain's people are, before anything is destroyed.

        Raises UsageError, AuthorisationDenied.
        """
        self._context.gatekeeper.confirm(Action.READ_LEDGER, LEDGER, SCOPE)
        return scope_of(
            self._project, self._context, search(self._project, self._context, domain).main
        )

    def shred(
        self,
        subject: SecretText,
        *,
        purpose: str,
        domain: str | None = None,
        to: Path | None = None,
    ) -> ShredReceipt:
        """Destroy the keys of a person, named as the contracts' subject column does, or by a token.

        In the key domain named; without one, in that of the contracts and in every other one where
        an earlier contract left a key. Twice is the same as once. ``to``: a new 0600 file for
        the receipt. Raises UsageError, AuthorisationDenied, KeyUnavailable and EnvironmentFailed.
        """
        context = self._context
        where = search(self._project, context, domain)
        if to is not None and exists(to):
            raise UsageError(f"{to.name} exists", hint="name a new file for the receipt")
        domain_of_token = self._domain_of_token(subject, where)
        expected = where.main
        if domain_of_token not in ("", expected):
            where = where.only(domain_of_token)
        whom = self._whom(subject.reveal())
        about = [key_domain(name, whom) for name in where.domains or [EVERY_KEY.name]]
        permits = context.permit_all(Action.SHRED, about, purpose)
        needed = for_shred((*where.domains, *where.left))
        with context.released(permits, needed) as keyed:
            receipt = self._shredded(keyed, subject, domain_of_token, where, expected, purpose)
        if to is not None:
            receipt.write(to)
        return receipt

    def _shredded(
        self,
        context: RunContext,
        subject: SecretText,
        domain_of_token: str,
        where: Search,
        expected: str,
        purpose: str,
    ) -> ShredReceipt:
        text = _opened(context, subject) if domain_of_token else subject.reveal()
        about = contracts_about(self._project, where.main)
        columns = [contract.subject for contract in about if contract.subject]
        named, fits = _written(text, columns)
        scope = scope_of(self._project, context, where.main)
        done = shred(context, where.domains, named, purpose)
        elsewhere = tuple(held(context, where.left, named))
        if not done.digests:
            if where.main != expected:
                raise _no_token(expected)
            self._refuse_unfound(where, elsewhere, fits=fits)
        return self._receipt(context, done, where, scope, purpose, named, columns, elsewhere)

    def shred_again(self, receipts: Sequence[Path], *, purpose: str) -> Shredded:
        """Destroy again what an older state brought back: all in the ledger and these receipts."""
        digests = set(digests_in(receipts))
        about = key_domain(EVERY_KEY.name, self._whom("\n".join(sorted(digests)), "again"))
        for entry in self._context.ledger.read():
            if isinstance(entry.event, SubjectShredded):
                digests |= set(entry.event.subjects)
        permit = self._context.permit(Action.SHRED, about, purpose)
        with self._context.released(permit, for_shred(())) as keyed:
            return shred_again(keyed, digests, purpose)

    def recorded(self, entry: int, *, purpose: str, to: Path | None = None) -> ShredReceipt:
        """The receipt of a shredding that the ledger's entry of that number tells of.

        For one that was lost, or never written because the process ended first. Nothing is
        destroyed; where values are is told as of now. Raises UsageError, AuthorisationDenied.
        """
        if to is not None and exists(to):
            raise UsageError(f"{to.name} exists", hint="name a new file for the receipt")
        context = self._context
        context.permit(Action.READ_LEDGER, LEDGER, purpose)
        event = _recorded(context, entry)
        scope = scope_of(self._project, context, event.domain)
        receipt = ShredReceipt(
            at=event.at,
            project=self._project.name,
            principal=event.principal,
            purpose=event.purpose,
            domain=event.domain,
            domains=(event.domain,),
            erased_bytes_remain=context.state.erased_bytes_remain,
            subjects=event.subjects,
            state=self._kept_in,
            backups_until=self._project.key_schedule.backups_end(event.at),
            scope=scope,
            runs_unread=scope.runs,
            entry=entry,
        )
        if to is not None:
            receipt.write(to)
        return receipt

    @property
    def _kept_in(self) -> str:
        return "sqlite" if self._project.state.url == "sqlite" else "postgresql"

    def _whom(self, named: str, how: str = "shred") -> str:
        """Whom a word is asked for, in digits that nobody reads without the access key."""
        key = access_key(self._context, "name of a subject").reveal()
        return f"{how} {hmac.digest(key, named.encode(), 'sha256').hex()[:_DIGITS]}"

    def _domain_of_token(self, subject: SecretText, where: Search) -> str:
        """The key domain that a token says it is of; "" for what is no token.

        Raises UsageError for a token of a domain in which nobody is looked for.
        """
        frames = pa.array([subject.reveal()], pa.string())
        try:
            ((algorithm, number),) = self._context.kernel.frame_headers(frames)
        except IntegrityError:
            return ""
        domain = self._context.keys.domain_of(number)
        if algorithm != ALGORITHM_TOKEN or domain not in where.domains:
            raise _no_token(where.main)
        return domain

    def _refuse_unfound(self, where: Search, elsewhere: Sequence[str], *, fits: bool) -> None:
        """Raises unless it is certain that nobody of that name has a key, under whatever domain."""
        if elsewhere:
            raise UsageError(
                f"there is no such key under {where.main}, but one under {', '.join(elsewhere)}",
                hint="without --domain, all of them are destroyed",
            )
        if not fits:
            raise UsageError(
                "that is not how a contract writes its subjects",
                hint=f"an identifier of the key domain {where.main}, or a token of it",
            )
        if where.narrow and where.main not in self.domains:
            listed = ", ".join(self.domains) or "none"
            raise UsageError(
                "no contract's subjects have that key domain, and nobody of that name a key in it",
                hint=f"known: {listed}",
            )
        if where.shut and not where.narrow:
            raise KeyUnavailable(
                "whether there is such a key cannot be told: the index key is destroyed of "
                + ", ".join(where.shut),
                hint="--domain looks in one key domain alone",
            )

    def _receipt(
        self,
        context: RunContext,
        done: Shredded,
        where: Search,
        scope: Scope,
        purpose: str,
        named: Sequence[pa.Array],
        columns: Sequence[Column],
        elsewhere: tuple[str, ...],
    ) -> ShredReceipt:
        now = context.now()
        if not done.digests:  # whether there were rows of such a person is not told then
            columns = ()
        normalisers = {normaliser_of(self._project, column) for column in columns}
        normalisers |= {context.keys.normaliser(domain) for domain in done.domains}
        handles = [
            handles_of(one, normaliser, context.kernel, context.keys)
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
            domain=where.main,
            domains=done.domains,
            elsewhere=elsewhere,
            unsearched=where.shut,
            erased_bytes_remain=context.state.erased_bytes_remain,
            subjects=done.digests,
            state=self._kept_in,
            backups_until=self._project.key_schedule.backups_end(now),
            scope=scope,
            runs=runs,
            runs_unread=unread,
        )


def _recorded(context: RunContext, number: int) -> SubjectShredded:
    """The entry of that number, if it tells of a first shredding. Raises UsageError."""
    known = []
    for entry in context.ledger.read():
        event = entry.event
        if isinstance(event, SubjectShredded) and not event.replayed:
            known.append(entry.index)
            if entry.index == number:
                return event
    listed = ", ".join(map(str, known[-_LISTED:])) or "none"
    raise UsageError("that entry tells of no shredding", hint=f"the latest that do: {listed}")


def _opened(context: RunContext, token: SecretText) -> str:
    """The identifier that a token stands for."""
    opened = opened_frames(context, pa.array([token.reveal()], pa.string()), None).values
    return str(opened.cast(pa.string())[0].as_py())


def _written(text: str, columns: Sequence[Column]) -> tuple[tuple[pa.Array, ...], bool]:
    """The subject as every type that a contract gives it, and as text; whether a contract's fits.

    Text is how another type of an earlier contract was encoded too. A type without a canonical
    encoding names nobody: no key was ever found by it. Nothing is no name.
    """
    kinds = {kind for c in columns if is_encodable_type(kind := c.arrow_type, deterministic=True)}
    named = []
    for kind in kinds if text else ():
        with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            named.append(pa.array([text], pa.string()).cast(kind))
    fits = bool(text) and (bool(named) or not kinds)
    if text:
        named.append(pa.array([text], pa.string()))
    return tuple(named), fits


def _no_token(domain: str) -> UsageError:
    return UsageError(f"that is no token of the key domain {domain}" if domain else "no such token")
