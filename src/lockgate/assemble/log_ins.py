"""The log-in that stands behind this process: kept by the user, or made by the service itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.settings import ProviderKind
from lockgate.assemble.identity_records import session_over
from lockgate.assemble.kept_log_ins import BUILT_IN, kept_sessions
from lockgate.assemble.local_identities import log_in_service, named_service
from lockgate.assemble.project_file import Project
from lockgate.assemble.renewal_cooldown import RenewalCooldown
from lockgate.assemble.token_files import PROVIDER, wanted_provider
from lockgate.errors import AuthenticationFailed, EnvironmentFailed
from lockgate.run.record import Record
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession

_OWN = "this process"
"""``place`` of a log-in that is kept nowhere."""


def current_log_in(
    project: Project,
    record: Record,
    secrets: Secrets,
    before: KeptSession | None,
    cooldown: RenewalCooldown,
) -> KeptSession | None:
    """The log-in as it stands, with a new token where half of its token's time is over.

    ``before`` is what was given the last time, None at first. None if nobody has logged in. A token
    for which no other can be had just now is used to its end. Raises AuthenticationFailed if the
    log-in is over, cannot be renewed, or is named and not to be found; EnvironmentFailed.
    """
    now = record.now()
    if before is None:
        before = _found(project, record, secrets, cooldown)
    if before is None:
        return None
    if now >= before.ends_at and before.place != _OWN:
        raise session_over()
    if not _is_due(project, before, now):
        return before
    try:
        with cooldown.asking(before.provider):
            return _renewed(project, record, secrets, before)
    except EnvironmentFailed:
        if record.now() >= before.expires_at:
            raise
    return before


def _found(
    project: Project, record: Record, secrets: Secrets, cooldown: RenewalCooldown
) -> KeptSession | None:
    if named_service() is not None:
        with cooldown.asking(BUILT_IN):
            return _made(project, record, secrets, BUILT_IN)
    sessions = kept_sessions(project)
    wanted = wanted_provider(project)
    name = wanted or sessions.current()
    if name is None:
        return None
    kept = None
    if name == BUILT_IN or name in project.access.providers:
        kept = sessions.of(name)
    if kept is None and wanted and _logs_in_by_itself(project, name):
        with cooldown.asking(name):
            return _made(project, record, secrets, name)
    if kept is None:  # said to be there, and not passed over
        raise _missing(wanted)
    return kept


def _logs_in_by_itself(project: Project, name: str) -> bool:
    spec = project.access.providers.get(name)
    return spec is not None and spec.kind is ProviderKind.SERVICES


def _missing(wanted: str) -> AuthenticationFailed:
    if wanted:
        return AuthenticationFailed(
            f"{PROVIDER} is set, and nobody is logged in there", hint="log in there, or unset it"
        )
    return AuthenticationFailed(
        "the log-in kept here cannot be used any more", hint="lockgate logout, or log in again"
    )


def _is_due(project: Project, kept: KeptSession, now: datetime) -> bool:
    """Half of the token's time is over, and there is something to get another with."""
    by_itself = kept.place == _OWN or _logs_in_by_itself(project, kept.provider)
    half = kept.issued_at + (kept.expires_at - kept.issued_at) / 2
    return (kept.refresh is not None or by_itself) and now >= half


def _renewed(
    project: Project, record: Record, secrets: Secrets, before: KeptSession
) -> KeptSession:
    """With a new token, by us or by another process meanwhile."""
    from lockgate.assemble.sign_in import renewed
    from lockgate.assemble.sign_in_here import renewed_here

    if before.place == _OWN:
        return _made(project, record, secrets, before.provider)
    sessions = kept_sessions(project)
    with sessions.alone():
        kept = sessions.of(before.provider)  # another process may have renewed it, or logged out
        if kept is None or kept.session != before.session:
            raise session_over()
        if not _is_due(project, kept, record.now()):
            return kept
        if kept.provider == BUILT_IN:
            return sessions.keep(renewed_here(project, record, kept))
        return sessions.keep(renewed(project, record, secrets, kept))


def _made(project: Project, record: Record, secrets: Secrets, name: str) -> KeptSession:
    """A log-in by the service's own key or credentials, kept nowhere."""
    from dataclasses import replace

    from lockgate.assemble.sign_in import service_log_in
    from lockgate.assemble.sign_in_here import kept_here, recorded_there

    named = named_service()
    if name == BUILT_IN and named is not None:
        with recorded_there():
            made = kept_here(log_in_service(project, record, *named), record)
    else:
        made = service_log_in(project, record, secrets, name)
    return replace(made, place=_OWN)
