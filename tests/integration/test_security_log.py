"""Every security event is in the log as soon as it is in the ledger, and neither alone."""

from __future__ import annotations

import inspect
import json
import logging
import re
import typing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import lockgate
from lockgate.access.principal_kinds import principal_kinds
from lockgate.access.settings import AccessSettings
from lockgate.assemble.opened_project import record_of
from lockgate.cli.logging import JsonFormatter
from lockgate.errors import AuthenticationFailed, AuthorisationDenied
from lockgate.ledger import access_events
from lockgate.ledger.access_events import AccessDenied, BreakGlassOpened, GrantAdded
from lockgate.redaction import RedactionFilter
from lockgate.run.security_log import LOGGER, SEVERITY, SecurityLog
from session_cases import people_of
from small_project import make_project

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVENTS = (*typing.get_args(access_events.AccessEvent), AccessDenied)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("events"))


def as_json(record: logging.LogRecord) -> dict:
    RedactionFilter().filter(record)
    return json.loads(JsonFormatter().format(record))


def denied(at: datetime = NOON, **other: str) -> AccessDenied:
    told = {"principal": "user:eve", "purpose": "x", "action": "reveal", "resource": "pii.email"}
    told |= {"reason": "no-role", "source": "db1/pts-3", "session": "5e" * 16} | other
    return AccessDenied(at=at, **told)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> SecurityLog:
    caplog.set_level(logging.INFO, LOGGER)
    return SecurityLog(principal_kinds(AccessSettings()))


def test_every_event_has_a_severity_a_row_and_a_producer(repository: Path) -> None:
    page = (repository / "docs/reference/security-events.md").read_text()
    source = [
        path.read_text()
        for path in (repository / "src/lockgate").rglob("*.py")
        if path.parent.name != "ledger"
    ]
    for event in EVENTS:
        kind = event.model_fields["kind"].default
        assert kind in SEVERITY, kind
        assert f"| `{kind}` |" in page, kind
        name = "FailedEvent" if kind == "authentication.failed" else event.__name__
        made = re.compile(rf"\b{name}\(|tell\(\s*{name},")
        assert any(made.search(text) for text in source), f"nothing makes a {event.__name__}"
    assert len(SEVERITY) == len(EVENTS)
    there = {
        member
        for _, member in inspect.getmembers(access_events, inspect.isclass)
        if issubclass(member, access_events.EventBase) and "kind" in member.model_fields
    }
    assert there == set(EVENTS)


def test_a_denial_has_the_fields_that_are_asked_for(log, caplog) -> None:
    log([denied()])
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("lockgate.security", logging.WARNING)
    told = as_json(record)
    wanted = {
        "event": "access.denied", "outcome": "failure", "severity": "medium",
        "time": "2026-05-04T12:00:00+00:00", "principal": "user:eve", "principal_kind": "person",
        "source_host": "db1", "source_terminal": "pts-3", "session": "5e" * 16, "count": 1,
        "action": "reveal", "resource": "pii.email", "reason": "no-role", "run_id": None,
        "roles": [],
    }  # fmt: skip
    assert {name: told.get(name) for name in wanted} == wanted
    assert told["pid"] > 0


def test_levels(log, caplog) -> None:
    told = {"at": NOON, "principal": "user:eve", "purpose": "x", "source": "h", "reason": "r"}
    log([GrantAdded(grant_id="g", to="user:eve", role="auditor", **told)])
    log([BreakGlassOpened(break_glass_id="b", role="admin", expires_at=NOON, **told)])
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.WARNING]


def test_a_flood_of_equal_denials_is_told_together(log, caplog) -> None:
    for second in range(50):
        log([denied(NOON + timedelta(seconds=second))])
    log([denied(NOON, principal="user:bob")])
    assert [record.count for record in caplog.records] == [1, 1]
    log([denied(NOON + timedelta(seconds=60))])
    assert (caplog.records[2].principal, caplog.records[2].count) == ("user:eve", 49)
    log([denied(NOON + timedelta(seconds=61))])
    log.settle()
    assert sum(r.count for r in caplog.records if r.principal == "user:eve") == 52


def test_a_secret_in_a_purpose_is_struck_out(log, caplog) -> None:
    log([denied(purpose="with password=hunter2hunter2")])
    assert "hunter2" not in json.dumps(as_json(caplog.records[0]))


def test_ids_that_look_like_addresses_are_told_whole(log, caplog) -> None:
    log([denied(principal="os:root@db1")])
    assert as_json(caplog.records[0])["principal"] == "os:root@db1"


def test_a_handler_that_fails_undoes_nothing(log) -> None:
    asked = []

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            asked.append(record)
            raise OSError("full")

    broken = Broken()
    logging.getLogger(LOGGER).addHandler(broken)
    try:
        log([denied()])
    finally:
        logging.getLogger(LOGGER).removeHandler(broken)
    assert len(asked) == 1


def test_the_log_has_what_the_ledger_has_and_in_its_order(folder, caplog) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    guarded = lockgate.requires("reveal", label="pii.email", purpose="x")(lambda: None)
    with people_of(folder) as people:
        before = len(people.told(*SEVERITY))
        token, officer = people.token("eve"), people.token("ada", "privacy_officer")
        with lockgate.session(token, project=people.workspace):
            with pytest.raises(AuthorisationDenied):
                guarded()
        with lockgate.session(officer, project=people.workspace):
            guarded()
        with pytest.raises(AuthenticationFailed):
            lockgate.session("x.y.z", project=people.workspace).__enter__()
        recorded = [event.kind for event in people.told(*SEVERITY)[before:]]
    logged = [r.event for r in caplog.records if r.name == LOGGER]
    assert logged == recorded
    assert {"session.started", "access.denied", "access.granted", "authentication.failed"} <= set(
        recorded
    )
    shown = "".join(json.dumps(as_json(record)) for record in caplog.records)
    assert token.reveal() not in shown
    assert officer.reveal() not in shown


def test_what_was_undone_is_not_logged(folder, caplog) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    with people_of(folder) as people:
        record = record_of(people.workspace)
        with pytest.raises(KeyError), record.state.transaction():
            record.append(denied())
            raise KeyError
        assert not [r for r in caplog.records if r.name == LOGGER]
        record.append(denied())
        assert [r.event for r in caplog.records if r.name == LOGGER] == ["access.denied"]
