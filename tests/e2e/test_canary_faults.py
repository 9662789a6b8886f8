"""A value and a key in the words of whatever fails, at every Protocol: they are shown nowhere.

Each method of each class that keeps a Protocol is made to raise an exception whose message, notes
and cause hold a value of the data and a key. Commands and library calls that meet it are run, and
everything they print, log, report, raise, and leave on the disk is searched.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lockgate.assemble import local_identities
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthenticationFailed, AuthorisationDenied, LockgateError
from lockgate.kernel.interface import Normaliser
from lockgate.secret import SecretText
from protocols import Fault, faults, protocols
from small_project import change, make_project

VALUE = "canary-7391-ssn"
KEY = "c0ffee" * 10 + "beef"
EMAIL = f"{VALUE}@example.org"
ROWS = f"""id,email,born,city
1,{EMAIL},1980-02-29,Oslo
2,{VALUE},1970-01-01,Rome
3,dave@example.org,2001-05-05,
"""
STEPS = """
pipelines:
  people:
    purpose: test
    sources: {people: {contract: people, path: data/people.csv, format: csv}}
    steps:
      adults:
        sql: |
          SELECT id, email, born, city FROM people WHERE id < 100
    sinks:
      study: {zone: study, path: out/study, format: csv}
      coarse: {zone: coarse, path: out/coarse, format: parquet}
"""
PUBLIC = "A" * 43 + "="
SHRED = "\nlabels:\n  pii.birth_date: {shred: subject}\n"

# A Protocol without a fault, and why there is none to inject.
WITHOUT_FAULT = {
    "access.ports.UsedTokens": "a failing one: tests/attack/test_assertion_attacks.py",
    "adapters.identity_providers.tokens.ports.HttpGet": "tests/attack/test_token_key_attacks.py",
    "adapters.connectors.files.text_writer.TextEncoder": "its classes keep BatchWriter's Encoder",
    "kernel.column_chunks.Module": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.rendering.Module": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.splitting.Module": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.judging.Module": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.judging.NativeRule": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.judging.RuleMaker": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.judging.NativeBatch": "compiled: tests/integration/test_kernel_native_process.py",
    "kernel.judging.BatchMaker": "compiled: tests/integration/test_kernel_native_process.py",
}


class Foreign(Exception):
    """A driver's or a vendor's."""


def fail(*args: Any, **kwargs: Any) -> Any:
    """Raise with the canaries wherever an exception can hold words."""
    FAILED.append(1)
    error = Foreign(f"bad value {VALUE} under {KEY}", {VALUE: KEY})
    error.add_note(f"row: {VALUE}")
    logging.getLogger("vendor").error("cannot do %s with %s", VALUE, KEY)
    raise error from ValueError(f"{VALUE} {KEY}")


FAILED: list[int] = []


def command(*words: str) -> Callable[[Path], None]:
    """A command line, for machines and for people, each with all the words it has."""

    def run(folder: Path) -> None:
        given = [word.replace("{}", str(folder)) for word in words]
        for face in (["--json"], ["--verbose"]):
            invoke([*given, "--project", str(folder), *face])

    return run


def released(folder: Path) -> Path:
    """The CSV that the first run released."""
    return next(iter(sorted((folder / "out/study").glob("run-*/part-*.csv"))))


def rerun(folder: Path) -> None:
    change(folder / "data/people.csv", "Oslo", "Oslo1")
    command("run", "people")(folder)


def reveal(folder: Path) -> None:
    words = ["reveal", "--file", str(released(folder)), "--column", "email", "--purpose", "x"]
    command(*words)(folder)
    command(*words, "--to", str(folder / "out/revealed.csv"))(folder)


def called(act: Callable[[Workspace], object]) -> Callable[[Path], None]:
    """A call of the library, whose exception is shown as Python shows it."""

    def run(folder: Path) -> None:
        try:
            with Workspace.open(folder) as workspace:
                act(workspace)
        except LockgateError as error:
            sys.stdout.write("".join(traceback.format_exception(error)) + repr(error.args))
            inner: BaseException | None = error
            while inner is not None:
                sys.stdout.write(f"{inner} {inner.args} {getattr(inner, '__notes__', ())}")
                inner = inner.__context__ or inner.__cause__

    return run


def gate(workspace: Workspace) -> None:
    rows = {"id": [1, 2], "email": [EMAIL, VALUE], "born": [None, None], "city": ["Oslo", None]}
    schema = {"id": pa.int64(), "email": pa.string(), "born": pa.date32(), "city": pa.string()}
    workspace.gate("people", "study", purpose="x")(pa.table(rows, schema=pa.schema(schema)))


def fails_in_progress(workspace: Workspace) -> None:
    workspace.run("people", progress=fail)


def local_accounts(workspace: Workspace) -> None:
    """A user who comes, logs in, guesses, and goes."""
    here = (workspace.project, record_of(workspace))
    password = SecretText("tall green lamp")
    workspace.accounts.add_user("ada", password, "x")
    tokens = local_identities.log_in(*here, "ada", password)
    with Workspace.open(workspace.project.folder, token=tokens.access) as hers:
        with contextlib.suppress(AuthorisationDenied):
            hers.rotate("email")
    with contextlib.suppress(AuthenticationFailed):
        local_identities.log_in(*here, "ada", SecretText("tall green lamb"))
    assert tokens.refresh is not None
    renewed = local_identities.renew(*here, tokens.refresh)
    assert renewed.refresh is not None
    local_identities.log_out(*here, renewed.refresh)
    workspace.accounts.set_password("ada", SecretText("quiet river stone"), "x")
    workspace.accounts.disable("user:ada", "x")


def two_persons(folder: Path) -> None:
    """Something that another person has to approve."""
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("\naccess:\n  two_person: [destroy-key]\n")
    command("keys", "destroy", "badge", "--all", "--purpose", "x", "--yes")(folder)


SCENARIOS: dict[str, Callable[[Path], None]] = {
    "run": rerun,
    "gate": called(gate),
    "reveal": reveal,
    "shown rejects": command("quarantine", "show", "--values", "--purpose", "x"),
    "replay": command("quarantine", "replay", "--purpose", "x"),
    "rewrap": command("keys", "rewrap", "{}/out/study", "--purpose", "x"),
    "keys": command("keys", "list"),
    "rotate": command("keys", "rotate", "email"),
    "destroy": command("keys", "destroy", "badge", "--all", "--purpose", "x", "--yes"),
    "shred": command("keys", "shred", "1", "--purpose", "x", "--yes"),
    "doctor": command("doctor"),
    "ledger": command("ledger", "verify"),
    "probe": command("check", "--probe"),
    "secret": called(lambda workspace: workspace.secret("secret://env/HOME")),
    "first administrator": command("access", "init", "--admin", "user:ada"),
    "grant": command("access", "grant", "user:bob", "auditor", "--reason", "x"),
    "grants": command("access", "grants"),
    "two persons": two_persons,
    "accounts": command("access", "users", "list"),
    "service account": command("access", "service", "add", "nightly", "--public-key", PUBLIC),
    "local log-in": called(local_accounts),
    "secret file": called(lambda workspace: workspace.secret("secret://file/x")),
    "discard": called(
        lambda workspace: [
            workspace.quarantine_discard(one.run_id, purpose="x")
            for one in workspace.quarantine_list()
        ]
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("canary") / "p", ROWS)
    (folder / "pipelines/people.yaml").write_text(STEPS)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(SHRED)
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
        workspace.create_domains(["badge"], normaliser=Normaliser.EXACT)
        workspace.run("people")
    return folder


@pytest.fixture(autouse=True)
def portable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel whose methods can be made to fail."""
    monkeypatch.setenv("LOCKGATE_KERNEL", "portable")


def observed(run: Callable[[Path], None], project: Path, folder: Path) -> bytes:
    """All that a scenario prints, logs and leaves, but the input itself."""
    copy = folder / "p"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project, copy)
    reports = folder / "tmp"
    reports.mkdir(exist_ok=True)
    out, err = io.StringIO(), io.StringIO()
    before = tempfile.tempdir
    tempfile.tempdir = str(reports)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(copy)
    finally:
        tempfile.tempdir = before
    left = [
        path
        for path in (*copy.rglob("*"), *reports.rglob("*"))
        if path.is_file() and path != copy / "data/people.csv" and path.name != "revealed.csv"
    ]
    return b"\n".join(
        [out.getvalue().encode(), err.getvalue().encode(), *(path.read_bytes() for path in left)]
    )


ALL = faults()


@pytest.fixture(scope="module")
def reached(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Fault, str]:
    """Which scenario first comes by which method, when nothing fails."""
    seen: dict[Fault, str] = {}
    now = ""

    def counting(fault: Fault, member: Any) -> Any:
        function = member.fget if isinstance(member, property) else member

        def call(*args: Any, **kwargs: Any) -> Any:
            seen.setdefault(fault, now)
            return function(*args, **kwargs)

        return property(call) if isinstance(member, property) else call

    patch = pytest.MonkeyPatch()
    patch.setenv("LOCKGATE_KERNEL", "portable")
    try:
        for fault in ALL:
            member = next(
                vars(b)[fault.method] for b in fault.kind.__mro__ if fault.method in vars(b)
            )
            patch.setattr(fault.kind, fault.method, counting(fault, member))
        for now, run in SCENARIOS.items():  # noqa: B007 - `counting` reads it
            observed(run, project, tmp_path_factory.mktemp("reached"))
    finally:
        patch.undo()
    return seen


@pytest.mark.slow
def test_every_protocol_has_a_fault(reached: dict[Fault, str]) -> None:
    """A new Protocol without one fails here: give it a scenario, or say why it has none."""
    with_fault = {name for name in protocols() if any(f.protocol == name for f in reached)}
    shared = {f.protocol for f in reached}
    missing = set(protocols()) - with_fault - shared - set(WITHOUT_FAULT)
    assert missing == set()
    assert set(WITHOUT_FAULT) <= set(protocols()), "no reason outlives its Protocol"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({fault.protocol for fault in ALL}))
def test_no_words_of_a_fault_are_shown(
    name: str,
    project: Path,
    reached: dict[Fault, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = []
    for fault, scenario in reached.items():
        if fault.protocol != name:
            continue
        FAILED.clear()
        with monkeypatch.context() as patch:
            member = getattr(fault.kind, fault.method)
            patch.setattr(
                fault.kind, fault.method, property(fail) if isinstance(member, property) else fail
            )
            told = observed(SCENARIOS[scenario], project, tmp_path)
        assert FAILED, f"{fault} was not reached in {scenario}"
        shown += [f"{fault} in {scenario}" for part in (VALUE, KEY) if part.encode() in told]
    assert shown == []


@pytest.mark.slow
def test_no_words_of_a_failing_progress_are_shown(project: Path, tmp_path: Path) -> None:
    FAILED.clear()

    def run(folder: Path) -> None:
        change(folder / "data/people.csv", "Oslo", "Oslo1")
        called(fails_in_progress)(folder)

    told = observed(run, project, tmp_path)
    assert FAILED
    assert VALUE.encode() not in told
    assert KEY.encode() not in told
    assert b"internal error (Exception)" in told  # a class of no known library is not named
    assert b"Foreign" not in told


def test_the_search_would_find_the_words(project: Path, tmp_path: Path) -> None:
    def run(folder: Path) -> None:
        sys.stdout.write(json.dumps({"said": VALUE}))
        (folder / "left").write_text(KEY)

    told = observed(run, project, tmp_path)
    assert VALUE.encode() in told
    assert KEY.encode() in told
