"""Every way into a project: each command and public callable, with its action or why it has none.

``{run}`` is a run with rejected rows, ``{file}`` a released file, ``{tmp}`` a folder of the test,
``{asked}``, ``{grant}`` and ``{glass}`` the ids of a request, a grant and an open break-glass.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.resource import key_domain
from lockgate.assemble.local_accounts import LocalAccounts
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.project_grants import ProjectGrants
from lockgate.assemble.project_keys import ProjectKeys
from lockgate.assemble.project_ledger import ProjectLedger
from lockgate.assemble.project_reveals import ProjectReveals
from lockgate.assemble.project_subjects import ProjectSubjects
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.secret import SecretBytes, SecretText

WHY = ("--purpose", "test")
BECAUSE = ("--reason", "test")
PASSWORD = "correct-horse-battery-41"


@dataclass(frozen=True)
class Command:
    """A command line, the action it asks for, and what it reads from standard input."""

    action: Action
    words: tuple[str, ...]
    typed: str = ""


def _command(action: Action, *words: str, typed: str = "") -> Command:
    return Command(action, words, typed)


FILES_ONLY = "it reads only files that whoever calls it can read, and decides without the state"
NEW_PROJECT = "it makes a project, whose folder belongs to whoever calls it"

COMMANDS_EXEMPT = {
    "demo": NEW_PROJECT,
    "protect": NEW_PROJECT,
    "init": NEW_PROJECT,
    "check": FILES_ONLY,
    "plan": FILES_ONLY,
    "contract show": FILES_ONLY,
    "contract code": FILES_ONLY,
    "policy diff": FILES_ONLY,
    "secrets list": FILES_ONLY,
    "access roles": FILES_ONLY,
    "access init": "it names the first administrator, once; only the folder's owner may",
    "doctor": "it asks for each thing that it looks at, and shows what was refused",
    "login": "it is how somebody becomes verified",
    "logout": "it forgets who was logged in here, and touches nothing else",
    "whoami": "it says who the caller is",
}
COMMANDS: Mapping[str, Command] = {
    "run": _command(Action.RUN, "people"),
    "quarantine list": _command(Action.READ_QUARANTINE),
    "quarantine show": _command(Action.READ_QUARANTINE, "{run}"),
    "quarantine replay": _command(Action.REPLAY, "{run}", *WHY),
    "quarantine discard": _command(Action.DISCARD, "{run}", *WHY, "--yes"),
    "reveal": _command(Action.REVEAL, "--file", "{file}", "--column", "email", *WHY),
    "unseal": _command(Action.UNSEAL, "{sealed}", "--to", "{tmp}/plain.csv", *WHY),
    "policy approve": _command(Action.EXPAND_POLICY, *BECAUSE),
    "keys init": _command(Action.CREATE_KEY, "badge", "--normaliser", "exact"),
    "keys list": _command(Action.READ_KEYS),
    "keys rotate": _command(Action.ROTATE, "email", *WHY),
    "keys rewrap": _command(Action.REWRAP, "{file}", *WHY),
    "keys destroy": _command(Action.DESTROY_KEY, "email", "--all", *WHY, "--yes"),
    "keys cancel-destruction": _command(Action.DESTROY_KEY, "email", *WHY),
    "keys shred": _command(Action.SHRED, "1", *WHY, "--yes"),
    "keys move": _command(Action.MOVE_KEYS, *WHY),
    "keys export": _command(Action.EXPORT_KEYS, "{tmp}/copy.keys", *WHY),
    "keys import": _command(Action.IMPORT_KEYS, "{copy}", *WHY),
    "keys import-fernet": _command(
        Action.CREATE_KEY, "badge", "--from", "secret://file/fernet", *WHY
    ),
    "secrets check": _command(Action.USE_SECRET),
    "ledger show": _command(Action.READ_LEDGER),
    "ledger verify": _command(Action.READ_LEDGER),
    "ledger checkpoint": _command(Action.READ_LEDGER),
    "access who-can": _command(Action.READ_ACCESS, "reveal", "label:pii.email"),
    "access can": _command(Action.READ_ACCESS, "user:anna"),
    "access matrix": _command(Action.READ_ACCESS),
    "access users add": _command(
        Action.ADMINISTER, "eve", "--password-stdin", typed=f"{PASSWORD}\n"
    ),
    "access users list": _command(Action.READ_ACCESS),
    "access users disable": _command(Action.ADMINISTER, "anna"),
    "access users enable": _command(Action.ADMINISTER, "anna"),
    "access users unlock": _command(Action.ADMINISTER, "anna"),
    "access users set-password": _command(
        Action.ADMINISTER, "anna", "--password-stdin", typed=f"{PASSWORD}\n"
    ),
    "access users end-sessions": _command(Action.ADMINISTER, "anna"),
    "access service add": _command(Action.ADMINISTER, "job2", "--key-file", "{tmp}/job2.key"),
    "access service list": _command(Action.READ_ACCESS),
    "access service add-key": _command(Action.ADMINISTER, "job", "--key-file", "{tmp}/job.key"),
    "access service revoke-key": _command(Action.ADMINISTER, "job", "{kid}"),
    "access service disable": _command(Action.ADMINISTER, "job"),
    "access service enable": _command(Action.ADMINISTER, "job"),
    "access service rotate-issuer-key": _command(Action.ADMINISTER),
    "access grant": _command(Action.ADMINISTER, "user:anna", "auditor", "--for", "1d", *BECAUSE),
    "access revoke": _command(Action.ADMINISTER, "{grant}", *BECAUSE),
    "access grants": _command(Action.READ_ACCESS),
    "access request": _command(
        Action.REQUEST_APPROVAL,
        "destroy-key",
        "key-domain:email;detail=destroy all",
        *WHY,
        *BECAUSE,
    ),
    "access requests": _command(Action.READ_ACCESS),
    "access approve": _command(Action.APPROVE, "{asked}", "--yes", *BECAUSE),
    "access refuse": _command(Action.APPROVE, "{asked}", *BECAUSE),
    "access withdraw": _command(Action.REQUEST_APPROVAL, "{asked}"),
    "access environment": _command(Action.LEAVE_PRODUCTION, "development", *BECAUSE),
    "access break-glass": _command(Action.BREAK_GLASS, "--role", "privacy_officer", *BECAUSE),
    "access break-glass close": _command(Action.BREAK_GLASS, "{glass}", *BECAUSE),
    "access break-glass review": _command(Action.REVIEW, "{glass}", *BECAUSE),
    "access review": _command(Action.READ_ACCESS),
    "access verify": _command(Action.READ_ACCESS),
}

Call = Callable[[Workspace, Mapping[str, str]], Any]
ROWS = {"id": [1], "email": ["ann@example.org"], "born": [None], "city": ["Oslo"]}
SCHEMA = pa.schema(
    {"id": pa.int64(), "email": pa.string(), "born": pa.date32(), "city": pa.string()}
)
COPY_WORD = SecretBytes(b"a passphrase that is long")


def _to(at: Mapping[str, str], name: str) -> Path:
    return Path(at["tmp"]) / name


CALLS: Mapping[str, Call] = {
    "Workspace.context": lambda w, _: w.context,
    "Workspace.keyring": lambda w, _: w.keyring,
    "Workspace.state": lambda w, _: w.state,
    "Workspace.secret": lambda w, _: w.secret("secret://env/HOME"),
    "Workspace.check_secrets": lambda w, _: w.check_secrets(),
    "Workspace.make_root": lambda w, _: w.make_root(),
    "Workspace.run": lambda w, _: w.run("people"),
    "Workspace.gate": lambda w, _: w.gate("people", "study"),
    "Workspace.create_domains": lambda w, _: w.create_domains(["badge"]),
    "Workspace.rotate": lambda w, _: w.rotate("email"),
    "Workspace.quarantine_list": lambda w, _: w.quarantine_list(),
    "Workspace.quarantine_rows": lambda w, at: w.quarantine_rows(
        at["run"], values=True, purpose="test", limit=None
    ),
    "Workspace.quarantine_replay": lambda w, at: w.quarantine_replay(at["run"]),
    "Workspace.quarantine_discard": lambda w, at: w.quarantine_discard(at["run"], purpose="test"),
    "Workspace.reveal_values": lambda w, at: w.reveal_values([at["token"]], purpose="test"),
    "Workspace.reveal_file": lambda w, at: w.reveal_file(at["file"], "email", purpose="test"),
    "Workspace.unseal": lambda w, at: w.unseal(
        at["sealed"], purpose="test", to=_to(at, "plain.csv")
    ),
    "ProjectKeys.report": lambda w, _: w.keys.report(),
    "ProjectKeys.due": lambda w, _: w.keys.due(),
    "ProjectKeys.check": lambda w, _: w.keys.check(),
    "ProjectKeys.require": lambda w, _: w.keys.require("email"),
    "ProjectKeys.domains": lambda w, _: w.keys.domains(),
    "ProjectKeys.service": lambda w, _: w.keys.service,
    "ProjectKeys.check_services": lambda w, _: w.keys.check_services(),
    "ProjectKeys.rotate": lambda w, _: w.keys.rotate("email", "test"),
    "ProjectKeys.import_fernet": lambda w, _: w.keys.import_fernet(
        "badge", SecretText(urlsafe_b64encode(bytes(range(32))).decode()), "test"
    ),
    "ProjectKeys.doomed": lambda w, _: w.keys.doomed("email", None),
    "ProjectKeys.schedule_destruction": lambda w, _: w.keys.schedule_destruction(
        "email", None, "test"
    ),
    "ProjectKeys.cancel_destruction": lambda w, _: w.keys.cancel_destruction("email", None, "test"),
    "ProjectKeys.rotate_due": lambda w, _: w.keys.rotate_due("test"),
    "ProjectKeys.destroy_due": lambda w, _: w.keys.destroy_due("test"),
    "ProjectKeys.to_move": lambda w, _: w.keys.to_move(),
    "ProjectKeys.move": lambda w, _: w.keys.move("test"),
    "ProjectKeys.rewrap": lambda w, at: list(
        w.keys.rewrap(RewrapRequest((Path(at["file"]),), "test"))
    ),
    "ProjectKeys.export": lambda w, at: w.keys.export(_to(at, "copy"), COPY_WORD, "test"),
    "ProjectKeys.restore": lambda w, at: w.keys.restore(Path(at["copy"]), COPY_WORD, "test"),
    "ProjectKeys.replace_lost_root": lambda w, at: w.keys.replace_lost_root(
        Path(at["copy"]), COPY_WORD, "test", lambda _: None
    ),
    "ProjectSubjects.scope": lambda w, _: w.subjects.scope(),
    "ProjectSubjects.shred": lambda w, _: w.subjects.shred(SecretText("1"), purpose="test"),
    "ProjectSubjects.recorded": lambda w, _: w.subjects.recorded(0, purpose="test"),
    "ProjectSubjects.shred_again": lambda w, _: w.subjects.shred_again((), purpose="test"),
    "ProjectReveals.values": lambda w, at: w.reveals.values([at["token"]], "test"),
    "ProjectReveals.file": lambda w, at: w.reveals.file(
        Path(at["file"]), "email", "test", None, None, ""
    ),
    "ProjectReveals.rejected": lambda w, at: w.reveals.rejected(
        record_of(w).state.quarantine.get(at["run"]), (), None, "test"
    ),
    "ProjectReveals.sealed": lambda w, at: w.reveals.sealed(
        Path(at["sealed"]), "test", _to(at, "plain.csv")
    ),
    "ProjectReveals.decryption_properties": lambda w, at: w.reveals.decryption_properties(
        at["sealed"], purpose="test"
    ),
    "ProjectLedger.read": lambda w, _: list(w.ledger.read()),
    "ProjectLedger.verify": lambda w, _: w.ledger.verify(),
    "ProjectLedger.latest_checkpoint": lambda w, _: w.ledger.latest_checkpoint(),
    "LocalAccounts.users": lambda w, _: w.accounts.users("test"),
    "LocalAccounts.services": lambda w, _: w.accounts.services("test"),
    "LocalAccounts.add_user": lambda w, _: w.accounts.add_user("eve", SecretText(PASSWORD), "test"),
    "LocalAccounts.set_password": lambda w, _: w.accounts.set_password(
        "anna", SecretText(PASSWORD), "test"
    ),
    "LocalAccounts.unlock": lambda w, _: w.accounts.unlock("anna", "test"),
    "LocalAccounts.disable": lambda w, _: w.accounts.disable("user:anna", "test"),
    "LocalAccounts.enable": lambda w, _: w.accounts.enable("user:anna", "test"),
    "LocalAccounts.end_sessions": lambda w, _: w.accounts.end_sessions("user:anna", "test"),
    "LocalAccounts.add_service": lambda w, at: w.accounts.add_service(
        "job2", "test", key=_to(at, "job2.key")
    ),
    "LocalAccounts.add_key": lambda w, at: w.accounts.add_key(
        "job", "test", key=_to(at, "job.key")
    ),
    "LocalAccounts.revoke_key": lambda w, at: w.accounts.revoke_key("job", at["kid"], "test"),
    "LocalAccounts.rotate_issuer_key": lambda w, _: w.accounts.rotate_issuer_key("test"),
    "ProjectGrants.grant": lambda w, _: w.grants.grant(
        "user:anna", "auditor", reason="test", lasts=timedelta(days=1)
    ),
    "ProjectGrants.revoke": lambda w, at: w.grants.revoke(at["grant"], reason="test"),
    "ProjectGrants.ask": lambda w, _: w.grants.ask(
        Action.DESTROY_KEY, key_domain("email"), purpose="test", reason="test"
    ),
    "ProjectGrants.requested": lambda w, at: w.grants.requested(at["asked"]),
    "ProjectGrants.approve": lambda w, at: w.grants.approve(at["asked"]),
    "ProjectGrants.refuse": lambda w, at: w.grants.refuse(at["asked"]),
    "ProjectGrants.withdraw": lambda w, at: w.grants.withdraw(at["asked"]),
    "ProjectGrants.break_glass": lambda w, _: w.grants.break_glass(
        "privacy_officer", reason="test"
    ),
    "ProjectGrants.close_break_glass": lambda w, at: w.grants.close_break_glass(
        at["glass"], reason="test"
    ),
    "ProjectGrants.review_break_glass": lambda w, at: w.grants.review_break_glass(
        at["glass"], reason="test"
    ),
    "ProjectGrants.approve_policy": lambda w, _: w.grants.approve_policy(reason="test"),
    "ProjectGrants.leave_production": lambda w, _: w.grants.leave_production(
        "development", reason="test"
    ),
    "ProjectGrants.stay_in_production": lambda w, _: w.grants.stay_in_production(reason="test"),
    "ProjectGrants.policy_expansions": lambda w, _: w.grants.policy_expansions(),
    "ProjectGrants.requests": lambda w, _: w.grants.requests(),
    "ProjectGrants.grants": lambda w, _: w.grants.grants(),
    "ProjectGrants.review": lambda w, _: w.grants.review(),
    "ProjectGrants.verify": lambda w, _: w.grants.verify(),
    "ProjectGrants.health": lambda w, _: w.grants.health(),
}
CALLS_EXEMPT = {
    "Workspace.open": "it reads the project's files, and opens nothing else",
    "Workspace.close": "it forgets",
    "Workspace.check": FILES_ONLY,
    "Workspace.permit_check": "it is a decision itself",
    "Workspace.gatekeeper": "it is what decides",
    "Workspace.verifier": "it verifies a token, which is how somebody becomes verified",
    "Workspace.erased_bytes_remain": "a yes or no about the disk, after something was erased",
    "Workspace.keys": "what it gives asks",
    "Workspace.subjects": "what it gives asks",
    "Workspace.reveals": "what it gives asks",
    "Workspace.ledger": "what it gives asks",
    "Workspace.accounts": "what it gives asks",
    "Workspace.grants": "what it gives asks",
    "ProjectSubjects.domains": FILES_ONLY,
    "ProjectGrants.settings": FILES_ONLY,
    "ProjectGrants.first_admin": "only the folder's owner, once: what `access init` is",
    "Workspace.project": FILES_ONLY,
    "ProjectReveals.project": FILES_ONLY,
}
OPENED = (
    Workspace,
    ProjectKeys,
    ProjectSubjects,
    ProjectReveals,
    ProjectLedger,
    LocalAccounts,
    ProjectGrants,
)
"""What ``lockgate.open`` gives, and what that leads to without asking."""
GIVEN_EXEMPT = {
    "CheckReport": "findings and plans; a run proves its own plan again",
    "Gatekeeper": "it is what decides",
    "LibraryGate": "it asks at every call: tried beside the walk",
    "ReleasedKeys": "walked: what gives it asks, and each key of it asks for its release",
    "RunContext": "walked: what gives it asks",
    "SecretText": "walked: what gives it asks",
    "Session": "it holds who acts for a block, and ends with it",
    "StateStore": "walked: what gives it asks",
    "TokenVerifier": "it verifies a token, which is how somebody becomes verified",
}
"""Classes of what calls give back that are not data, and why their members are in no table."""
NAMES_EXEMPT = {
    "Labelled": "a marker for models",
    "LockgateError": "an error",
    "Workspace": "walked by its members",
    "open": "it opens the project's files; what it gives is walked",
    "step": "a marker for functions",
}
NAMES_ELSEWHERE = {
    "audited": "integration/test_access_audited.py",
    "in_session": "integration/test_access_sessions.py",
    "requires": "integration/test_access_sessions.py",
    "session": "attack/test_session_attacks.py",
    "unsafe_unrecorded_gate": "integration/test_every_way_in.py",
    "validated": "integration/test_access_validated.py",
}
"""Names that are tried beside the walk, and where."""
