"""Whether the word of somebody who approved still counts when it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.forecast import UNEVALUATED, Answer, Forecast, OpenQuestion
from lockgate.access.grant_rows import Approval
from lockgate.access.identity_ports import Service, User
from lockgate.access.principal import SYSTEM_USER, Assurance, Principal, PrincipalKind
from lockgate.errors import IntegrityError

USER, SERVICE = "user:", "service:"
"""What ids of accounts of the built-in issuer begin with."""


def approving(row: Approval) -> str:
    """The purpose of deciding on a request: access policies see its action as ``purpose.word``."""
    return f"{row.action}: {row.purpose}"


class Accounts(Protocol):
    """Accounts of the built-in issuer by name."""

    def user(self, name: str) -> User | None: ...

    def service(self, name: str) -> Service | None: ...


@dataclass(frozen=True, slots=True)
class Approvers:
    """Asks accounts, grants and break-glass about whoever gave a word, when it is used.

    ``foresee`` says what roles may under the policies, however their holder logged in: that was
    decided on when the word was given, and is not remembered.
    """

    accounts: Accounts
    held: GrantedRoles
    foresee: Callable[[OpenQuestion], Forecast]

    def counts(self, row: Approval, request: AccessRequest) -> bool:
        """Whether who approved holds a role that may, and has an account that is not disabled.

        Groups of a provider stand in tokens alone: the word of its people is taken to have rested
        on one, unless a grant that ended since could have carried it. Outside production the
        folder's owner needs no role. Raises IntegrityError where that cannot be told.
        """
        who = row.approver
        if who.startswith(SYSTEM_USER):
            return True
        if not self._has_account(who):
            return False
        resource, at = request.resource, request.at
        person = Principal(who, Assurance.TOKEN, who, PrincipalKind.PERSON)
        held = self.held.held(person, resource, at)
        if self._may(row, request, person, held.roles, glass=bool(held.break_glass)):
            return True
        if who.startswith((USER, SERVICE)):
            return False
        lost = self.held.lost(who, resource, row.decided_at or row.at, at)
        return not self._may(row, request, person, lost, glass=False)

    def _has_account(self, who: str) -> bool:
        """Whether an account of the built-in issuer is alive; a provider keeps its own."""
        kind, _, name = who.partition(":")
        if not who.startswith((USER, SERVICE)):
            return True
        account = self.accounts.user(name) if f"{kind}:" == USER else self.accounts.service(name)
        return account is not None and account.disabled_at is None

    def _may(
        self,
        row: Approval,
        request: AccessRequest,
        who: Principal,
        roles: tuple[str, ...],
        *,
        glass: bool,
    ) -> bool:
        if not roles:
            return False
        told = self.foresee(
            OpenQuestion(
                roles,
                Action.APPROVE,
                request.resource,
                who,
                approving(row),
                row.decided_at,
                break_glass=glass,
            )
        )
        if UNEVALUATED & set(told.needs):
            raise IntegrityError("whether who approved still may cannot be evaluated")
        return told.answer is not Answer.NO
