"""Who sees a request for a second person's word: who reads access, asked, or may decide on it."""

from __future__ import annotations

from lockgate.access.action import Action
from lockgate.access.grant_rows import Approval
from lockgate.access.request_digest import parse_resource
from lockgate.access.resource import ACCESS
from lockgate.run.access_desk import AccessDesk
from lockgate.run.access_review import is_open
from lockgate.run.approver import approving
from lockgate.run.second_word import about, known

LOOKING = "review of access"
"""The purpose of reading who may."""
_OWN = (Action.APPROVE, Action.REQUEST_APPROVAL)


def requests(desk: AccessDesk, *, everything: bool) -> tuple[Approval, ...]:
    """Those that are open, or all there ever were, oldest first, as far as one may see them.

    Whoever neither reads access nor asks or decides is refused. Raises AuthorisationDenied.
    """
    reads = desk.gatekeeper.would_permit(Action.READ_ACCESS, ACCESS, LOOKING)
    now = desk.held.now(desk.record.now())
    rows = [row for row in desk.rows.approvals.all() if everything or is_open(row, now)]
    found = [row for row in rows if reads or _is_for(desk, row)]
    if reads or not (found or _takes_part(desk)):
        desk.gatekeeper.permit(Action.READ_ACCESS, ACCESS, LOOKING)
    return tuple(sorted(found, key=lambda row: (row.at, row.id)))


def request(desk: AccessDesk, approval_id: str) -> Approval:
    """One of them, open or not. Raises AuthorisationDenied; UsageError if there is none."""
    row = desk.rows.approvals.get(approval_id)
    reads = desk.gatekeeper.would_permit(Action.READ_ACCESS, ACCESS, LOOKING)
    if not reads and (row is None or not _is_for(desk, row)):
        desk.gatekeeper.confirm(Action.APPROVE, *about(desk, approval_id))
    return known(desk, approval_id)


def _is_for(desk: AccessDesk, row: Approval) -> bool:
    """Whether it is one's own, or one may decide on it."""
    resource, may = parse_resource(row.resource), desk.gatekeeper.would_permit
    if may(Action.APPROVE, resource, approving(row)):
        return True
    asks = may(Action.REQUEST_APPROVAL, resource, row.purpose)
    return asks and row.requester == desk.principal.id


def _takes_part(desk: AccessDesk) -> bool:
    return any(desk.gatekeeper.would_permit(one, ACCESS, LOOKING) for one in _OWN)
