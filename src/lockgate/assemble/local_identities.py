"""Logging in at the built-in issuer: people by password, service accounts by key.

Everything that is refused is refused alike, with AuthenticationFailed. ``source`` is where the
caller is, as the ledger tells it (host and terminal).
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from lockgate.access.identity_ports import Session
from lockgate.access.password_rules import check_password
from lockgate.access.ports import TokenVerifier
from lockgate.access.principal import Principal
from lockgate.access.token_refusal import TokenFault
from lockgate.access.token_refusal import refused as token_refused
from lockgate.adapters.identity_providers.local.key_files import (
    ISSUER_KEY,
    issuer_key,
    previous_keys,
    public_half,
)
from lockgate.adapters.identity_providers.local.refresh import Refresh
from lockgate.adapters.private_files import exists
from lockgate.assemble.local_guessing import (
    Failure,
    check_password_of,
    refuse,
    settle,
)
from lockgate.assemble.local_issuer import (
    LocalIssuer,
    LocalTokens,
    has_issued,
    issuer_name,
    refused,
)
from lockgate.assemble.local_services import log_in_service, named_service
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded, guarded_call
from lockgate.errors import IntegrityError
from lockgate.ledger.access_events import AccountChanged
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.record import Record
from lockgate.secret import SecretText

__all__ = [
    "LocalTokens",
    "change_password",
    "check_session",
    "end_session",
    "has_issued",
    "issuer_name",
    "log_in",
    "log_in_service",
    "log_out",
    "named_service",
    "open_local_verifier",
    "renew",
]

_PASSWORD: Final = ("pwd",)


@guarded_call
def log_in(
    project: Project,
    record: Record,
    user: str,
    password: SecretText,
    *,
    source: str = "",
    limits: Limits = DEFAULT_LIMITS,
    sleep: Callable[[float], None] = time.sleep,
) -> LocalTokens:
    """Start a session of a user by their password (RFC 8176: ``pwd``), and record it.

    Takes one Argon2id whoever asks, and longer where many guesses failed before. Raises
    AuthenticationFailed, KeyUnavailable, EnvironmentFailed.
    """
    issuer = LocalIssuer(project, record, source, limits)
    checked = check_password_of(issuer, user, password, sleep)
    with record.state.transaction():
        why = settle(issuer, checked)
        if why is None:
            return issuer.begin(checked.user.principal, _PASSWORD, renewable=True)
        refuse(issuer, why)
    raise refused()


@guarded_call
def renew(
    project: Project, record: Record, refresh: SecretText, *, source: str = ""
) -> LocalTokens:
    """A new access token of the session, and the secret that renews it next.

    ``refresh`` is used up. Used a second time it ends the session: one of the two who hold it has
    stolen it. Processes that share one take turns, each reading it anew
    (``record.state.exclusive("renewal")``). Raises AuthenticationFailed, and InternalError inside
    a transaction: undone with it, the secret that was handed out would renew nothing.
    """
    record.require_no_transaction("a renewal")
    issuer = LocalIssuer(project, record, source)
    found = issuer.renewals.read(refresh)
    with record.state.transaction():
        issuer.store.hold()
        session, why = _found(issuer, found.session if found else "")
        if session is not None and not issuer.accounts.may_renew(session):
            session, why = None, Failure.FORGED
        if found is not None and session is not None and _may_renew(issuer, session):
            if _is_newest(found, session):
                return issuer.renewed(session, _PASSWORD)
            issuer.end(session, Failure.REUSED)
            why = Failure.REUSED
        refuse(issuer, why)
    raise refused()


@guarded_call
def change_password(
    project: Project,
    record: Record,
    user: str,
    old: SecretText,
    new: SecretText,
    *,
    source: str = "",
    limits: Limits = DEFAULT_LIMITS,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Another password for whoever knows the old one; every session of the user ends.

    Raises AuthenticationFailed for the old one, UsageError for the new one.
    """
    issuer = LocalIssuer(project, record, source, limits)
    given = check_password(new.reveal(), user, limits)
    checked = check_password_of(issuer, user, old, sleep)
    phc = issuer.passwords.hash(user, given)
    principal = checked.user.principal
    with record.state.transaction():
        why = settle(issuer, checked)
        if why is None:
            told = issuer.told(principal, "password-changed") | {"purpose": "own password"}
            entry = record.append(AccountChanged(account=principal, sealed=True, **told))
            issuer.replace_password(user, phc, "password-changed", entry)
            return
        refuse(issuer, why)
    raise refused()


@guarded_call
def log_out(
    project: Project,
    record: Record,
    refresh: SecretText,
    *,
    source: str = "",
    reason: str = "logged-out",
) -> bool:
    """End the session of a renewal secret, newest or used; whether it had not ended before."""
    issuer = LocalIssuer(project, record, source)
    found = issuer.renewals.read(refresh)
    with record.state.transaction():
        issuer.store.hold()
        session, _ = _found(issuer, found.session if found else "")
        return session is not None and issuer.end(session, reason)


@guarded_call
def end_session(
    project: Project, record: Record, principal: Principal, *, source: str = ""
) -> bool:
    """End the session that a verified principal acts in; whether it had not ended before."""
    issuer = LocalIssuer(project, record, source)
    with record.state.transaction():
        issuer.store.hold()
        session, _ = _found(issuer, principal.session)
        if session is None or session.principal != principal.id:
            return False
        return issuer.end(session, "logged-out")


@guarded_call
def open_local_verifier(project: Project, record: Record) -> TokenVerifier:
    """Verifies tokens of the built-in issuer, its sessions and accounts as they stand then."""
    from lockgate.adapters.identity_providers.tokens.local import LocalVerifier

    name, home = issuer_name(project), record.home
    longest = project.access.local.token_minutes * 60
    return LocalSessions(
        project, record, LocalVerifier(name, name, lambda at: _public_keys(home, at), longest)
    )


@guarded
class LocalSessions:
    """A ``TokenVerifier`` that asks the store too: is the session alive, the account enabled."""

    def __init__(self, project: Project, record: Record, signatures: TokenVerifier) -> None:
        self._issuer = LocalIssuer(project, record)
        self._signatures = signatures

    def verify(self, token: SecretText, at: datetime) -> Principal:
        """Raises AuthenticationFailed, the same for every reason."""
        principal = self._signatures.verify(token, at)
        _check_session(self._issuer, principal, at)
        return principal


def check_session(project: Project, record: Record, principal: Principal) -> None:
    """Whether a verified principal's session lives now. Raises AuthenticationFailed if not."""
    _check_session(LocalIssuer(project, record), principal, record.now())


def _check_session(issuer: LocalIssuer, principal: Principal, at: datetime) -> None:
    session, why = _found(issuer, principal.session)
    if (
        session is None
        or session.principal != principal.id
        or not session.lives(at)
        or not _is_enabled(issuer, principal.id)
    ):
        error = token_refused(TokenFault.EXPIRED)
        error.reason = why
        raise error


def _public_keys(home: Path, at: datetime) -> dict[str, bytes]:
    from lockgate.adapters.identity_providers.tokens.sign import key_id

    if not exists(home / ISSUER_KEY):
        return {}
    now = public_half(issuer_key(home, make=False))
    keys = [*(one.public_key for one in previous_keys(home, at)), now]
    return {key_id(key): key for key in keys}


def _found(issuer: LocalIssuer, session_id: str) -> tuple[Session | None, Failure]:
    """A session that this project wrote, and why a token of it is refused if it is refused."""
    try:
        return issuer.sessions.get(session_id), Failure.ENDED
    except IntegrityError:
        return None, Failure.FORGED


def _may_renew(issuer: LocalIssuer, session: Session) -> bool:
    return session.lives(issuer.record.now()) and _is_enabled(issuer, session.principal)


def _is_enabled(issuer: LocalIssuer, principal: str) -> bool:
    """Whether there is such an account, as this project wrote it, and it is not disabled."""
    try:
        return issuer.accounts.is_enabled(principal)
    except IntegrityError:
        return False


def _is_newest(found: Refresh, session: Session) -> bool:
    same = hmac.compare_digest(found.digest, session.refresh)
    return same and found.generation == session.generation
