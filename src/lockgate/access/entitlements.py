"""The roles that a principal holds here and now: grants, groups, break-glass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lockgate.access.grant_rows import GROUP, Grant, RowsOfHolder
from lockgate.access.held import Held
from lockgate.access.principal import Assurance, Principal
from lockgate.access.resource import Resource
from lockgate.access.roles import Roles
from lockgate.access.scope import Scope
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.seen_clock import SeenClock


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that gives a role: id of a grant, ``group:`` name, or id of a break-glass."""

    role: str
    by: str
    scope: str
    until: datetime | None
    break_glass: bool = False


class GrantedRoles:
    """``access.ports.Entitlements`` over the state's rows. Any thread may call it.

    Raises IntegrityError for a row that does not verify, which denies.
    """

    def __init__(self, rows: AccessRows, roles: Roles) -> None:
        self._rows = rows
        self._roles = roles
        self._clock = SeenClock(rows)

    def roles(self, principal: Principal, resource: Resource, at: datetime) -> tuple[str, ...]:
        """Roles of grants that have begun, have not ended and cover the resource, sorted."""
        return self.held(principal, resource, at).roles

    def now(self, at: datetime) -> datetime:
        """``at``, or the latest time that a decision was made at if that is later."""
        return self._clock.now(at)

    def remember(self, at: datetime) -> None:
        """Keep the latest time that was seen: what a denial saw as over stays over."""
        self._clock.remember(at)

    def held(self, principal: Principal, resource: Resource | None, at: datetime) -> Held:
        """With where the roles come from. Without ``resource``: whatever the scope.

        A principal that only the operating system vouches for holds none: its name is not proof.
        Of a toxic pair that lasts neither role counts; a break-glass is judged by its review.
        """
        if principal.assurance is not Assurance.TOKEN:
            return Held()
        rows = self._rows_of(principal)
        ends = [grant.expires_at for grant in rows.grants if grant.expires_at is not None]
        ends += [one.expires_at for one in rows.break_glass]
        now = self._clock.after(rows.latest, at, ends)
        lasting = self._lasting(principal, [grant for grant in rows.grants if grant.holds(now)])
        inside = [(role, why) for role, why, scope in lasting if _covers(scope, resource)]
        glass = [one for one in rows.break_glass if one.holds(now)]
        given = {role for role, _ in inside}
        return Held(
            tuple(sorted(given | {one.role for one in glass})),
            tuple(sorted([*inside, *((one.role, one.id) for one in glass)])),
            next((one.id for one in glass if one.role not in given), ""),
        )

    def lost(self, who: str, resource: Resource, since: datetime, at: datetime) -> tuple[str, ...]:
        """Roles that grants to this principal or any group, or its break-glass, gave until lately.

        Those that held at ``since`` and ended. Who was in which group is not remembered: where one
        lost a role, its member might have been this one. Raises IntegrityError for a row that does
        not verify.
        """
        now = self._clock.now(at)
        to = [row for row in self._rows.grants.all() if row.to == who or row.to.startswith(GROUP)]
        rows = [row for row in to if _covers(row.scope, resource) and row.at <= since]
        gone = [row for row in rows if _ended(row.revoked_at or row.expires_at, since, now)]
        kept = {(row.to, row.role) for row in to if row.holds(now) and _covers(row.scope, resource)}
        roles = {row.role for row in gone if (row.to, row.role) not in kept}
        glass = [row for row in self._rows.break_glass.of([who]) if row.at <= since]
        roles |= {row.role for row in glass if _ended(row.closed_at or row.expires_at, since, now)}
        return tuple(sorted(roles))

    def sources(self, principal: Principal, at: datetime) -> tuple[Source, ...]:
        """All that gives the principal a role at that time, whatever the scope.

        A question, not a decision: time is taken as it is said, and nothing is remembered.
        """
        if principal.assurance is not Assurance.TOKEN:
            return ()
        rows = self._rows_of(principal)
        ends = {grant.id: grant.expires_at for grant in rows.grants}
        lasting = self._lasting(principal, [grant for grant in rows.grants if grant.holds(at)])
        glass = [one for one in rows.break_glass if one.holds(at)]
        return (
            *(Source(role, why, scope, ends.get(why)) for role, why, scope in lasting),
            *(Source(one.role, one.id, "", one.expires_at, break_glass=True) for one in glass),
        )

    def known_principals(self) -> tuple[str, ...]:
        """Whoever was ever granted a role or broke glass: principals and ``group:`` names."""
        grants = {grant.to for grant in self._rows.grants.all()}
        return tuple(sorted(grants | {one.principal for one in self._rows.break_glass.all()}))

    def _rows_of(self, principal: Principal) -> RowsOfHolder:
        return self._rows.of_holder(principal.id, [GROUP + one for one in principal.groups])

    def _lasting(self, principal: Principal, grants: Iterable[Grant]) -> list[tuple[str, str, str]]:
        """Role, where it comes from, and its scope; without those that exclude each other."""
        found = [(grant.role, grant.id, grant.scope) for grant in grants]
        for group in principal.groups:
            found += [(role, GROUP + group, "") for role in self._roles.in_groups([group])]
        held = {role for role, _, _ in found}
        excluded = {name for pair in self._roles.toxic(held) for name in pair}
        return [one for one in found if not excluded & self._roles.with_extended([one[0]])]


def _ended(end: datetime | None, since: datetime, now: datetime) -> bool:
    """Whether it ended in between; at the very moment of ``since`` counts as well."""
    return end is not None and since <= end <= now


def _covers(scope: str, resource: Resource | None) -> bool:
    return resource is None or Scope.parse(scope).covers(resource)
