"""Who acts on an opened project, at every decision and in every record."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lockgate.access.current import Acting, over, require_of, standing
from lockgate.access.operation import the_same
from lockgate.access.principal import Principal
from lockgate.assemble.local_identities import check_session, issuer_name
from lockgate.assemble.project_file import Project
from lockgate.run.record import Record


class ActingPrincipal:
    """Finds out who acts; inside a transaction of the state, whoever was found before it.

    ``find`` may ask a provider, while everybody else would wait for the transaction to end; and
    what it renewed there would be undone with the transaction here, and not at the provider. Any
    thread may call it.
    """

    def __init__(self, project: Project, record: Record, find: Callable[[], Principal]) -> None:
        self._project, self._record, self._find = project, record, find
        self._before = threading.local()

    def __call__(self) -> Principal:
        """Who acts now, and has since the public call began that this is part of.

        Raises AuthenticationFailed, also for a session of another project, and InternalError if a
        transaction began before anybody asked, and the log-in has to be renewed.
        """
        require_of(self._record.home)
        if self._record.state.in_transaction:
            return the_same(self, self._known() or self._find())
        self._before.found = None
        principal = the_same(self, self._find())
        self._before.found = (standing(), principal)
        return principal

    def _known(self) -> Principal | None:
        """Whom this thread found before, in the same session; as over, once that has ended.

        A session of the built-in issuer is looked up again: its end holds at once, and asks nobody
        but the state.
        """
        found: tuple[Acting | None, Principal] | None = getattr(self._before, "found", None)
        if found is None or found[0] is not standing():
            return None
        acts, principal = found
        if acts is not None and acts.has_ended:
            return over(principal)
        if principal.issuer == issuer_name(self._project):
            check_session(self._project, self._record, principal)
        return principal
