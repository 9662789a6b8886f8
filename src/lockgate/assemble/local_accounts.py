"""Users and service accounts of the built-in issuer: who may looks after them, and what is kept.

Each method asks for permission first, and records what it changed in the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lockgate.access.action import Action
from lockgate.access.identity_ports import Service, ServiceKey, Session, User
from lockgate.access.owner import is_owner
from lockgate.access.password_rules import check_name, check_password
from lockgate.access.principal import Principal
from lockgate.access.resource import ACCESS, Resource
from lockgate.adapters.identity_providers.local.key_files import rotate_issuer_key
from lockgate.assemble.local_issuer import SERVICE, USER, LocalIssuer
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded
from lockgate.assemble.service_keys import make_key_file, new_key
from lockgate.errors import UsageError
from lockgate.ledger.access_events import AccountChanged
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.record import Record
from lockgate.secret import SecretText

Permit = Callable[[Action, Resource, str], object]


@dataclass(frozen=True, slots=True)
class AccountReport:
    """An account as it stands: until when it takes no log-in, and the sessions that live."""

    account: User | Service
    locked_until: datetime | None
    sessions: tuple[Session, ...]
    keys: tuple[ServiceKey, ...] = ()


@guarded
class LocalAccounts:
    """What an administrator may do with the project's own accounts.

    ``permit`` asks the gatekeeper, ``who`` says who acts.
    """

    def __init__(
        self,
        project: Project,
        record: Record,
        permit: Permit,
        who: Callable[[], Principal],
        *,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._issuer = LocalIssuer(project, record, limits=limits)
        self._permit = permit
        self._who = who

    def users(self, purpose: str) -> tuple[AccountReport, ...]:
        """Every user, by name. Raises AuthorisationDenied."""
        self._permit(Action.READ_ACCESS, ACCESS, purpose)
        return tuple(self._report(user) for user in self._issuer.accounts.users())

    def services(self, purpose: str) -> tuple[AccountReport, ...]:
        """Every service account, by name. Raises AuthorisationDenied."""
        self._permit(Action.READ_ACCESS, ACCESS, purpose)
        return tuple(self._report(service) for service in self._issuer.accounts.services())

    def add_user(self, name: str, password: SecretText, purpose: str) -> User:
        """A new user. Raises UsageError for a name that is taken or a password that is weak.

        The first one ever may be added by who owns the project's private folder, also where that
        alone permits nothing any more: it holds no role until somebody gives it one.
        """
        if not self._begins():
            self._administer(purpose)
        given = check_password(password.reveal(), check_name(name), self._issuer.limits)
        at = self._issuer.record.now()
        if self._issuer.store.user(name) is not None:
            raise UsageError(
                "a user of that name exists already",
                hint=f"another password: lockgate access users set-password {name}; "
                "another person: another name, as what the ledger says of this one stays",
            )
        user = User(name, self._issuer.passwords.hash(name, given), at, at)
        add = lambda entry: self._issuer.accounts.add_user(user, entry)  # noqa: E731
        self._change(user.principal, "added", purpose, add)
        return user

    def set_password(self, name: str, password: SecretText, purpose: str) -> None:
        """Another password for a user, whose sessions end and whose lock opens."""
        self._administer(purpose)
        self._known_user(name)
        given = check_password(password.reveal(), name, self._issuer.limits)
        phc = self._issuer.passwords.hash(name, given)

        def change(entry: int) -> None:
            self._issuer.replace_password(name, phc, "password-set", entry)

        self._change(USER + name, "password-set", purpose, change)

    def unlock(self, name: str, purpose: str) -> None:
        """Let a user log in again whose account is locked."""
        self._administer(purpose)
        self._known_user(name)
        issuer = self._issuer

        def change(entry: int) -> None:
            issuer.store.set_guesses(USER + name, None)
            issuer.accounts.change(USER + name, entry)

        self._change(USER + name, "unlocked", purpose, change)

    def disable(self, principal: str, purpose: str) -> int:
        """Let an account act no more: its tokens stop at once; how many sessions ended."""
        self._administer(purpose)
        self._known(principal)
        ended = []

        def change(entry: int) -> None:
            at = self._issuer.record.now()
            self._issuer.accounts.change(principal, entry, disabled_at=at)
            ended.append(self._issuer.end_all(principal, "account-disabled"))

        self._change(principal, "disabled", purpose, change)
        return ended[0]

    def enable(self, principal: str, purpose: str) -> None:
        """Let a disabled account log in again."""
        self._administer(purpose)
        self._known(principal)
        accounts = self._issuer.accounts
        change = lambda entry: accounts.change(principal, entry, disabled_at=None)  # noqa: E731
        self._change(principal, "enabled", purpose, change)

    def end_sessions(self, principal: str, purpose: str) -> int:
        """End every session of an account: its tokens stop at once; how many there were."""
        self._administer(purpose)
        self._known(principal)
        ended = []

        def change(entry: int) -> None:
            self._issuer.accounts.change(principal, entry)
            ended.append(self._issuer.end_all(principal, "ended-by-administrator"))

        self._change(principal, "sessions-ended", purpose, change)
        return ended[0]

    def add_service(
        self, name: str, purpose: str, *, key: bytes | Path, days: int | None = None
    ) -> ServiceKey:
        """A new service account. ``key`` is a public key, or where to write a new private one.

        Raises UsageError, and EnvironmentFailed if the file exists.
        """
        self._administer(purpose)
        service = Service(check_name(name), self._issuer.record.now())
        if self._issuer.store.service(name) is not None:
            raise UsageError(
                "a service account of that name exists already",
                hint=f"another key: lockgate access service add-key {name}",
            )
        return self._with_key(service.name, key, days, "added", purpose, new=service)

    def add_key(
        self, name: str, purpose: str, *, key: bytes | Path, days: int | None = None
    ) -> ServiceKey:
        """Another key of a service account, beside those it has."""
        self._administer(purpose)
        self._known(SERVICE + name)
        return self._with_key(name, key, days, "key-added", purpose)

    def revoke_key(self, name: str, kid: str, purpose: str) -> None:
        """Let a key log its service account in no more; sessions of the account end."""
        self._administer(purpose)
        self._known(SERVICE + name)
        if kid not in {key.kid for key in self._issuer.store.service_keys(name)}:
            raise UsageError(
                "the service account has no key of that id",
                hint="see them: lockgate access service list --json",
            )

        def change(entry: int) -> None:
            self._issuer.accounts.revoke_key(name, kid, self._issuer.record.now(), entry)
            self._issuer.end_all(SERVICE + name, "key-revoked")

        self._change(SERVICE + name, "key-revoked", purpose, change)

    def rotate_issuer_key(self, purpose: str) -> None:
        """Sign tokens with a new key from now on; those of the old one live out their minutes."""
        self._administer(purpose)
        issuer = self._issuer

        def change(entry: int) -> None:
            rotate_issuer_key(issuer.record.home, issuer.record.now(), issuer.longest_token_end())

        self._change("issuer", "key-rotated", purpose, change)

    def _begins(self) -> bool:
        """Whether the folder's owner acts, and the ledger knows of no account."""
        record = self._issuer.record
        if not is_owner(self._who(), record.home) or self._issuer.store.users():
            return False
        return not any(isinstance(entry.event, AccountChanged) for entry in record.ledger.read())

    def _administer(self, purpose: str) -> None:
        self._permit(Action.ADMINISTER, ACCESS, purpose)

    def _with_key(
        self,
        name: str,
        key: bytes | Path,
        days: int | None,
        reason: str,
        purpose: str,
        *,
        new: Service | None = None,
    ) -> ServiceKey:
        issuer = self._issuer
        life = issuer.limits.service_key_days if days is None else days
        new_key(issuer, name, bytes(32), life)  # the days are checked before a file is made
        public = make_key_file(key) if isinstance(key, Path) else key
        try:
            made = new_key(issuer, name, public, life)

            def change(entry: int) -> None:
                if new is not None:
                    issuer.accounts.add_service(new, entry)
                issuer.accounts.add_key(made, entry)

            self._change(SERVICE + name, reason, purpose, change)
        except BaseException:
            if isinstance(key, Path):
                key.unlink(missing_ok=True)  # ours: it was made above, and opens nothing
            raise
        return made

    def _change(
        self, account: str, reason: str, purpose: str, change: Callable[[int], object]
    ) -> None:
        """``change`` is given the ledger's entry that tells of it."""
        record, who = self._issuer.record, self._who()
        with record.state.transaction():
            self._issuer.store.hold()
            self._issuer.accounts.check_latest(account)
            told = self._issuer.told(who.id, reason, who.session) | {"purpose": purpose.strip()}
            change(record.append(AccountChanged(account=account, sealed=True, **told)))

    def _report(self, account: User | Service) -> AccountReport:
        store, at = self._issuer.store, self._issuer.record.now()
        known = store.guesses(account.principal)
        until = known.until if known is not None else None
        live = tuple(one for one in self._issuer.sessions.of(account.principal) if one.lives(at))
        keys = () if isinstance(account, User) else tuple(self._issuer.accounts.keys(account))
        return AccountReport(account, until if until and at < until else None, live, keys)

    def _known_user(self, name: str) -> None:
        self._known(USER + name)

    def _known(self, principal: str) -> None:
        kind, _, name = principal.partition(":")
        accounts = self._issuer.accounts
        found = accounts.user(name) if kind + ":" == USER else accounts.service(name)
        if found is None:
            what, group = (
                ("user", "users") if kind + ":" == USER else ("service account", "service")
            )
            raise UsageError(f"there is no such {what}", hint=f"lockgate access {group} list")
