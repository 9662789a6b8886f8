"""What time asks of the keys: rotations by age, and destructions whose waiting is over.

Done at the start of a run, before any key of it is derived. What is due was decided before: by
whoever wrote the project's file, or asked for the destruction. It is recorded under the principal
of the run that came to do it.
"""

from __future__ import annotations

from lockgate.keys.ports import KeyVersion
from lockgate.keys.schedule import KeySchedule, due_to_be_destroyed
from lockgate.run.context import RunContext

BY_AGE = "rotation by age"
WAITED = "end of the waiting period"


def rotate_due(
    context: RunContext, schedule: KeySchedule, purpose: str = BY_AGE
) -> tuple[KeyVersion, ...]:
    """Rotate every domain whose key is as old as it may get; the new versions.

    Two processes that do it at once rotate once. Raises KeyUnavailable: a run never goes on under
    a key that should have been replaced.
    """
    life = context.keyring.life
    made = []
    for due in schedule.due_to_rotate(context.keyring.versions(), context.now()):
        new = life.rotate(due.domain, purpose, seen=due)
        if new is not None:
            made.append(new)
    return tuple(made)


def destroy_due(context: RunContext, purpose: str = WAITED) -> tuple[KeyVersion, ...]:
    """Destroy every version whose waiting is over; those that this call destroyed."""
    now = context.now()
    return tuple(
        version
        for version in due_to_be_destroyed(context.keyring.versions(), now)
        if context.keyring.life.destroy(version.number, purpose, due=now)
    )
