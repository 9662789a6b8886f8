"""From whom somebody has the word that they give: who made their account or granted their role.

One person must not be both by having made the other: whoever made an account knows its first
password, and whoever set a password has it.
"""

from __future__ import annotations

from collections import defaultdict

from lockgate.access.grant_rows import GROUP
from lockgate.access.principal import Principal
from lockgate.ledger.access_events import AccountChanged
from lockgate.run.access_desk import AccessDesk

_TAKEN_OVER = frozenset({"added", "password-set"})
"""Reason codes of ``account.changed``: what gives an account to whoever did it."""
_SHARED = "key-added"
MADE_BY = "nobody decides for whoever made their account, set its password, or granted their role"


def is_origin(desk: AccessDesk, who: Principal, other: str) -> bool:
    """Whether ``other`` gave ``who`` account or role, or ``who`` gave them to ``other``.

    Whoever made an account stands behind all that the account gave. That its user chose another
    password since ends nothing: who knew the old one could have done so.
    """
    makers = _makers(desk)
    ids = [who.id, *(GROUP + name for name in who.groups)]
    return other in _behind(desk, makers, who.id, ids) or who.id in _behind(
        desk, makers, other, [other]
    )


def _behind(
    desk: AccessDesk, makers: dict[str, set[str]], one: str, holders: list[str]
) -> set[str]:
    now = desk.held.now(desk.record.now())
    found: set[str] = set()
    more = {*makers.get(one, ())}
    more |= {row.granted_by for row in desk.rows.grants.of(holders) if row.holds(now)}
    while more:
        found |= more
        more = {maker for name in more for maker in makers.get(name, ())} - found
    return found - {one}


def _makers(desk: AccessDesk) -> dict[str, set[str]]:
    """Of each account: who made it, or set its password last; who added a service's keys."""
    makers: defaultdict[str, set[str]] = defaultdict(set)
    for entry in desk.record.ledger.read():
        event = entry.event
        if not isinstance(event, AccountChanged) or event.principal == event.account:
            continue
        if event.reason in _TAKEN_OVER:
            makers[event.account] = {event.principal}
        elif event.reason == _SHARED:
            makers[event.account].add(event.principal)
    return makers
