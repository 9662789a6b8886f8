"""Opening what a project's work stands on: the adapters for keys, state and ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.principal_kinds import principal_kinds
from lockgate.adapters.key_services.ledger_key import load_ledger_key
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.assemble.access_of_state import open_access_rows
from lockgate.assemble.approved_policy import require_approved_reveals
from lockgate.assemble.key_services import open_key_service
from lockgate.assemble.project_file import Project
from lockgate.assemble.yaml_text import render_yaml
from lockgate.errors import ConfigurationError
from lockgate.kernel import load
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import KeyNotice
from lockgate.keys.released import ReleasedKeys
from lockgate.ledger.checkpoint import ledger_origin
from lockgate.ledger.key_events import key_event
from lockgate.ledger.ledger import Ledger
from lockgate.run.context import RunContext
from lockgate.run.key_release import refusals_to
from lockgate.run.production import keep_environment
from lockgate.run.record import Record
from lockgate.run.security_log import SecurityLog
from lockgate.secrets.resolver import Secrets

LEDGER_KEY = "ledger.key"
WITNESS = "checkpoint"
KEY_PURPOSE = "key management"


def open_record(project: Project, resources: ExitStack, secrets: Secrets) -> Record:
    """Open state and ledger; ``resources`` closes them.

    The ledger's signing key is the holder of the public key that the project pins. Raises
    KeyUnavailable, EnvironmentFailed, ConfigurationError; AuthorisationDenied where the state
    remembers production and the file says something else.
    """
    home = project.hidden_folder
    if project.ledger_public_key is None:
        raise ConfigurationError(
            "the project pins no ledger key",
            hint="`lockgate init` writes `ledger: {public_key: …}`; restore that line",
        )
    signer = load_ledger_key(home / LEDGER_KEY)
    reference = project.state.password
    password = None if reference is None else secrets.bound(reference)
    state = resources.enter_context(open_state(project.state.url, home, password))
    log = SecurityLog(principal_kinds(project.access))
    resources.callback(log.settle)
    ledger = Ledger(
        state.ledger,
        ledger_origin(project.name),
        signer,
        project.ledger_public_key,
        FileWitness(home / WITNESS),
        log,
    )
    record = Record(home, state, ledger, now)
    keep_environment(record, open_access_rows(record), project.environment)
    return record


def open_context(
    project: Project,
    record: Record,
    passphrase: Callable[[], str] | None,
    resources: ExitStack,
    secrets: Secrets,
    gatekeeper: Gatekeeper,
    *,
    root_is_lost: bool = False,
) -> RunContext:
    """Open everything a run needs; ``resources`` closes it.

    The root key opens, and it is the one that wrapped every key in the state, unless that one is
    said to be lost: then what it wrapped opens nothing, and waits for a copy.

    Raises KeyUnavailable, EnvironmentFailed, ConfigurationError; nothing was read before.
    """
    service = open_key_service(
        project, project.keys, passphrase, secrets, root_is_lost=root_is_lost
    )
    earlier = project.previous_keys
    previous = None
    if earlier is not None:
        previous = open_key_service(project, earlier, passphrase, secrets)

    def told(notice: KeyNotice) -> None:
        record.ledger.append(key_event(notice, gatekeeper.principal.id, KEY_PURPOSE))

    keyring = resources.enter_context(
        Keyring(record.state.keys, service, now, told, project=project.name, previous=previous)
    )
    if not root_is_lost:
        keyring.check_service()
    refused = refusals_to(record, lambda: gatekeeper.principal.id, now)
    return RunContext(
        record.home,
        record.state,
        record.ledger,
        ReleasedKeys(keyring, now, refused),
        load(),
        gatekeeper,
        now,
        render_yaml,
        reveal_rules=project.reveal_rules,
        require_approved_reveals=partial(require_approved_reveals, project, record),
    )


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
