"""Attacks on sessions and on functions that are guarded by ``@lockgate.requires``."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import pickle
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import lockgate
from lockgate.access.current import acting, standing
from lockgate.errors import AuthenticationFailed, AuthorisationDenied, UsageError
from session_cases import People, people_of
from small_project import make_project

GUARD = {"label": "pii.email", "dataset": "people", "purpose": "call back"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Officer may reveal, in whichever order the tests are run."""
    made = make_project(tmp_path_factory.mktemp("attacks") / "one")
    with people_of(made) as found:
        found.token("officer", "privacy_officer")
    return made


@pytest.fixture
def people(folder: Path) -> Iterator[People]:
    with people_of(folder) as found:
        yield found


def who() -> str:
    found = acting()
    return found.id if found else "nobody"


@lockgate.requires("reveal", **GUARD)
def guarded(*args: Any, **kwargs: Any) -> str:
    return who()


@lockgate.requires("reveal", **GUARD)
def rows() -> Iterator[str]:
    try:
        while True:
            yield who()
    finally:
        CLOSED.append(1)


CLOSED: list[int] = []


def test_a_principal_as_an_argument(people: People) -> None:
    officer = people.token("officer")
    with lockgate.session(officer, project=people.workspace) as session:
        principal = session.principal
        assert guarded() == "user:officer"
    with lockgate.session(people.token("eve"), project=people.workspace):
        for args, kwargs in (
            ((principal,), {}),
            ((), {"principal": principal}),
            ((), {"session": session, "token": officer, "purpose": "x", "label": "public"}),
        ):
            with pytest.raises(AuthorisationDenied, match="user:eve"):
                guarded(*args, **kwargs)


def test_a_callee_that_leaves_its_own_session_open(people: People) -> None:
    officer, eve = people.token("officer"), people.token("eve")
    left = ExitStack()

    @lockgate.requires("reveal", **GUARD)
    def callee() -> str:
        left.enter_context(lockgate.session(eve, project=people.workspace))
        return who()

    @lockgate.requires("reveal", **GUARD)
    def items() -> Iterator[str]:
        left.enter_context(lockgate.session(eve, project=people.workspace))
        yield who()

    with lockgate.session(officer, project=people.workspace):
        assert callee() == "user:eve"
        assert who() == "user:officer"
        assert list(items()) == ["user:eve"]
        assert who() == "user:officer"
        left.close()
    assert standing() is None


def test_sessions_that_are_left_in_the_wrong_order(people: People) -> None:
    one = lockgate.session(people.token("officer"), project=people.workspace)
    other = lockgate.session(people.token("eve"), project=people.workspace)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    with pytest.raises(AuthenticationFailed):
        guarded()  # the other one is open, and is not this context's
    assert people.denials()[-1] == ("unknown", "unauthenticated")
    other.__exit__(None, None, None)
    assert standing() is None


def test_a_generator_that_opened_a_session_is_closed_in_anothers(people: People) -> None:
    def lends() -> Generator[None]:
        with lockgate.session(people.token("eve"), project=people.workspace):
            yield

    def elsewhere() -> str:
        with lockgate.session(people.token("other"), project=people.workspace):
            began.close()
            return who()

    with lockgate.session(people.token("officer"), project=people.workspace):
        began = lends()
        next(began)
        assert contextvars.Context().run(elsewhere) == "user:other"


def test_a_generator_that_goes_on_after_its_session(people: People) -> None:
    with lockgate.session(people.token("officer"), project=people.workspace):
        found = rows()
        assert next(found) == "user:officer"
    before = len(CLOSED)
    with pytest.raises(AuthenticationFailed):
        next(found)
    assert len(CLOSED) == before + 1
    assert people.denials()[-1] == ("user:officer", "session-expired")
    with pytest.raises(StopIteration):
        next(found)


def test_a_generator_that_another_session_goes_on_with(people: People) -> None:
    with lockgate.session(people.token("officer"), project=people.workspace):
        found = rows()
        next(found)
        with lockgate.session(people.token("eve"), project=people.workspace):
            with pytest.raises(AuthenticationFailed):
                next(found)
    assert people.denials()[-1] == ("user:eve", "session-expired")


def test_a_generator_begun_by_the_owner_that_a_session_goes_on_with(
    people: People, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    found = rows()
    next(found)
    with lockgate.session(people.token("eve"), project=people.workspace):
        with pytest.raises(AuthenticationFailed):
            next(found)


def test_a_generator_whose_session_expires_between_two_items(people: People) -> None:
    with lockgate.session(people.token("officer"), project=people.workspace):
        found = rows()
        next(found)
        people.after(hours=1)
        with pytest.raises(AuthorisationDenied, match="session is over"):
            next(found)


def test_a_coroutine_made_in_one_session_and_awaited_in_another(people: People) -> None:
    @lockgate.requires("reveal", **GUARD)
    async def later() -> str:
        return who()

    officer, eve = people.token("officer"), people.token("eve")

    async def work() -> None:
        async with lockgate.session(officer, project=people.workspace):
            made = later()
        async with lockgate.session(eve, project=people.workspace):
            with pytest.raises(AuthorisationDenied, match="user:eve"):
                await made

    asyncio.run(work())


def test_a_session_of_another_project(people: People, tmp_path: Path) -> None:
    """Whoever is ``user:officer`` there is not ``user:officer`` here."""
    with people_of(make_project(tmp_path / "two")) as others:
        token = others.token("officer", "privacy_officer")
        with lockgate.session(token, project=others.workspace):
            assert others.workspace.gatekeeper.principal.id == "user:officer"
            with pytest.raises(AuthenticationFailed):
                people.workspace.quarantine_list()
            with pytest.raises(AuthenticationFailed):
                people.workspace.gatekeeper.principal  # noqa: B018
        with pytest.raises(AuthenticationFailed):
            lockgate.session(token, project=people.workspace).__enter__()


def test_a_session_that_is_pickled_copied_or_shown(people: People) -> None:
    token = people.token("officer")
    with lockgate.session(token, project=people.workspace) as session:
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(UsageError):
                take(session)
        assert token.reveal() not in f"{session} {session!r} {vars(session)}"


def test_a_token_that_is_no_text() -> None:
    for given in (None, b"abc", 3, object()):
        with pytest.raises((UsageError, TypeError)):
            lockgate.session(given)  # type: ignore[arg-type]
