"""``@lockgate.audited``: who called what, and never with what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import lockgate
from lockgate.assemble.opened_project import record_of
from lockgate.errors import AuthenticationFailed, AuthorisationDenied, LedgerUnwritable, UsageError
from session_cases import People, people_of
from small_project import make_project

SECRET = "canary-7391-ssn"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("audited"))


@pytest.fixture
def people(folder: Path) -> Iterator[People]:
    with people_of(folder) as found:
        yield found


@lockgate.audited(action="export-report", arguments=("group", "number"))
def export(group: str, number: str, secret: str = "") -> str:
    if secret == "raise":
        raise KeyError(SECRET)
    return SECRET


@lockgate.audited
async def later() -> None:
    raise asyncio.CancelledError


@lockgate.audited
def items() -> Iterator[int]:
    yield 1
    yield 2


@lockgate.requires("reveal", label="pii.email", purpose="x")
@lockgate.audited
def inner() -> None: ...


@lockgate.audited
@lockgate.requires("reveal", label="pii.email", purpose="x")
def outer() -> None: ...


def test_records_who_what_how_and_nothing_of_the_data(people: People) -> None:
    with lockgate.session(people.token("ada"), project=people.workspace, purpose="ticket 7"):
        assert export("oncology", SECRET, secret=SECRET) == SECRET
        with pytest.raises(KeyError):
            export("oncology", "one", secret="raise")
    done, raised = people.told("call.audited")[-2:]
    assert (done.principal, done.action, done.reason) == ("user:ada", "export-report", "returned")
    assert done.function == f"{__name__}.export"
    assert done.names == (("group", "oncology"), ("number", "[not a plain name]"))
    assert (done.purpose, done.error) == ("ticket 7", "")
    assert (raised.reason, raised.error) == ("raised", "KeyError")
    assert SECRET not in json.dumps([e.model_dump(mode="json") for e in (done, raised)])


def test_says_how_a_call_ended(people: People) -> None:
    with lockgate.session(people.token("bob"), project=people.workspace):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(later())
        assert list(items()) == [1, 2]
        started = items()
        next(started)
        started.close()
        with pytest.raises(AuthorisationDenied):
            outer()
        before = len(people.told("call.audited"))
        with pytest.raises(AuthorisationDenied):
            inner()
        assert len(people.told("call.audited")) == before, "its body never began"
    reasons = [event.reason for event in people.told("call.audited")[-4:]]
    assert reasons == ["cancelled", "returned", "left", "refused"]


def test_refuses_a_thread_that_has_nobody(people: People) -> None:
    ran = []
    body = lockgate.audited(lambda: ran.append(1))

    async def work() -> None:
        await asyncio.get_running_loop().run_in_executor(None, body)

    with lockgate.session(people.token("ada"), project=people.workspace):
        with pytest.raises(AuthenticationFailed):
            asyncio.run(work())
    assert not ran


def test_withholds_what_could_not_be_recorded(people: People, monkeypatch) -> None:
    def full(*events: object) -> None:
        raise LedgerUnwritable("full")

    with lockgate.session(people.token("ada"), project=people.workspace):
        with monkeypatch.context() as patched:
            patched.setattr(record_of(people.workspace).ledger, "append", full)
            with pytest.raises(LedgerUnwritable):
                export("oncology", "one")


@pytest.mark.parametrize("words", [{"action": SECRET}, {"arguments": ("nothing",)}])
def test_what_does_not_fit_is_refused_when_it_is_decorated(words: dict) -> None:
    with pytest.raises(UsageError):
        lockgate.audited(**words)(export)
