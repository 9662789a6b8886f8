"""A denial as an error that teaches: what was refused, and what to do about it.

It says what whoever asked may know: their own name, their own request, and which roles the
project's files give such a right to. Who holds those is said by `lockgate access who-can`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.request_digest import request_line
from lockgate.access.resource import ACCESS, LEDGER, PROJECT
from lockgate.errors import AuthorisationDenied

_SHOWN_ROLES = 3
_LOG_IN = "lockgate login"


def refusal(
    request: AccessRequest,
    decision: Decision,
    needed: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> AuthorisationDenied:
    """The error for a denial.

    ``needed`` are roles with which it would be allowed; ``excluded`` are such roles too, that
    nobody holds together with those of the request.
    """
    if decision.reason is Reason.UNKNOWN_ACTION:
        return AuthorisationDenied("an unknown action is denied")
    alone = request.resource in (PROJECT, LEDGER, ACCESS)
    what = request.action.value if alone else f"{request.action.value} of {request.resource}"
    if decision.reason is Reason.NO_PURPOSE:
        return AuthorisationDenied(f"{what} needs a purpose", hint="say what it is for: --purpose")
    if decision.reason is Reason.UNVERIFIED:
        return AuthorisationDenied(
            f"{what} is denied: in production nobody acts unverified", hint=_LOG_IN
        )
    return AuthorisationDenied(
        f"{what} is denied to {request.principal.id}{_WHY.get(decision.reason, '')}",
        hint=_hint(request, decision.reason, needed, excluded),
    )


_WHY = {
    Reason.SESSION_EXPIRED: ": the session is over",
    Reason.NO_ROLE: ", who holds no role for it",
    Reason.FORBIDDEN: ": a policy of the project forbids it",
    Reason.NEEDS_APPROVAL: ": somebody else must approve it first",
    Reason.POLICY_ERROR: ": the access policies could not be evaluated",
    Reason.CHECK_FAILED: ": the decision could not be made",
}


def _hint(
    request: AccessRequest, reason: Reason, needed: Sequence[str], excluded: Sequence[str]
) -> str:
    if reason is Reason.NOT_OWNER:
        return "only the user who owns the project's private folder may do this"
    if reason is Reason.SESSION_EXPIRED:
        return _LOG_IN
    if reason is Reason.NEEDS_APPROVAL:
        return request_line(request.action, request.resource, request.purpose)
    if reason is Reason.POLICY_ERROR:
        return "`lockgate check` says what is wrong with access/*.cedar"
    if reason is Reason.CHECK_FAILED:
        return "`lockgate access verify` compares grants and approvals with the ledger"
    if reason in (Reason.NO_ROLE, Reason.NO_PERMIT):
        if not (needed or excluded):
            return "no role of this project may; access/*.cedar decides"
        takes = f"it takes a role such as {', '.join((needed or excluded)[:_SHOWN_ROLES])}"
        if not needed:
            return f"{takes}, which nobody holds beside {', '.join(request.roles)}: ask who has it"
        to = shlex.quote(request.principal.id)
        return (
            f"{takes}: an administrator runs"
            f" `lockgate access grant {to} {needed[0]} --for 30d --reason WHY`"
        )
    return "`lockgate access can` shows what a principal may do"
