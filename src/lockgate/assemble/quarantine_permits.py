"""Permission for one run's rejected rows: a refusal does not say whether there are any."""

from __future__ import annotations

from collections.abc import Callable

from lockgate.access.action import Action
from lockgate.access.permit import Permit
from lockgate.access.resource import EVERY_PIPELINE, Resource
from lockgate.errors import AuthorisationDenied, IntegrityError, UsageError
from lockgate.run.context import RunContext
from lockgate.run.quarantine_origin import require_own_dataset
from lockgate.run.state_ports import QuarantineRecord

LOOKING = "a run's quarantine"
"""What it is for, where nobody says and no pipeline does."""


def permit_of_run(
    context: RunContext,
    action: Action,
    run_id: str,
    purpose: str | None,
    asked: Callable[[QuarantineRecord], tuple[Resource, str]],
) -> tuple[QuarantineRecord, Permit]:
    """The quarantine of that run, if the principal may; of none, if they may for every pipeline.

    ``asked`` says as what it is decided on, and for what purpose. Raises AuthorisationDenied,
    AuthenticationFailed; UsageError if the run has none; IntegrityError if the state's row of it
    was given another dataset.
    """
    try:
        record = context.state.quarantine.get(run_id)
        require_own_dataset(context.keys, record)
        resource, why = asked(record)
    except (UsageError, IntegrityError):
        _permit(context, action, EVERY_PIPELINE, LOOKING if purpose is None else purpose)
        raise
    return record, _permit(context, action, resource, why)


def _permit(context: RunContext, action: Action, resource: Resource, purpose: str) -> Permit:
    """The permit. The record of a refusal names the pipeline; the error does not."""
    try:
        return context.permit(action, resource, purpose)
    except AuthorisationDenied as denied:
        named = f"{action.value} of {resource} "
        said = denied.message.replace(named, f"{action.value} of this run's quarantine ", 1)
        raise AuthorisationDenied(said, hint=denied.hint) from None
