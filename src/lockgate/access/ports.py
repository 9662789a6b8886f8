"""What decisions need from the outside: policies, tokens, and a store that remembers.

Every method that cannot answer raises; whoever asks denies then.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from lockgate.access.decision import AccessRequest, Decision
from lockgate.access.held import Held
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource
from lockgate.secret import SecretText


class Authoriser(Protocol):
    """Decides by policies alone; no state, no network. Any thread may call it."""

    def decide(self, request: AccessRequest) -> Decision:
        """Default deny; an error of a policy is a denial (``Reason.POLICY_ERROR``)."""
        ...

    def roles(self) -> Sequence[str]:
        """Every role there is, shipped ones first."""
        ...


class Entitlements(Protocol):
    """Which roles a principal holds for a resource at a time: grants, groups, break-glass."""

    def held(self, principal: Principal, resource: Resource, at: datetime) -> Held:
        """Roles of grants that have begun, have not ended and cover the resource, sorted.

        And the id of the open break-glass that gives a role which nothing else gives, or "".
        """
        ...


class Approvals(Protocol):
    """The two-person rule's second person."""

    def use(self, request: AccessRequest) -> str:
        """Take an approval that covers this very request, once: its id, or "" if there is none.

        Called inside the transaction that records the decision, so that two callers cannot use
        one approval.
        """
        ...


class DecisionRecorder(Protocol):
    """Where decisions are written down."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is written inside commits together, or none of it does."""
        ...

    def granted(self, request: AccessRequest, decision: Decision) -> None:
        """Write down that it was allowed. Raises LedgerUnwritable: then nobody may."""
        ...

    def denied(self, request: AccessRequest, decision: Decision) -> None:
        """Write down who was refused what, and why. Raises LedgerUnwritable."""
        ...


class TokenVerifier(Protocol):
    """Turns a token into a principal, or refuses it."""

    def verify(self, token: SecretText, at: datetime) -> Principal:
        """Verify signature, issuer, audience, type, times: docs/reference/identity.md.

        Raises AuthenticationFailed, whose message never says anything of the token's content.
        """
        ...


class UsedTokens(Protocol):
    """Remembers what may be used once. Any thread or process may call it at the same time."""

    def use(self, issuer: str, token_id: str, until: datetime, at: datetime) -> bool:
        """Whether this is the first use of ``token_id`` of ``issuer``; it is remembered.

        ``until`` is when nobody takes that token any more; a day after it it may be forgotten.
        Joins an open transaction: whoever was let in in one that is undone was not.
        Raises EnvironmentFailed.
        """
        ...
