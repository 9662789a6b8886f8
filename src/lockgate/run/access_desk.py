"""Where access is given and taken: every act is decided, made and recorded in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from lockgate.access.action import TWO_PERSON, Action
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource
from lockgate.access.roles import Roles
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.settings import AccessSettings
from lockgate.access.source import here
from lockgate.errors import AuthorisationDenied, IntegrityError
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.event import Event
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.record import Record
from lockgate.run.what_is_over import end_what_is_over

Done = TypeVar("Done")
SAME_PERSON = "same-person"
"""Why somebody may not have the second word: a reason code of the ledger."""


@dataclass(frozen=True, slots=True)
class AccessDesk:
    """What giving and taking access stands on; opened by ``assemble``.

    ``policy`` digests the policies in force.
    """

    record: Record
    rows: AccessRows
    held: GrantedRoles
    roles: Roles
    settings: AccessSettings
    gatekeeper: Gatekeeper
    policy: str
    limits: Limits = field(default=DEFAULT_LIMITS)

    @property
    def principal(self) -> Principal:
        """Who acts now. Raises AuthenticationFailed."""
        return self.gatekeeper.principal

    def decided(
        self,
        action: Action,
        resource: Resource,
        purpose: str,
        work: Callable[[datetime], Done],
    ) -> Done:
        """``work`` at the present, if the principal may; a denial is recorded and raised.

        It is decided a second time in the transaction of the work, in which nobody else changes
        who may: an administrator whose grant was revoked in between gives nothing more. What two
        persons hold is decided once, as that uses the approval up.
        """
        self.gatekeeper.permit(action, resource, purpose)

        def confirmed(now: datetime) -> Done:
            if action not in TWO_PERSON:
                self.gatekeeper.confirm(action, resource, purpose)
            return work(now)

        return self.alone(confirmed)

    def alone(self, work: Callable[[datetime], Done]) -> Done:
        """``work`` in one transaction while nobody else changes who may.

        What it recorded before it raised AuthorisationDenied stays recorded. Who acts is found out
        before it begins. Raises AuthenticationFailed then.
        """
        _ = self.principal
        denied: AuthorisationDenied | None = None
        with self.record.state.transaction():
            self.rows.lock()
            now = self.held.now(self.record.now())
            end_what_is_over(self, now)
            try:
                done = work(now)
            except AuthorisationDenied as error:
                denied = error
        if denied is not None:
            raise denied
        return done

    def refuse(
        self, action: Action, resource: Resource, purpose: str, code: str, hint: str
    ) -> AuthorisationDenied:
        """Record a denial of our own, to be raised inside ``decided`` before anything changes."""
        self.record.ledger.append(
            AccessDenied(
                at=self.record.now(),
                principal=self.principal.id,
                purpose=purpose,
                action=action.value,
                resource=str(resource),
                reason=code,
                source=here(),
                session=self.principal.session,
            )
        )
        return AuthorisationDenied(f"{action.value} is denied to {self.principal.id}", hint=hint)

    def tell(self, kind: Callable[..., Event], purpose: str, code: str, **told: Any) -> int:
        """Record an event of this principal; its entry in the ledger."""
        return self.record.ledger.append(
            kind(
                at=self.record.now(),
                principal=self.principal.id,
                purpose=purpose,
                source=here(),
                session=self.principal.session,
                reason=code,
                **told,
            )
        )


def kept(row: Done | None) -> Done:
    """The changed row. Under the lock nobody else can have changed it: else it was tampered with.

    Raises IntegrityError.
    """
    if row is None:
        raise IntegrityError(
            "a row of the state changed while nobody could change it",
            hint="`lockgate access verify` says what became of the rows",
        )
    return row
