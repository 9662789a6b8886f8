"""The built-in issuer of a project, opened: its keys, its store, and the tokens it gives."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from lockgate.access.identity_ports import IdentityStore, Session
from lockgate.access.principal import PrincipalKind
from lockgate.access.sealed_sessions import SealedSessions
from lockgate.access.settings import LocalIssuerSpec
from lockgate.access.source import here
from lockgate.adapters.identity_providers.local.key_files import ISSUER_KEY, issuer_key
from lockgate.adapters.identity_providers.local.passwords import PasswordHasher
from lockgate.adapters.identity_providers.local.refresh import RefreshSecrets
from lockgate.adapters.private_files import exists
from lockgate.assemble.access_of_state import access_key
from lockgate.assemble.project_file import Project
from lockgate.errors import AuthenticationFailed
from lockgate.ledger.access_events import AuthenticationSucceeded, SessionEnded, SessionStarted
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.access_desk import kept
from lockgate.run.account_events import LOG_IN, RENEWED
from lockgate.run.record import Record
from lockgate.run.sealed_accounts import SealedAccounts
from lockgate.secret import SecretBytes, SecretText

NOBODY: Final = "unknown"
USER: Final = "user:"
SERVICE: Final = "service:"


@dataclass(frozen=True, slots=True)
class LocalTokens:
    """What a log-in gives: an access token, and for a person what renews it, once.

    ``principal`` is ``user:NAME`` or ``service:NAME``. The token stands until ``expires_at``,
    renewals until ``session_expires_at``. ``session`` names the log-in and is no credential.
    """

    principal: str
    session: str
    access: SecretText = field(repr=False)
    expires_at: datetime
    session_expires_at: datetime
    refresh: SecretText | None = field(default=None, repr=False)


class LocalIssuer:
    """Opened for one call. ``source`` is where that came from, as the ledger tells it."""

    def __init__(
        self,
        project: Project,
        record: Record,
        source: str = "",
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.name = issuer_name(project)
        self.spec: LocalIssuerSpec = project.access.local
        self.record = record
        self.source = source or here()
        self.limits = limits

    @property
    def store(self) -> IdentityStore:
        """Accounts and sessions."""
        return self.record.state.identities

    def key(self, use: str) -> SecretBytes:
        """32 bytes for one use. Raises KeyUnavailable if the project's access key is lost."""
        return access_key(self.record, use)

    @property
    def accounts(self) -> SealedAccounts:
        """Users and service accounts, sealed under the access key."""
        return SealedAccounts(self.record, self.key)

    @property
    def sessions(self) -> SealedSessions:
        """Log-ins, sealed under the access key."""
        return SealedSessions(self.store, lambda: self.key("sessions"))

    @property
    def passwords(self) -> PasswordHasher:
        """Hashes and verifies under the access key."""
        return PasswordHasher(self.key("passwords"), self.limits)

    @property
    def renewals(self) -> RefreshSecrets:
        """Makes and reads what renews a session."""
        return RefreshSecrets(self.key("renewals"))

    def told(self, principal: str, reason: str, session: str = "") -> dict[str, Any]:
        """The fields every event of this issuer has."""
        return {
            "at": self.record.now(),
            "principal": principal,
            "purpose": LOG_IN,
            "source": self.source,
            "reason": reason,
            "session": session,
        }

    def begin(
        self,
        principal: str,
        methods: tuple[str, ...],
        *,
        renewable: bool,
        session_id: str = "",
    ) -> LocalTokens:
        """Start a session and tell the ledger; inside the transaction of the log-in.

        Raises KeyUnavailable, EnvironmentFailed.
        """
        at = self.record.now()
        life = timedelta(minutes=self.spec.token_minutes)
        if renewable:
            life = timedelta(hours=self.spec.session_hours)
        session_id = session_id or secrets.token_hex(16)
        refresh, secret = self.renewals.make(session_id, 0) if renewable else (None, b"")
        told = self.told(principal, "password" if renewable else "private-key", session_id)
        entry = self.record.append(
            AuthenticationSucceeded(issuer=self.name, methods=methods, **told),
            SessionStarted(issuer=self.name, expires_at=at + life, **{**told, "reason": LOG_IN}),
        )
        session = self.sessions.add(
            Session(session_id, principal, at, at + life, secret, entry=entry)
        )
        self.accounts.change(principal, entry)
        return self.tokens(session, methods, refresh)

    def renewed(self, session: Session, methods: tuple[str, ...]) -> LocalTokens:
        """Renew a session and tell the ledger. Inside a transaction that holds the store."""
        refresh, secret = self.renewals.make(session.id, session.generation + 1)
        told = self.told(session.principal, RENEWED, session.id)
        entry = self.record.append(
            AuthenticationSucceeded(issuer=self.name, methods=methods, **told)
        )
        return self.tokens(kept(self.sessions.renewed(session, secret, entry)), methods, refresh)

    def tokens(
        self, session: Session, methods: tuple[str, ...], refresh: SecretText | None
    ) -> LocalTokens:
        """A fresh access token of a session. It outlives neither session nor ``token_minutes``."""
        from lockgate.adapters.identity_providers.tokens.sign import sign_token

        at = self.record.now()
        life = min(timedelta(minutes=self.spec.token_minutes), session.expires_at - at)
        token = sign_token(
            issuer_key(self.record.home),
            issuer=self.name,
            subject=session.principal,
            audience=self.name,
            issued_at=at,
            lifetime=max(life, timedelta(seconds=1)),
            session=session.id,
            kind=kind_of(session.principal),
            methods=methods,
            authenticated_at=session.started_at,
            token_id=secrets.token_hex(16),
        )
        return LocalTokens(
            session.principal, session.id, token, at + life, session.expires_at, refresh
        )

    def end(self, session: Session, reason: str) -> bool:
        """End a session and tell the ledger; whether it had not ended.

        Inside a transaction that held the store before it read the session.
        """
        if session.ended_at is not None:
            return False
        entry = self.record.append(SessionEnded(**self.told(session.principal, reason, session.id)))
        kept(self.sessions.ended(session, self.record.now(), entry))
        return True

    def end_all(self, principal: str, reason: str) -> int:
        """End every session of an account; how many lived. Inside a transaction."""
        live = [one for one in self.sessions.of(principal) if one.lives(self.record.now())]
        return sum(self.end(one, reason) for one in live)

    def replace_password(self, name: str, phc: str, reason: str, entry: int) -> None:
        """Keep another PHC string, end the user's sessions, and unlock. Inside a transaction.

        ``entry`` of the ledger tells of it.
        """
        at = self.record.now()
        self.accounts.change(USER + name, entry, password=phc, password_changed_at=at)
        self.store.set_guesses(USER + name, None)
        self.end_all(USER + name, reason)

    def longest_token_end(self) -> datetime:
        """When the last token that could have been signed by now ends, skew of clocks included."""
        life = timedelta(minutes=self.spec.token_minutes, seconds=self.limits.clock_skew_seconds)
        return self.record.now() + life


def issuer_name(project: Project) -> str:
    """``iss`` and ``aud`` of the tokens that the project's built-in issuer gives."""
    return f"lockgate:{project.name}"


def has_issued(project: Project) -> bool:
    """Whether the built-in issuer has a key, so that there may be tokens of it."""
    return exists(project.hidden_folder / ISSUER_KEY)


def kind_of(principal: str) -> PrincipalKind:
    """A person's or a service account's, by its prefix."""
    return PrincipalKind.PERSON if principal.startswith(USER) else PrincipalKind.SERVICE


def refused() -> AuthenticationFailed:
    """The one answer to whatever is not let in."""
    return AuthenticationFailed(
        "the log-in failed",
        hint="check what you gave; after several failures an account takes none for a while",
    )
