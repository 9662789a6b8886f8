"""A project's files, and what stands behind them, each opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from lockgate.access.action import Action
from lockgate.access.current import acting
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.ports import TokenVerifier
from lockgate.access.principal import Principal
from lockgate.access.resource import PROJECT, Resource
from lockgate.assemble.acting_principal import ActingPrincipal
from lockgate.assemble.gate_of_access import open_gatekeeper, permit_by_files
from lockgate.assemble.identities import WhoActs, open_verifier
from lockgate.assemble.project_file import Project
from lockgate.assemble.resources import now, open_context, open_record
from lockgate.assemble.seam import guarded
from lockgate.assemble.secret_stores import open_secrets
from lockgate.assemble.token_bearer import GivenToken, TokenBearer
from lockgate.errors import EnvironmentFailed, KeyUnavailable, SecretUnavailable
from lockgate.keys.released import ReleasedKeys
from lockgate.run.context import RunContext
from lockgate.run.record import Record
from lockgate.run.state_ports import StateStore
from lockgate.secrets.resolver import Secrets

DIRECT = "use of the library's inside"
_UNOPENED = (EnvironmentFailed, KeyUnavailable, SecretUnavailable)


@guarded
class OpenedProject:
    """State and ledger open without keys; keyring and kernel when something needs them."""

    def __init__(
        self,
        project: Project,
        passphrase: Callable[[], str] | None = None,
        token: GivenToken | None = None,
    ) -> None:
        self.project = project
        self._secrets = open_secrets(project, now)
        self._passphrase = passphrase
        self._token = token
        self._resources = ExitStack()
        self._record_kept: Record | None = None
        self._gatekeeper: Gatekeeper | None = None
        self._verifier: TokenVerifier | None = None
        self._opened: RunContext | None = None
        self._root_is_lost = False
        self._took_inside: set[str] = set()

    def close(self) -> None:
        """Forget keys and close the state. A closed project opens again when used."""
        self._opened = self._record_kept = self._gatekeeper = self._verifier = None
        self._took_inside.clear()
        self._resources.close()
        self._secrets.forget()

    @property
    def _record(self) -> Record:
        """State and ledger, opened once; no key is touched. Raises KeyUnavailable."""
        if self._record_kept is None:
            self._record_kept = open_record(self.project, self._resources, self._secrets)
        return self._record_kept

    @property
    def gatekeeper(self) -> Gatekeeper:
        """What decides who may; no key is touched."""
        if self._gatekeeper is None:
            record = self._record
            self._gatekeeper = open_gatekeeper(self.project, record, self._who(record))
        return self._gatekeeper

    def _who(self, record: Record) -> Callable[[], Principal]:
        found: Callable[[], Principal]
        if self._token is None:
            found = WhoActs(self.project, record, self._secrets)
        else:
            found = TokenBearer(record, open_verifier(self.project, record), self._token)
        return ActingPrincipal(self.project, record, found)

    @property
    def verifier(self) -> TokenVerifier:
        """Verifies a token of any issuer that the project trusts, by keys that are kept."""
        if self._verifier is None:
            self._verifier = open_verifier(self.project, self._record)
        return self._verifier

    @property
    def context(self) -> RunContext:
        """The inside of a run: state, ledger, keyring, kernel. Whoever takes it may everything."""
        self._permit_direct()
        return self._context

    @property
    def keyring(self) -> ReleasedKeys:
        """What keys the project has, by name, version and state; none opens outside of its use."""
        self._permit_direct()
        return self._context.keys

    @property
    def state(self) -> StateStore:
        """The project's state, as it is. Whoever takes it may everything."""
        self._permit_direct()
        return self._record.state

    @property
    def _context(self) -> RunContext:
        if self._opened is None:
            self._opened = open_context(
                self.project,
                self._record,
                self._passphrase,
                self._resources,
                self._secrets,
                self.gatekeeper,
                root_is_lost=self._root_is_lost,
            )
        return self._opened

    def _permit_direct(self) -> None:
        """Ask for what asks nobody afterwards; of each principal it is on record once."""
        gatekeeper = self.gatekeeper
        gatekeeper.confirm(Action.UNSAFE_DIRECT, PROJECT, DIRECT)
        who = gatekeeper.principal.id
        if who not in self._took_inside:
            gatekeeper.permit(Action.UNSAFE_DIRECT, PROJECT, DIRECT)
            self._took_inside.add(who)

    def permit_check(self) -> None:
        """Ask for what shows no more than the project's files do. No state is opened for it.

        Whoever can read the files can check them; in somebody's session that person's roles count.
        Raises AuthorisationDenied.
        """
        if acting() is not None or self._token is not None:
            self.gatekeeper.confirm(Action.CHECK, PROJECT, Action.CHECK.value)
        else:
            permit_by_files(self.project, Action.CHECK, [PROJECT], Action.CHECK.value)

    def _permit_looking(self, action: Action, resources: list[Resource], purpose: str) -> None:
        """Ask for what must also work where the state cannot be opened, to find out why."""
        try:
            gatekeeper = self.gatekeeper
        except _UNOPENED:
            if self.project.access.production or acting() is not None or self._token is not None:
                raise
            permit_by_files(self.project, action, resources, purpose)
        else:
            gatekeeper.permit_all(action, resources, purpose)


def record_of(opened: OpenedProject) -> Record:
    """State and ledger of an opened project, for commands of this package, each of which asks."""
    return opened._record


def secrets_of(opened: OpenedProject) -> Secrets:
    """What resolves the project's secrets, for log-ins, which are how somebody becomes verified."""
    return opened._secrets
