"""From a permit to a release of keys: which kinds of keys each action may have at all.

What of them one operation gets is worked out from its plan, columns or file: ``run.key_table``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lockgate.access.action import Action
from lockgate.access.permit import Permit, is_permit
from lockgate.errors import KeyUnavailable
from lockgate.keys.names import SEAL_PREFIX, is_reserved
from lockgate.keys.release import Covered, KeyRelease, release
from lockgate.keys.released import KeyRefusal
from lockgate.ledger.access_events import AccessDenied
from lockgate.limits import Limits
from lockgate.run.record import Record

NOT_RELEASED: Final = "key-not-released"
"""The reason code of a key that was asked for without a release of it."""


class Family(StrEnum):
    """The kinds of key domains: those of users, and what Lockgate keeps for itself."""

    DATA = "data"
    DIGESTS = "lockgate.digests"
    SUBJECTS = "lockgate.subjects"
    SALTS = "lockgate.subject-salts"
    QUARANTINE = "lockgate.quarantine."
    SEALS = SEAL_PREFIX

    @classmethod
    def of(cls, domain: str) -> Family:
        """The family of a domain. Raises KeyUnavailable for a reserved one that nobody knows."""
        if not is_reserved(domain):
            return cls.DATA
        for family in (cls.QUARANTINE, cls.SEALS):
            if domain.startswith(family.value):
                return family
        try:
            return cls(domain)
        except ValueError:
            raise KeyUnavailable(f"nobody is given keys of {domain!r}") from None


_MOVES: Final = {Action.RUN, Action.REPLAY}
_GATES: Final = {Action.GATE, Action.UNRECORDED_GATE}
PROTECTS: Final[Mapping[Family, frozenset[Action]]] = {
    Family.DATA: frozenset({*_MOVES, *_GATES, Action.REWRAP, Action.SHRED}),
    Family.DIGESTS: frozenset({*_MOVES, Action.REVEAL, Action.UNSEAL, Action.REWRAP}),
    Family.SUBJECTS: frozenset({*_MOVES, Action.SHRED}),
    Family.SALTS: frozenset({*_MOVES, *_GATES, Action.SHRED}),
    Family.QUARANTINE: frozenset(_MOVES),
    Family.SEALS: frozenset(_MOVES),
}
"""Who may have the key of a family's primary version. A shred finds a person by an index."""
OPENS: Final[Mapping[Family, frozenset[Action]]] = {
    Family.DATA: frozenset({Action.REVEAL, Action.REWRAP, Action.SHRED, Action.CREATE_KEY}),
    Family.DIGESTS: frozenset({Action.REVEAL, Action.UNSEAL, Action.REWRAP}),
    Family.SUBJECTS: frozenset({Action.SHRED}),
    Family.SALTS: frozenset({*_MOVES, *_GATES, Action.REVEAL, Action.REWRAP}),
    Family.QUARANTINE: frozenset({Action.READ_QUARANTINE, Action.REPLAY}),
    Family.SEALS: frozenset({Action.UNSEAL}),
}
"""Who may have a family's keys by their number. What writes for a person opens that one's salt."""
LIFE: Final = frozenset(
    {
        *_MOVES,
        *_GATES,
        Action.DISCARD,
        Action.CREATE_KEY,
        Action.ROTATE,
        Action.DESTROY_KEY,
        Action.MOVE_KEYS,
    }
)
"""What makes, rotates and destroys keys: what is asked to, and what does first what is due."""
WHOLE: Final = frozenset(
    {Action.EXPORT_KEYS, Action.IMPORT_KEYS, Action.RESURRECT_KEYS, Action.DESTROY_KEY}
)
"""What gets the keyring itself."""


def release_for(
    permits: Sequence[Permit], covered: Iterable[Covered], limits: Limits
) -> KeyRelease:
    """The release of what permits, all of one principal, action and purpose, allow.

    Raises KeyUnavailable.
    """
    if not permits or not all(is_permit(one) for one in permits):
        raise KeyUnavailable("keys are released to who has a permit only")
    first = permits[0]
    same = {(one.principal, one.action, one.purpose) for one in permits}
    if len(same) != 1:
        raise KeyUnavailable("one release of keys is for one principal, action and purpose")
    wanted = tuple(covered)
    for one in wanted:
        family = Family.of(one.domain)
        for asked, allowed in ((one.protects, PROTECTS), (one.opens, OPENS)):
            if asked and first.action not in allowed[family]:
                raise KeyUnavailable(f"{first.action.value} is never given keys of {one.domain!r}")
    return release(
        first.principal,
        first.action.value,
        first.purpose,
        wanted,
        min(one.at for one in permits) + timedelta(hours=limits.key_release_hours),
        life=first.action in LIFE,
        whole=first.action in WHOLE,
    )


def refusals_to(
    record: Record, principal: Callable[[], str], now: Callable[[], datetime]
) -> Callable[[KeyRefusal], None]:
    """Records every key that somebody asked for without a release of it."""

    def refused(told: KeyRefusal) -> None:
        record.append(
            AccessDenied(
                action=told.action or "derive",
                resource=told.domain,
                reason=NOT_RELEASED,
                at=now(),
                principal=told.principal or principal(),
                purpose=told.purpose or "none given",
            )
        )

    return refused
