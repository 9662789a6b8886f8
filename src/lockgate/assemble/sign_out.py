"""Logging out: a log-in is forgotten here, and its session ended by whoever gave it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockgate.access.settings import ProviderSpec
from lockgate.assemble.identity_clients import open_client
from lockgate.assemble.identity_records import Authentications
from lockgate.assemble.kept_log_ins import BUILT_IN, kept_sessions
from lockgate.assemble.local_identities import log_out
from lockgate.assemble.project_file import Project
from lockgate.errors import (
    AuthenticationFailed,
    EnvironmentFailed,
    LockgateError,
    SecretUnavailable,
)
from lockgate.run.record import Record
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession, KeptSessions

REPLACED = "replaced"
_UNREADABLE = (SecretUnavailable, EnvironmentFailed, AuthenticationFailed)


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Which log-in was forgotten, and whether whoever gave it ended its session too.

    ``principal`` and ``session`` are "" for one that could not be read any more.
    """

    provider: str
    principal: str
    session: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A log-in that is kept, and the one in whose place it is."""

    kept: KeptSession
    replaced: SignedOut | None


def sign_out(
    project: Project, record: Record, secrets: Secrets, name: str = ""
) -> SignedOut | None:
    """Forget a log-in, the current one if none is named; None if there is none.

    The provider is asked to forget it too (RFC 7009); here it is forgotten whatever comes of that.
    """
    sessions = kept_sessions(project)
    with sessions.alone():
        stands = name or sessions.current()
        if stands is None:
            return None
        kept = _readable(sessions, stands)
        sessions.forget(stands)
    return _over(project, record, secrets, stands, kept, "logged-out")


def keep_in_place(project: Project, record: Record, secrets: Secrets, new: KeptSession) -> LoggedIn:
    """Keep a log-in, and end the one that was kept of that provider: nothing here renews it now.

    What it was replaced by stands, whatever comes of ending it.
    """
    sessions = kept_sessions(project)
    with sessions.alone():
        there = sessions.has(new.provider)
        before = _readable(sessions, new.provider)
        kept = sessions.keep(new)
    if not there:
        return LoggedIn(kept, None)
    return LoggedIn(kept, _over(project, record, secrets, new.provider, before, REPLACED))


def _readable(sessions: KeptSessions, provider: str) -> KeptSession | None:
    with suppress(*_UNREADABLE):
        return sessions.of(provider)
    return None


def _over(
    project: Project,
    record: Record,
    secrets: Secrets,
    provider: str,
    kept: KeptSession | None,
    reason: str,
) -> SignedOut:
    """End the session at whoever gave it, as far as that can be done, and record it."""
    if kept is None:
        return SignedOut(provider, "", "", revoked=False)
    if provider == BUILT_IN:
        revoked = kept.refresh is not None and log_out(project, record, kept.refresh, reason=reason)
    else:
        spec = project.access.providers.get(provider)
        revoked = spec is not None and _revoked(project, spec, secrets, kept)
        told = Authentications(record, spec.issuer if spec else "")
        told.ended(kept.session, reason, kept.principal)
    return SignedOut(provider, kept.principal, kept.session, revoked)


def _revoked(project: Project, spec: ProviderSpec, secrets: Secrets, kept: KeptSession) -> bool:
    from lockgate.adapters.identity_providers.oidc.grants import revoke

    with suppress(LockgateError):
        client = open_client(project, spec, secrets)
        if kept.refresh is not None:
            return revoke(client, kept.refresh, "refresh_token")
        return revoke(client, kept.token, "access_token")
    return False
