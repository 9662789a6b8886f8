"""What a second person approved is what is done: not another version, person, or way back."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acting_as import act_as
from lockgate.access.action import Action
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.principal import Principal
from lockgate.access.resource import key_domain
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.ledger.key_events import KeysExported, KeysImported
from lockgate.secret import SecretBytes
from small_project import make_project
from two_persons import ADA, BOB, give_account

Call = Callable[..., tuple[int, Any]]
DESTROY = ("keys", "destroy", "email", "--purpose", "ended", "--yes")
SHRED = ("--purpose", "erasure", "--yes")


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    folder = make_project(tmp_path / "p")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("\naccess:\n  two_person: [destroy-key, shred, resurrect-keys]\n")

    def run(*words: str, who: Principal | None = None) -> tuple[int, Any]:
        given = [*words, "--project", str(folder), "--json"]
        if who is None:
            code = invoke(given)
        else:
            with act_as(who):
                code = invoke(given)
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    assert run("access", "init", "--admin", ADA.id)[0] == 0
    give_account(folder, BOB)
    for role in ("security_officer", "privacy_officer"):
        assert run("access", "grant", BOB.id, role, "--reason", "x", who=ADA)[0] == 0
    assert run("run", "people")[0] == 0
    return run


def line_of(refused: tuple[int, Any]) -> list[str]:
    """The words of the request that the refusal told of."""
    code, told = refused
    assert code == 7, told
    return shlex.split(told["error"]["hint"])[1:]


def approve(call: Call, refused: tuple[int, Any]) -> str:
    asked = call(*line_of(refused))[1]["requested"]
    assert call("access", "approve", asked["id"], "--yes", who=BOB)[0] == 0
    return str(asked["resource"])


def test_a_word_for_one_version_destroys_no_other_and_not_the_domain(call: Call) -> None:
    for _ in range(2):
        assert call("keys", "rotate", "email", "--purpose", "new")[0] == 0
    one = (*DESTROY, "--version", "1")
    assert approve(call, call(*one)) == "key-domain:email;detail=destroy encryption 1"
    assert call(*DESTROY, "--all")[0] == 7
    assert call(*DESTROY, "--version", "2")[0] == 7
    back = ("keys", "cancel-destruction", "email", "--version", "1", "--purpose", "ended")
    assert line_of(call(*back))[3] == "key-domain:email;detail=cancel encryption 1"
    assert call(*one)[0] == 0
    assert call(*one)[0] == 7


def test_a_word_for_calling_back_destroys_nothing(call: Call) -> None:
    approve(call, call("keys", "cancel-destruction", "email", "--purpose", "ended"))
    assert call(*DESTROY, "--all")[0] == 7


def test_a_word_for_one_person_shreds_no_other(call: Call) -> None:
    mine, other = ("keys", "shred", "1", *SHRED), ("keys", "shred", "2", *SHRED)
    asked = approve(call, call(*mine))
    assert line_of(call(*other))[3] != asked
    again = call("keys", "shred", "--replay", *SHRED)
    assert line_of(again)[3] != asked
    assert call(*mine)[0] == 0
    assert call(*other)[0] == 7


def test_a_word_for_one_copy_brings_back_no_other(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = tmp_path / "words"
    words.write_text("a passphrase that is long")
    words.chmod(0o600)
    monkeypatch.setenv("LOCKGATE_COPY_PASSPHRASE_FILE", str(words))
    first, second = tmp_path / "first", tmp_path / "second"
    for copy in (first, second):
        assert call("keys", "export", str(copy), "--purpose", "copy")[0] == 0
    back = ("--unsafe-resurrect", "--purpose", "mistake")
    asked = approve(call, call("keys", "import", str(first), *back))
    assert asked == f"key-domain:all;detail=copy {_digest(first)}"
    assert call("keys", "import", str(second), *back)[0] == 7
    approved = first.read_bytes()
    first.write_bytes(second.read_bytes())
    assert call("keys", "import", str(first), *back)[0] == 7
    second.write_bytes(approved)
    assert call("keys", "import", str(second), *back)[0] == 0
    assert call("keys", "import", str(second), *back)[0] == 7


def test_a_copy_that_is_swapped_while_it_is_decided_on(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, folder = SecretBytes(b"a passphrase that is long"), tmp_path / "p"
    with Workspace.open(folder) as workspace:
        for name in ("first", "second"):
            workspace.keys.export(tmp_path / name, words, "copy")
        asked = workspace.grants.ask(
            Action.RESURRECT_KEYS,
            key_domain("all", f"copy {_digest(tmp_path / 'first')}"),
            purpose="mistake",
            reason="x",
        )
    assert call("access", "approve", asked.id, "--yes", who=BOB)[0] == 0
    decided = Gatekeeper.permit_all

    def swap(*given: Any) -> Any:
        decision = decided(*given)
        (tmp_path / "first").write_bytes((tmp_path / "second").read_bytes())
        return decision

    monkeypatch.setattr(Gatekeeper, "permit_all", swap)
    with Workspace.open(folder) as workspace:
        workspace.keys.restore(tmp_path / "first", words, "mistake", unsafe_resurrect=True)
        events = [one.event for one in record_of(workspace).ledger.read()]
    exported = [one.copy_id for one in events if isinstance(one, KeysExported)]
    [imported] = [one.copy_id for one in events if isinstance(one, KeysImported)]
    assert imported == exported[0]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_ended_is_asked_for_exactly(call: Call) -> None:
    why = ("--purpose", "ended", "--reason", "agreed")
    for action, command in (
        ("destroy-key", "keys destroy"),
        ("shred", "keys shred"),
        ("resurrect-keys", "keys import --unsafe-resurrect"),
    ):
        code, refused = call("access", "request", action, "key-domain:email", *why)
        assert code == 2
        assert command in refused["error"]["hint"]


def test_a_name_without_its_kind_is_told_with_it(call: Call) -> None:
    why = ("--purpose", "ended", "--reason", "agreed")
    code, refused = call("access", "request", "destroy-key", "email", *why)
    assert code == 2
    assert refused["error"]["hint"] == "write key-domain:email"
