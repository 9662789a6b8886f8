"""Deciding as one person and being recorded, or counted, as another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import lockgate
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText
from session_cases import People, people_of
from small_project import make_project

RECORDS = ("run.started", "release.intent", "release.done", "data.revealed")


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_of(make_project(tmp_path / "p")) as made:
        yield made


def others(people: People) -> set[str]:
    """Whom records of data name, but for the project's owner."""
    names = {event.principal for event in people.told(*RECORDS)}
    return {name for name in names if not name.startswith("os:")}


def test_a_token_that_becomes_somebody_elses_after_the_decision(people: People) -> None:
    people.workspace.run("people")
    file = next((people.workspace.project.folder / "out/study").rglob("part-*.csv"))
    eve, bob = people.token("eve", "privacy_officer"), people.token("bob")

    refused = 0
    for before in range(1, 12):  # how many times eve is said to act before bob is
        said = iter([eve] * before)
        token = lambda said=said: next(said, bob)  # noqa: E731
        with Workspace.open(people.workspace.project.folder, token=token) as workspace:
            try:
                workspace.reveal_file(file, "email", purpose="support")
            except AuthenticationFailed:
                refused += 1
    assert 1 <= refused < 11
    assert others(people) == {"user:eve"}


def test_a_token_file_that_is_replaced_during_a_run(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engineer, bob = people.token("eng", "data_engineer"), people.token("bob")
    file = tmp_path / "token"

    def put(token: SecretText) -> None:
        new = tmp_path / "new"
        new.touch(0o600)
        new.write_text(token.reveal())
        new.rename(file)

    put(engineer)
    monkeypatch.setenv("LOCKGATE_TOKEN_FILE", str(file))
    with lockgate.open(people.workspace.project.folder) as workspace:
        with pytest.raises(AuthenticationFailed):
            workspace.run("people", progress=lambda *_: put(bob))
        put(engineer)
        assert workspace.run("people").sinks
    assert others(people) == {"user:eng"}


def test_a_callback_that_leaves_another_session_open(people: People) -> None:
    bob, left = people.token("bob"), ExitStack()

    def progress(*_: object) -> None:
        left.enter_context(lockgate.session(bob, project=people.workspace))

    engineer = people.token("eng", "data_engineer")
    with (
        left,
        lockgate.session(engineer, project=people.workspace),
        pytest.raises(AuthenticationFailed),
    ):
        people.workspace.run("people", progress=progress)
    assert others(people) <= {"user:eng"}


def test_a_callback_may_do_something_in_a_session_of_its_own(people: People) -> None:
    officer, seen = people.token("officer", "auditor"), list[int]()

    def progress(*_: object) -> None:
        with lockgate.session(officer, project=people.workspace):
            seen.append(sum(1 for _ in people.workspace.ledger.read()))

    engineer = people.token("eng", "data_engineer")
    with lockgate.session(engineer, project=people.workspace):
        people.workspace.run("people", progress=progress)
    assert seen
    assert others(people) == {"user:eng"}
