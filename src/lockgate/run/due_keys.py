"""What time asks of the keys: rotations by age, and destructions whose waiting is over.

Done at the start of a run, before any key of it is derived. What is due was decided before: by
whoever wrote the project's file, or asked for the destruction. It is recorded under the principal
of the run that came to do it.
"""

from __future__ import annotations

from lockgate.errors import IntegrityError
from lockgate.keys.ports import KeyVersion
from lockgate.keys.schedule import KeySchedule, due_to_be_destroyed
from lockgate.ledger.key_history import KeyHistory
from lockgate.run.context import RunContext

BY_AGE = "rotation by age"
_NAMED = 5
WAITED = "end of the waiting period"


def rotate_due(
    context: RunContext, schedule: KeySchedule, purpose: str = BY_AGE
) -> tuple[KeyVersion, ...]:
    """Rotate every domain whose key is as old as it may get; the new versions.

    Two processes that do it at once rotate once. Raises KeyUnavailable: a run never goes on under
    a key that should have been replaced.
    """
    life = context.keys.life
    made = []
    for due in schedule.due_to_rotate(context.keys.versions(), context.now()):
        new = life.rotate(due.domain, purpose, seen=due)
        if new is not None:
            made.append(new)
    return tuple(made)


def destroy_due(context: RunContext, purpose: str = WAITED) -> tuple[KeyVersion, ...]:
    """Destroy every version whose waiting is over; those that this call destroyed.

    The day is the one that was recorded. Raises IntegrityError, and destroys nothing, where the
    stored one is another: somebody cut a wait short by hand.
    """
    now, keys = context.now(), context.keys
    if not due_to_be_destroyed(keys.versions(), now):
        return ()
    with (
        context.state.keys.transaction()
    ):  # nobody else's destruction between the keys and the ledger
        due = due_to_be_destroyed(keys.versions(), now)
        found = KeyHistory.read(context.ledger.read()).other_days(due)
        if found:
            raise IntegrityError(
                "nothing is destroyed: " + "; ".join(found[:_NAMED]),
                hint="lockgate keys cancel-destruction, or restore this ledger's own state",
            )
        return tuple(v for v in due if keys.life.destroy(v.number, purpose, due=now))
