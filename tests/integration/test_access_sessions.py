"""``lockgate.session`` and ``@lockgate.requires`` over a project: who acts, for how long, where."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import lockgate
from lockgate.access.current import acting, standing
from lockgate.errors import (
    AuthenticationFailed,
    AuthorisationDenied,
    LabelError,
    LockgateError,
    UsageError,
)
from session_cases import People, people_of
from small_project import change, make_project

SSN = {"label": "pii.email", "dataset": "people", "purpose": "call back"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("sessions"))


@pytest.fixture
def people(folder: Path) -> Iterator[People]:
    with people_of(folder) as found:
        yield found


@lockgate.requires("reveal", **SSN)
def reveal(value: str = "x") -> str:
    """Reveal."""
    return f"{value} by {who()}"


def who() -> str:
    found = acting()
    return found.id if found else "nobody"


class TestASession:
    def test_lets_the_principal_of_its_token_act_inside_and_nobody_after(self, people) -> None:
        with lockgate.session(people.token("ada", "privacy_officer"), project=people.workspace):
            assert who() == "user:ada"
            assert reveal() == "x by user:ada"
        assert standing() is None
        assert acting() is None

    def test_is_recorded_when_it_begins_and_ends(self, people) -> None:
        token = people.token("ada")
        before = len(people.told("session.started"))
        with lockgate.session(token, project=people.workspace) as session:
            name = session.principal.session
        started, ended = people.told("session.started")[before:], people.told("session.ended")
        assert [(e.principal, e.session, e.reason) for e in started] == [
            ("user:ada", name, "token")
        ]
        assert (ended[-1].principal, ended[-1].session) == ("user:ada", name)
        assert ended[-1].reason == "block-left"

    def test_opens_the_project_where_none_is_open(self, folder, people) -> None:
        token = people.token("ada", "privacy_officer")
        with lockgate.session(token.reveal(), project=folder):
            assert reveal() == "x by user:ada"

    def test_refuses_a_token_that_does_not_verify_and_records_it(self, people) -> None:
        before = len(people.told("authentication.failed"))
        with pytest.raises(AuthenticationFailed) as caught:
            with lockgate.session("a.b.c", project=people.workspace):
                raise AssertionError("the block ran")
        assert "a.b.c" not in f"{caught.value} {caught.value!r}"
        (failed,) = people.told("authentication.failed")[before:]
        assert (failed.principal, failed.reason) == ("unknown", "token-malformed")
        assert acting() is None, "the failed session left nobody behind"

    def test_that_expires_in_the_middle_is_refused_at_the_next_decision(self, people) -> None:
        with lockgate.session(people.token("ada", "privacy_officer"), project=people.workspace):
            reveal()
            people.after(hours=1)
            with pytest.raises(AuthorisationDenied, match="session is over"):
                reveal()
        assert people.denials()[-1] == ("user:ada", "session-expired")
        assert people.told("session.ended")[-1].reason == "expired"

    def test_that_is_ended_elsewhere_is_refused_at_the_next_decision(self, people) -> None:
        with lockgate.session(
            people.token("eve", "privacy_officer"), project=people.workspace
        ) as session:
            reveal()
            found = people.issuer.sessions.get(session.principal.session)
            assert found is not None
            assert people.issuer.sessions.ended(found, people.clock, 0)
            with pytest.raises(AuthorisationDenied, match="session is over"):
                reveal()

    def test_is_entered_once(self, people) -> None:
        session = lockgate.session(people.token("ada"), project=people.workspace)
        with session, pytest.raises(UsageError), session:
            raise AssertionError("entered twice")
        with pytest.raises(UsageError), session:
            raise AssertionError("entered again")

    def test_inside_another_gives_way_to_it_afterwards(self, people) -> None:
        one, other = people.token("ada"), people.token("bob")
        with lockgate.session(one, project=people.workspace):
            with lockgate.session(other, project=people.workspace):
                assert who() == "user:bob"
            assert who() == "user:ada"

    def test_ends_when_its_block_raises(self, people) -> None:
        with (
            pytest.raises(KeyError),
            lockgate.session(people.token("ada"), project=people.workspace),
        ):
            raise KeyError
        assert acting() is None

    def test_says_what_is_done_in_it_for(self, people) -> None:
        @lockgate.requires("reveal", label="pii.email")
        def plain() -> None: ...

        token = people.token("ada", "privacy_officer")
        with lockgate.session(token, project=people.workspace):
            with pytest.raises(AuthorisationDenied, match="purpose"):
                plain()
        with lockgate.session(token, project=people.workspace, purpose="ticket 12"):
            plain()
        assert people.told("access.granted")[-1].purpose == "ticket 12"


class TestADecision:
    def test_is_made_before_the_body_and_recorded(self, people) -> None:
        ran = []

        @lockgate.requires("reveal", **SSN)
        def body() -> None:
            ran.append(1)

        with lockgate.session(people.token("mallory"), project=people.workspace):
            with pytest.raises(AuthorisationDenied, match="no role"):
                body()
        assert not ran
        assert people.denials()[-1] == ("user:mallory", "no-role")

    def test_is_made_at_every_call(self, people) -> None:
        token = people.token("carol", "privacy_officer")
        with lockgate.session(token, project=people.workspace):
            reveal()
        grant = next(g for g in people.workspace.grants.grants() if g.to == "user:carol")
        people.workspace.grants.revoke(grant.id, reason="test")
        with lockgate.session(token, project=people.workspace):
            with pytest.raises(AuthorisationDenied):
                reveal()

    def test_without_a_session_is_the_owners_outside_production(self, folder, monkeypatch) -> None:
        monkeypatch.chdir(folder)
        assert reveal() == "x by nobody"

    def test_without_a_session_is_refused_in_production(self, tmp_path, monkeypatch) -> None:
        made = make_project(tmp_path / "production")
        change(made / "lockgate.yaml", "environment: development", "environment: production")
        monkeypatch.chdir(made)
        with pytest.raises(AuthorisationDenied, match="nobody acts unverified"):
            reveal()

    def test_of_a_label_that_the_project_does_not_know_is_refused(self, people) -> None:
        @lockgate.requires("reveal", label="pii.shoe_size", purpose="x")
        def body() -> None:
            raise AssertionError("it ran")

        with lockgate.session(people.token("ada"), project=people.workspace):
            with pytest.raises(LabelError):
                body()

    @pytest.mark.parametrize(
        ("action", "named"),
        [
            ("peek", {"label": "pii.email"}),
            ("reveal", {}),
            ("reveal", {"zone": "study"}),
            ("reveal", {"label": "No Label"}),
            ("rotate", {"dataset": "people"}),
            ("read-ledger", {"label": "pii.email"}),
            ("run", {"resource": "zone:study"}),
        ],
    )
    def test_of_what_there_is_not_is_refused_when_it_is_decorated(self, action, named) -> None:
        with pytest.raises((UsageError, LabelError)):
            lockgate.requires(action, **named)

    @pytest.mark.parametrize(
        ("action", "named", "kind", "name"),
        [
            ("reveal", {"label": "pii.email", "dataset": "people"}, "label", "pii.email"),
            ("gate", {"dataset": "people", "zone": "study"}, "dataset", "people"),
            ("publish", {"zone": "study", "dataset": "people"}, "zone", "study"),
            ("read-ledger", {}, "ledger", "ledger"),
            ("run", {"resource": "pipeline:people"}, "pipeline", "people"),
            ("rotate", {"resource": "key-domain:email"}, "key-domain", "email"),
        ],
    )
    def test_asks_of_the_thing_that_is_named(self, people, action, named, kind, name) -> None:
        @lockgate.requires(action, purpose="x", **named)
        def body() -> None: ...

        with lockgate.session(people.token("nobody-yet"), project=people.workspace):
            with pytest.raises(AuthorisationDenied):
                body()
        denied = people.told("access.denied")[-1]
        assert (denied.action, denied.resource_kind, denied.resource) == (action, kind, name)


class Clinic:
    @lockgate.requires("reveal", **SSN)
    def method(self) -> str:
        return who()

    @classmethod
    @lockgate.requires("reveal", **SSN)
    def outer_class(cls) -> str:
        return f"{cls.__name__} {who()}"

    @lockgate.requires("reveal", **SSN)
    @classmethod
    def inner_class(cls) -> str:
        return f"{cls.__name__} {who()}"

    @staticmethod
    @lockgate.requires("reveal", **SSN)
    def outer_static() -> str:
        return who()

    @lockgate.requires("reveal", **SSN)
    @staticmethod
    def inner_static() -> str:
        return who()

    @property
    @lockgate.requires("reveal", **SSN)
    def got(self) -> str:
        return who()


@lockgate.requires("reveal", **SSN)
async def later(value: int, /, *, twice: bool = False) -> int:
    await asyncio.sleep(0)
    return value * (2 if twice else 1)


@lockgate.requires("reveal", **SSN)
def items(count: int) -> Iterator[str]:
    for _ in range(count):
        yield who()


@lockgate.requires("reveal", **SSN)
async def items_later(count: int) -> AsyncIterator[str]:
    for _ in range(count):
        await asyncio.sleep(0)
        yield who()


METHODS = {
    "method": lambda: Clinic().method(),
    "classmethod above": Clinic.outer_class,
    "classmethod below": Clinic.inner_class,
    "staticmethod above": Clinic.outer_static,
    "staticmethod below": Clinic.inner_static,
    "property": lambda: Clinic().got,
    "coroutine": lambda: asyncio.run(later(3, twice=True)),
    "generator": lambda: list(items(2)),
    "async generator": lambda: asyncio.run(collected(items_later(2))),
}


async def collected(found: AsyncIterator[str]) -> list[str]:
    return [item async for item in found]


class TestEveryKindOfFunction:
    @pytest.mark.parametrize("kind", METHODS)
    def test_is_guarded(self, people, kind) -> None:
        with lockgate.session(people.token("ada", "privacy_officer"), project=people.workspace):
            assert METHODS[kind]()
        with lockgate.session(people.token("mallory"), project=people.workspace):
            with pytest.raises(AuthorisationDenied):
                METHODS[kind]()

    def test_stays_what_it_is(self) -> None:
        assert inspect.iscoroutinefunction(later)
        assert inspect.isgeneratorfunction(items)
        assert inspect.isasyncgenfunction(items_later)
        assert (
            str(inspect.signature(later)) == "(value: 'int', /, *, twice: 'bool' = False) -> 'int'"
        )
        assert (reveal.__name__, reveal.__doc__) == ("reveal", "Reveal.")

    @pytest.mark.parametrize("thing", [Clinic, property(who), 3, object()])
    def test_and_nothing_else_is(self, thing) -> None:
        with pytest.raises(UsageError, match="goes on a function"):
            lockgate.requires("reveal", **SSN)(thing)

    def test_a_generator_gives_and_takes_as_it_did(self, people) -> None:
        @lockgate.requires("reveal", **SSN)
        def echo() -> Iterator[str]:
            heard = []
            try:
                while True:
                    try:
                        heard.append((yield len(heard)))
                    except KeyError:
                        heard.append("key error")
                    if heard[-1] == "stop":
                        return heard
            finally:
                closed.append(1)

        closed: list[int] = []
        token = people.token("ada", "privacy_officer")
        with lockgate.session(token, project=people.workspace):
            talk = echo()
            assert next(talk) == 0
            assert talk.send("a") == 1
            assert talk.throw(KeyError()) == 2
            with pytest.raises(StopIteration) as stop:
                talk.send("stop")
            assert stop.value.value == ["a", "key error", "stop"]
            talk = echo()
            next(talk)
            talk.close()
        assert closed == [1, 1]


class TestThreadsAndTasks:
    def test_a_thread_without_the_session_has_nobody(self, people) -> None:
        token = people.token("ada", "privacy_officer")
        with lockgate.session(token, project=people.workspace), ThreadPoolExecutor(1) as pool:
            with pytest.raises(AuthenticationFailed):
                pool.submit(reveal).result()
        assert people.denials()[-1] == ("unknown", "unauthenticated")

    def test_one_that_carries_it_acts_in_it_until_it_ends(self, people) -> None:
        token = people.token("ada", "privacy_officer")
        with ThreadPoolExecutor(1) as pool:
            with lockgate.session(token, project=people.workspace) as session:
                carried = lockgate.in_session(reveal)
                assert pool.submit(carried, "y").result() == "y by user:ada"
                assert pool.submit(session.wrap(reveal)).result() == "x by user:ada"
                assert pool.submit(standing).result() is None, "the pool's thread kept it"
            with pytest.raises(AuthorisationDenied, match="session is over"):
                pool.submit(carried).result()

    def test_outside_of_a_session_there_is_nothing_to_carry(self) -> None:
        with pytest.raises(UsageError):
            lockgate.in_session(reveal)

    def test_to_thread_and_tasks_inherit_it(self, people) -> None:
        async def work() -> list[str]:
            async with lockgate.session(
                people.token("ada", "privacy_officer"), project=people.workspace
            ):
                task = asyncio.create_task(asyncio.to_thread(reveal, "task"))
                return [await asyncio.to_thread(reveal, "thread"), await task]

        assert asyncio.run(work()) == ["thread by user:ada", "task by user:ada"]

    def test_run_in_executor_does_not(self, people) -> None:
        async def work() -> str:
            async with lockgate.session(
                people.token("ada", "privacy_officer"), project=people.workspace
            ):
                loop = asyncio.get_running_loop()
                with pytest.raises(AuthenticationFailed):
                    await loop.run_in_executor(None, reveal)
                return await loop.run_in_executor(None, lockgate.in_session(reveal))

        assert asyncio.run(work()) == "x by user:ada"

    def test_a_task_that_outlives_it_is_refused(self, people) -> None:
        async def work() -> None:
            go = asyncio.Event()

            async def late() -> str:
                await go.wait()
                return reveal()

            async with lockgate.session(
                people.token("ada", "privacy_officer"), project=people.workspace
            ):
                task = asyncio.create_task(late())
                await asyncio.sleep(0)
            go.set()
            with pytest.raises(AuthorisationDenied, match="session is over"):
                await task

        asyncio.run(work())

    def test_a_hundred_at_once_do_not_meet(self, people) -> None:
        tokens = {f"p{n}": people.token(f"p{n}") for n in range(100)}

        async def one(name: str) -> bool:
            async with lockgate.session(tokens[name], project=people.workspace):
                for _ in range(3):
                    await asyncio.sleep(0)
                    assert who() == f"user:{name}"
                return await asyncio.to_thread(who) == f"user:{name}"

        async def all_of_them() -> list[bool]:
            return await asyncio.gather(*map(one, tokens))

        assert asyncio.run(all_of_them()) == [True] * 100
        assert standing() is None

    def test_threads_of_a_pool_are_clean_between_requests(self, people) -> None:
        tokens = {f"q{n}": people.token(f"q{n}") for n in range(20)}

        def request(name: str) -> tuple[str, object]:
            assert standing() is None
            try:
                with lockgate.session(tokens[name], project=people.workspace):
                    if name.endswith("3"):
                        raise KeyError(name)
                    return who(), None
            except KeyError:
                return f"user:{name}", standing()

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(request, tokens)) == [(f"user:{n}", None) for n in tokens]


def test_a_thread_started_by_hand_has_nobody(people: People) -> None:
    found: list[LockgateError] = []

    def work() -> None:
        try:
            reveal()
        except LockgateError as error:
            found.append(error)

    with lockgate.session(people.token("ada", "privacy_officer"), project=people.workspace):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert isinstance(found[0], LockgateError)
