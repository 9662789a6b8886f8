"""Logging in at the project's built-in issuer, by a user's password, and keeping the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockgate.assemble.identity_records import mark_recorded, session_over
from lockgate.assemble.kept_log_ins import BUILT_IN
from lockgate.assemble.local_identities import LocalTokens, log_in, renew
from lockgate.assemble.project_file import Project
from lockgate.assemble.sign_out import LoggedIn, keep_in_place
from lockgate.errors import AuthenticationFailed
from lockgate.run.record import Record
from lockgate.secret import SecretText
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession


def sign_in_here(
    project: Project, record: Record, secrets: Secrets, user: str, password: SecretText
) -> LoggedIn:
    """Log in with a password and keep the session; the one kept before is ended.

    Raises AuthenticationFailed.
    """
    tokens = log_in(project, record, user, password)
    return keep_in_place(project, record, secrets, kept_here(tokens, record))


def renewed_here(project: Project, record: Record, kept: KeptSession) -> KeptSession:
    """A new token of a session that goes on. Raises AuthenticationFailed."""
    if kept.refresh is None:
        raise session_over()
    with recorded_there():
        return kept_here(renew(project, record, kept.refresh), record)


@contextmanager
def recorded_there() -> Iterator[None]:
    """Mark a refusal of the issuer as recorded: it records its own."""
    try:
        yield
    except AuthenticationFailed as error:
        mark_recorded(error)
        raise


def kept_here(tokens: LocalTokens, record: Record) -> KeptSession:
    """What the built-in issuer gave, as a log-in."""
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession

    return KeptSession(
        BUILT_IN,
        tokens.principal,
        tokens.session,
        tokens.session_expires_at,
        tokens.access,
        record.now(),
        tokens.expires_at,
        tokens.refresh,
    )
