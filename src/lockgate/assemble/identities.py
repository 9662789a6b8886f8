"""Who acts on a project: a session in this context, a token, a log-in, or the system's user."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from lockgate.access.current import acting
from lockgate.access.owner import is_owner
from lockgate.access.principal import Assurance, Principal, current_principal
from lockgate.access.resource import PROJECT
from lockgate.access.roles import OWNER_ROLE
from lockgate.assemble.access_of_state import open_entitlements
from lockgate.assemble.identity_records import Authentications, is_recorded, session_over
from lockgate.assemble.kept_log_ins import BUILT_IN
from lockgate.assemble.log_ins import current_log_in
from lockgate.assemble.project_file import Project
from lockgate.assemble.renewal_cooldown import RenewalCooldown
from lockgate.assemble.token_files import token_file, wanted_provider
from lockgate.assemble.verifiers import Verifiers, open_verifier, open_verifiers
from lockgate.errors import AuthenticationFailed, LockgateError
from lockgate.run.record import Record
from lockgate.secret import SecretText
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession

__all__ = ["WhoActs", "open_verifier", "principal_of", "project_roles"]


def principal_of(project: Project, record: Record, secrets: Secrets) -> Principal:
    """Who acts now, as far as it could be verified; as ``WhoActs`` says, asked once."""
    return WhoActs(project, record, secrets)()


def project_roles(project: Project, record: Record, principal: Principal) -> tuple[str, ...]:
    """The roles that it holds for the whole project now; grants with a scope are not among them.

    Raises what reading grants raises.
    """
    if principal.assurance is Assurance.OPERATING_SYSTEM:
        owns = not project.access.production and is_owner(principal, record.home)
        return (OWNER_ROLE,) if owns else ()
    return open_entitlements(project, record).roles(principal, PROJECT, record.now())


class WhoActs:
    """Says who acts, each time it is called. Any thread may call it.

    The first of these that there is:

    1. the session that this context is in (``access.current``);
    2. the token in the file that ``LOCKGATE_TOKEN_FILE`` names, or which a workload's platform has
       put where the project expects it; it is read each time, for it is replaced;
    3. the service account that ``LOCKGATE_SERVICE`` names, by its key;
    4. the log-in that this user keeps (``lockgate login``); ``LOCKGATE_PROVIDER`` names another
       than the last, or a service's provider, where this process logs in for itself;
    5. the operating system's user, unverified.

    What is there and does not verify is never passed over. Raises AuthenticationFailed then, and
    for a session that is over: nobody acts, and it is recorded, the same failure once in a row.
    Raises SecretUnavailable if the keyring that holds the log-in stays shut.
    """

    def __init__(self, project: Project, record: Record, secrets: Secrets) -> None:
        self._project, self._record, self._secrets = project, record, secrets
        self._lock = threading.RLock()
        self._verifiers: Verifiers | None = None
        self._log_in: KeptSession | None = None
        self._seen: SecretText | None = None
        self._cooldown = RenewalCooldown(record.now)
        self._failed = ""

    def __call__(self) -> Principal:
        """Who acts now."""
        return acting() or self._own()

    @property
    def verifiers(self) -> Verifiers:
        """Verify tokens that whoever acts brings, with the keys fetched so far."""
        with self._lock:
            if self._verifiers is None:
                self._verifiers = open_verifiers(self._project, self._record)
            return self._verifiers

    def _own(self) -> Principal:
        with self._lock:
            try:
                principal = self._of_token_file() or self._of_log_in() or current_principal()
            except LockgateError as error:
                self._tell(error)
                raise
            self._failed = ""
            return principal

    def _of_token_file(self) -> Principal | None:
        token = token_file(self._project)
        if token is None:
            return None
        found = self.verifiers
        named, now = wanted_provider(self._project), self._record.now()
        principal = found.of(named, token, now) if named else found.any_of_them.verify(token, now)
        if token != self._seen:
            Authentications(self._record, principal.issuer).succeeded(principal, "token-file")
            self._seen = token
        return principal

    def _of_log_in(self) -> Principal | None:
        kept = current_log_in(
            self._project, self._record, self._secrets, self._log_in, self._cooldown
        )
        self._log_in = kept
        if kept is None:
            return None
        now = self._record.now()
        if now >= kept.expires_at:
            raise session_over()
        principal = self.verifiers.of(kept.provider, kept.token, now)
        if kept.provider == BUILT_IN:  # its tokens name their session; the file is the user's
            return principal
        return replace(principal, session=kept.session)

    def _tell(self, error: LockgateError) -> None:
        """Record a failure, unless the log-in has recorded it, or it is the last one again."""
        if isinstance(error, AuthenticationFailed):
            reason = error.reason or error.message
            if reason != self._failed and not is_recorded(error):
                session = self._log_in.session if self._log_in is not None else ""
                Authentications(self._record, "").failed(error, session)
            self._failed = reason
