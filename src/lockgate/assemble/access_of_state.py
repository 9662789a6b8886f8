"""Who may, as the project's state says: sealed rows, the roles held, the approvals there are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lockgate.access.entitlements import GrantedRoles
from lockgate.access.roles import Roles
from lockgate.access.sealed_rows import AccessRows
from lockgate.access.settings import AccessSettings
from lockgate.adapters.key_services.access_key import AccessKeyFile
from lockgate.assemble.project_file import Project
from lockgate.run.approvals import RecordedApprovals
from lockgate.run.approver import Approvers
from lockgate.run.context import RunContext
from lockgate.run.record import Record
from lockgate.run.sealed_accounts import SealedAccounts
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretBytes

if TYPE_CHECKING:
    from lockgate.adapters.access_policies.engine import CedarAuthoriser

ACCESS_KEY = "access.key"


def open_access_rows(record: Record) -> AccessRows:
    """The rows of who may; ``access.key`` is read, or made, when the first is."""
    key = AccessKeyFile(record.home / ACCESS_KEY, lambda: _is_used(record.state))
    return AccessRows(record.state.access, key)


def access_key(record: Record | RunContext, use: str) -> SecretBytes:
    """32 bytes for one use, derived from ``access.key``, which is made when first needed.

    Raises KeyUnavailable, also where it is missing and something in the state depends on it.
    """
    path = record.home / ACCESS_KEY
    return AccessKeyFile(path, lambda: _is_used(record.state), f"lockgate {use} 1".encode())()


def open_entitlements(project: Project, record: Record) -> GrantedRoles:
    """The roles that principals hold: grants, groups, break-glass."""
    return GrantedRoles(open_access_rows(record), Roles.of(project.access))


def open_approvals(
    project: Project, record: Record, authoriser: CedarAuthoriser, source: Callable[[], str]
) -> RecordedApprovals:
    """The second person's words; ``source`` says where an act comes from, for the ledger."""
    # Cedar is loaded by whoever asks for a decision.
    from lockgate.adapters.access_policies.foresee import foresee

    held = open_entitlements(project, record)
    approvers = Approvers(
        SealedAccounts(record, partial(access_key, record)), held, partial(foresee, authoriser)
    )
    return RecordedApprovals(record, open_access_rows(record), approvers, in_force(project), source)


def in_force(project: Project) -> str:
    """SHA-256, hex, of the policies that an approval is given under: zones, labels and access."""
    told = [project.policy.digest, _described(project.access)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _described(access: AccessSettings) -> list[object]:
    return [
        access.environment,
        [[one.file, one.text] for one in access.policies],
        {r.name: [sorted(r.extends), sorted(r.groups)] for r in access.roles.values()},
        sorted(action.value for action in access.held_by_two),
        sorted(sorted(pair) for pair in access.toxic),
    ]


def _is_used(state: StateStore) -> bool:
    """Whether rows or accounts were sealed under ``access.key``, so that it cannot be another."""
    store, accounts = state.access, state.identities
    granted = (store.grants, store.approvals, store.break_glass, store.policies)
    kinds = (*granted, store.environment, store.latest)
    return any(kind.all() for kind in kinds) or bool(accounts.users() or accounts.services())
