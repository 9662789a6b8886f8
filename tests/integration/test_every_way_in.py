"""Every command and public callable stands behind a decision: all of them are walked.

One that is new fails in tests/architecture until it is in tests/ways_in.py, with its action or a
reason. Each is tried in production by somebody unverified, by an expired token, by a token for
somebody else, and by somebody verified who holds no role: refused, recorded, and nothing read or
changed. Each is tried by the owner of a development project too: then it reaches its work.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import shutil
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pytest

import lockgate
from lockgate.access.action import Action
from lockgate.access.principal import Principal, PrincipalKind
from lockgate.access.resource import key_domain
from lockgate.access.sealed_rows import AccessRows
from lockgate.adapters.identity_providers.local.key_files import issuer_key
from lockgate.adapters.identity_providers.tokens.sign import sign_token
from lockgate.adapters.state_stores.sql.store import SqlStateStore
from lockgate.assemble.identities import WhoActs
from lockgate.assemble.library import LibraryGate
from lockgate.assemble.local_issuer import LocalIssuer, issuer_name
from lockgate.assemble.project_file import Project, load_project
from lockgate.assemble.resources import now, open_record
from lockgate.assemble.secret_stores import open_secrets
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthenticationFailed, AuthorisationDenied, ExitCode, LockgateError
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.access_events import AuthenticationFailed as NotAuthenticated
from lockgate.ledger.ledger import Ledger
from lockgate.run.context import RunContext
from lockgate.run.decisions import LedgerDecisions
from lockgate.run.record import Record
from lockgate.secret import SecretText
from lockgate.secrets.resolver import Secrets
from small_project import change, make_project
from ways_in import (
    CALLS,
    COMMANDS,
    COPY_WORD,
    PASSWORD,
    ROWS,
    SCHEMA,
    Command,
)

SEALED = "      text: {zone: study, path: out/text, format: csv, seal: true}\n"
SEALED += "      table: {zone: study, path: out/table, format: parquet, seal: true}\n"
LEDGER_TABLES = {"ledger_entries", "ledger_checkpoints", "ledger_head"}
MOVES_WITH_TIME = {"access_latest"}
"""The latest time that a decision saw: a denial is one."""
BESIDE_LEDGER = {"checkpoint", "access.key"}


@pytest.fixture(autouse=True)
def nobody_looked_for_inside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Finding out who acts may ask a provider, and renew: no way in does so while it writes."""
    inside: list[str] = []
    find = WhoActs.__call__

    def watched(self: WhoActs) -> Principal:
        if self._record.state.in_transaction:
            inside.append("".join(traceback.format_stack()))
        return find(self)

    monkeypatch.setattr(WhoActs, "__call__", watched)
    yield
    assert inside == []


INSIDE = (Record, Ledger, Secrets, SqlStateStore, RunContext, AccessRows, LedgerDecisions)
"""What asks nobody."""
LEADS_ON = ("gatekeeper", "verifier", "keys", "subjects", "reveals", "ledger", "accounts", "grants")
"""What ``lockgate.open`` gives without asking."""


def held_by(one: object) -> Iterator[tuple[str, object]]:
    """Public attributes of an instance, with those that it was given when it was made."""
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    for name in sorted({*slots, *getattr(one, "__dict__", {})}):
        if not name.startswith("_") and hasattr(one, name):
            yield name, getattr(one, name)


def test_no_public_name_of_what_is_opened_leads_to_what_asks_nobody(place: Place) -> None:
    with Workspace.open(place.folder) as workspace:
        todo: list[tuple[str, object]] = [("", workspace)]
        todo += [(name, getattr(workspace, name)) for name in LEADS_ON]
        seen: set[int] = set()
        inside = []
        while todo:
            path, one = todo.pop()
            inside += [path] if isinstance(one, INSIDE) else []
            if id(one) not in seen and type(one).__module__.startswith("lockgate."):
                seen.add(id(one))
                todo += [(f"{path}.{name}", value) for name, value in held_by(one)]
        assert inside == []
        assert dict(held_by(workspace)).keys() == {"project"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A project with something of everything, and where that is."""
    folder = make_project(tmp_path_factory.mktemp("ways") / "p")
    change(folder / "pipelines/people.yaml", "      coarse:", SEALED + "      coarse:")
    at: dict[str, str] = {}
    with Workspace.open(folder) as workspace:
        done = workspace.run("people")
        at["run"] = done.run_id
        at["file"] = _relative(folder, next(done.sinks["study"].glob("part-*.csv")))
        at["sealed"] = _relative(folder, next(done.sinks["table"].glob("part-*")))
        at["token"] = str(pacsv.read_csv(folder / at["file"]).column("email")[0].as_py())
        workspace.keys.export(folder / "copy.keys", COPY_WORD, "test")
        at["copy"] = "copy.keys"
        workspace.accounts.add_user("anna", SecretText(PASSWORD), "test")
        key = workspace.accounts.add_service("job", "test", key=folder / "job.key")
        at["kid"] = key.kid
        at["grant"] = workspace.grants.grant("user:zoe", "auditor", reason="test").id
    file = folder / "lockgate.yaml"
    text = file.read_text()
    file.write_text(text + "access: {two_person: [destroy-key]}\n")
    with Workspace.open(folder) as workspace:
        at["asked"] = workspace.grants.ask(
            Action.DESTROY_KEY, key_domain("email"), purpose="test", reason="test"
        ).id
    file.write_text(text)
    at["glass"] = "b0123456789ab"
    (folder / "copy.word").write_text(COPY_WORD.reveal().decode())
    (folder / "copy.word").chmod(0o600)
    return folder, at


def _relative(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


class Place:
    """A copy of the project, as one test has it."""

    def __init__(self, folder: Path, at: Mapping[str, str], tmp: Path) -> None:
        self.folder = folder
        paths = {name: str(folder / at[name]) for name in ("file", "sealed", "copy")}
        self.at = {**at, **paths, "tmp": str(tmp)}

    def produce(self) -> None:
        """Make it a production project."""
        change(self.folder / "lockgate.yaml", "environment: development", "environment: production")
        with ExitStack() as resources:
            self.record(resources)  # the first opening remembers it

    def record(self, resources: ExitStack) -> tuple[Project, Record]:
        project = load_project(self.folder / "lockgate.yaml")
        return project, open_record(project, resources, open_secrets(project, now))

    def denials(self) -> list[AccessDenied | NotAuthenticated]:
        with ExitStack() as resources:
            _, record = self.record(resources)
            found = [entry.event for entry in record.ledger.read()]
        return [one for one in found if isinstance(one, AccessDenied | NotAuthenticated)]

    def held(self) -> dict[str, str]:
        """All there is but the ledger: files by digest, rows of the state by table."""
        home = self.folder / ".lockgate"
        found = {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name not in BESIDE_LEDGER and ".db" not in path.name
        }
        (database,) = home.glob("*.db")
        with sqlite3.connect(database) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in tables.fetchall():
                if name not in LEDGER_TABLES | MOVES_WITH_TIME:
                    rows = connection.execute(f"SELECT * FROM {name}").fetchall()
                    found[name] = repr(sorted(map(repr, rows)))
        connection.close()
        return found


@pytest.fixture
def place(made: tuple[Path, dict[str, str]], tmp_path: Path) -> Place:
    folder, at = made
    shutil.copytree(folder, tmp_path / "p")
    (tmp_path / "out").mkdir()
    return Place(tmp_path / "p", at, tmp_path / "out")


def token(project: Project, record: Record, **other: Any) -> SecretText:
    """A token for anna, with something of it as ``other`` says."""
    at = record.now()
    session = LocalIssuer(project, record).begin("user:anna", ("pwd",), renewable=True).session
    given: dict[str, Any] = {
        "issuer": issuer_name(project),
        "subject": "user:anna",
        "audience": issuer_name(project),
        "issued_at": at,
        "lifetime": timedelta(minutes=10),
        "session": session,
        "kind": PrincipalKind.PERSON,
        "methods": ("pwd",),
        "authenticated_at": at,
        "token_id": "t1",
    }
    return sign_token(issuer_key(record.home), **{**given, **other})


def _expired(record: Record) -> dict[str, Any]:
    then = record.now() - timedelta(hours=2)
    return {"issued_at": then, "authenticated_at": then}


CALLERS: Mapping[str, Callable[[Record], dict[str, Any]] | None] = {
    "unauthenticated": None,
    "expired": _expired,
    "wrong audience": lambda _: {"audience": "lockgate:other"},
    "without a role": lambda _: {},
}
CODES = {
    "unauthenticated": AuthorisationDenied.code,
    "expired": AuthenticationFailed.code,
    "wrong audience": AuthenticationFailed.code,
    "without a role": AuthorisationDenied.code,
}


@pytest.fixture(params=list(CALLERS))
def caller(request: pytest.FixtureRequest, place: Place, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who calls; the project is in production."""
    place.produce()
    other = CALLERS[request.param]
    if other is not None:
        with ExitStack() as resources:
            project, record = place.record(resources)
            given = token(project, record, **other(record))

        held = place.folder.parent / "token"
        held.write_text(given.reveal())
        held.chmod(0o600)
        monkeypatch.setenv("LOCKGATE_TOKEN_FILE", str(held))
    return str(request.param)


def run(name: str, command: Command, place: Place, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command line, in the project's folder, with what is typed."""
    monkeypatch.chdir(place.folder)
    monkeypatch.setenv("LOCKGATE_COPY_PASSPHRASE_FILE", str(place.folder / "copy.word"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(command.typed.encode())))
    words = [word.format(**place.at) if "{" in word else word for word in command.words]
    return invoke([*name.split(), *words, "--project", str(place.folder), "--json"])


def refused(place: Place, before: dict[str, str], denied: int, code: str, said: str) -> None:
    """Refused with the code, one more denial on record, all else as it was."""
    assert code == said
    assert len(place.denials()) > denied
    assert place.held() == before
    assert list(Path(place.at["tmp"]).iterdir()) == []


def said(shown: Any) -> str:
    """The code of the error that was shown."""
    return str(json.loads(shown.out or shown.err)["error"]["code"])


QUICK = {"run", "reveal", "keys rotate", "ledger show", "access grant"}


def _marked(names: Mapping[str, Any], quick: set[str]) -> list[Any]:
    slow = pytest.mark.slow
    return [pytest.param(name, marks=() if name in quick else slow) for name in names]


@pytest.mark.parametrize("name", _marked(COMMANDS, QUICK))
def test_who_may_not_is_refused_by_the_command(
    name: str,
    caller: str,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, denied = place.held(), len(place.denials())
    code = run(name, COMMANDS[name], place, monkeypatch)
    shown = capsys.readouterr()
    assert code == ExitCode.AUTHORISATION, shown
    refused(place, before, denied, CODES[caller], said(shown))


@pytest.mark.parametrize(
    "name", _marked(CALLS, {"Workspace.run", "Workspace.secret", "ProjectKeys.report"})
)
def test_who_may_not_is_refused_by_the_library(name: str, caller: str, place: Place) -> None:
    before, denied = place.held(), len(place.denials())
    with Workspace.open(place.folder) as workspace, pytest.raises(LockgateError) as caught:
        CALLS[name](workspace, place.at)
    refused(place, before, denied, CODES[caller], caught.value.code)


@pytest.mark.parametrize("name", _marked(COMMANDS, QUICK))
def test_who_may_comes_to_the_work_of_the_command(
    name: str,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(name, COMMANDS[name], place, monkeypatch)
    shown = capsys.readouterr()
    assert "LG-501" not in shown.err + shown.out or not place.denials(), shown
    assert code != ExitCode.INTERNAL, shown


def test_a_gate_that_was_opened_asks_at_every_call(place: Place) -> None:
    import pyarrow as pa

    frame = pa.table(ROWS, schema=SCHEMA)
    with Workspace.open(place.folder) as workspace:
        gate: LibraryGate = workspace.gate("people", "study", purpose="test")
        assert gate(frame).released.num_rows == 1
    with lockgate.unsafe_unrecorded_gate(place.folder, "people", "study", purpose="x") as gate:
        assert gate(frame).released.num_rows == 1
    place.produce()
    with (
        pytest.raises(AuthorisationDenied),
        lockgate.unsafe_unrecorded_gate(place.folder, "people", "study", purpose="x"),
    ):
        pass


def test_a_token_given_at_opening_acts_until_its_session_ends(place: Place) -> None:
    with ExitStack() as resources:
        project, record = place.record(resources)
        given = token(project, record)
        with Workspace.open(place.folder) as owner:
            owner.grants.grant("user:anna", "data_engineer", reason="test")
        place.produce()
        with lockgate.open(place.folder, token=given) as workspace:
            assert workspace.gatekeeper.principal.id == "user:anna"
            assert workspace.quarantine_list()
            with pytest.raises(AuthorisationDenied):
                workspace.reveal_file(place.at["file"], "email", purpose="x")
            session = workspace.gatekeeper.principal.session
            found = LocalIssuer(project, record).store.session(session)
            assert found is not None
            with record.state.transaction():
                LocalIssuer(project, record).end(found, "test")
            with pytest.raises(AuthenticationFailed):
                workspace.quarantine_list()


def test_the_table_of_ways_in_names_members_that_are_there() -> None:
    assert all(inspect.isfunction(call) for call in CALLS.values())
