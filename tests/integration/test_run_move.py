"""Pieces on many threads: results and failures in the input's order, nobody left working."""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.model import Mode
from lockgate.errors import (
    EnvironmentFailed,
    IntegrityError,
    LimitExceeded,
    LockgateError,
    SourceError,
)
from lockgate.ledger.event import RunRefused
from lockgate.log_context import current_run
from lockgate.run import move as moving
from lockgate.run.ports import StagedFile
from lockgate.run.runner import RunResult
from lockgate.testing.memory_sink import MemorySession, MemorySink
from lockgate.testing.memory_source import MemorySource, nothing
from small_project import make_project

PIECES, ROWS = 40, 5
Happens = Callable[[int], None]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("template") / "people")


class Runs:
    """Runs of the small project from memory to memory."""

    def __init__(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sink = MemorySink()
        self.source = MemorySource(pieces())
        self.project = project
        pipelines = "lockgate.assemble.pipelines"
        monkeypatch.setattr(f"{pipelines}.FileSource", lambda *_, **__: self.source)
        sinks = "lockgate.assemble.pipeline_sinks"
        monkeypatch.setattr(f"{sinks}.FileSink", lambda *_, **__: self.sink)

    def __call__(
        self,
        *,
        read: Happens = nothing,
        parsed: Happens = nothing,
        writing: Happens = nothing,
        lanes: int = 1,
    ) -> RunResult:
        self.source = MemorySource(pieces(), read, parsed)
        self.sink = MemorySink(lanes, writing)
        with Workspace.open(self.project) as workspace:
            return workspace.run("people")

    def refused(self) -> list[RunRefused]:
        with Workspace.open(self.project) as workspace:
            events = [entry.event for entry in workspace.ledger.read()]
        return [event for event in events if isinstance(event, RunRefused)]

    def nothing_is_left(self) -> None:
        assert [session.wrongs for session in self.sink.sessions] == [[], []]
        assert {session.state for session in self.sink.sessions} == {"discarded"}
        assert not [*self.project.rglob("*.part"), *self.project.rglob("*.sealed")]
        assert not [t for t in threading.enumerate() if t.name.startswith("lockgate-gate")]


@pytest.fixture
def run(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr(moving, "usable_cores", lambda: 4)
    return Runs(Path(shutil.copytree(template, tmp_path / "people")), monkeypatch)


def pieces() -> list[RawBatch]:
    """Batches of five rows of which the third is bad; the city tells a row's number."""
    made = []
    for first in range(0, PIECES * ROWS, ROWS):
        numbers = range(first, first + ROWS)
        rows = pa.record_batch(
            {
                "id": [str(n) for n in numbers],
                "email": ["nobody" if n % ROWS == 2 else f"p{n}@example.org" for n in numbers],
                "born": pa.nulls(ROWS, pa.string()),
                "city": [str(n) for n in numbers],
            }
        )
        made.append(RawBatch(Mode.STRINGS, rows, RowPositions("memory", first + 1)))
    return made


def cities(sink: MemorySink) -> list[int]:
    (study, _) = sink.sessions
    return [int(city) for batch in study.written for city in batch.column("city").to_pylist()]


GOOD = [n for n in range(PIECES * ROWS) if n % ROWS != 2]


def late(number: int) -> None:
    """Any piece may take longer than those after it."""
    time.sleep(random.Random(number).random() / 100)


def test_an_ordered_sink_gets_the_rows_in_input_order(run: Runs) -> None:
    result = run(parsed=late)

    assert cities(run.sink) == GOOD
    assert (result.receipt.rows_accepted, result.receipt.rows_rejected) == (len(GOOD), PIECES)
    assert [session.wrongs for session in run.sink.sessions] == [[], []]


def test_rejected_rows_are_kept_in_input_order(run: Runs) -> None:
    result = run(parsed=late)

    with Workspace.open(run.project) as workspace:
        rows = workspace.quarantine_rows(result.run_id, values=False, purpose="test", limit=None)
    assert rows.column("row").to_pylist() == [n + 1 for n in range(2, PIECES * ROWS, ROWS)]


@pytest.mark.parametrize("lanes", [2, 3, 64])
def test_a_sink_with_lanes_gets_every_row_once_by_no_more_than_that_many(
    run: Runs, lanes: int
) -> None:
    run(parsed=late, writing=late, lanes=lanes)

    assert sorted(cities(run.sink)) == GOOD
    assert [session.wrongs for session in run.sink.sessions] == [[], []]


def fail(error: LockgateError, at: int, then: Happens = nothing) -> Happens:
    def happens(number: int) -> None:
        then(number)
        if number >= at:
            raise error

    return happens


@pytest.mark.parametrize("lanes", [1, 3])
def test_the_first_failure_in_input_order_is_raised_though_a_later_one_came_first(
    run: Runs, lanes: int
) -> None:
    later = threading.Event()

    def parsed(number: int) -> None:
        if number == 7:
            assert later.wait(10)
            time.sleep(0.05)
            raise SourceError("the first")
        if number == 9:
            later.set()
            raise LimitExceeded("the second")

    with pytest.raises(SourceError, match="the first"):
        run(parsed=parsed, lanes=lanes)
    run.nothing_is_left()
    assert [event.code for event in run.refused()] == [SourceError.code]


def test_a_failure_of_reading_comes_after_those_of_the_pieces_read_before(run: Runs) -> None:
    def parsed(number: int) -> None:
        if number == 8:
            time.sleep(0.1)
            raise SourceError("the first")

    with pytest.raises(SourceError, match="the first"):
        run(read=fail(LimitExceeded("the second"), at=9), parsed=parsed)
    run.nothing_is_left()


def test_a_failure_of_reading_alone_is_raised_once_what_came_before_is_counted(run: Runs) -> None:
    with pytest.raises(LimitExceeded):
        run(read=fail(LimitExceeded("at the end"), at=PIECES), parsed=late)
    (refused,) = run.refused()
    assert (refused.rows_read, refused.rows_rejected) == (PIECES * ROWS, PIECES)
    run.nothing_is_left()


@pytest.mark.parametrize("lanes", [1, 4])
def test_after_a_failed_write_nothing_more_is_written(run: Runs, lanes: int) -> None:
    full = EnvironmentFailed("the disk is full")

    with pytest.raises(EnvironmentFailed, match="full"):
        run(writing=fail(full, at=3, then=late), lanes=lanes)
    run.nothing_is_left()
    written = [len(session.written) for session in run.sink.sessions]
    assert max(written) <= 3 + lanes


def test_pieces_after_a_failed_one_are_not_judged(run: Runs) -> None:
    begun = set()

    def parsed(number: int) -> None:
        begun.add(number)
        if number == 0:
            raise SourceError("at once")

    with pytest.raises(SourceError):
        run(parsed=parsed)
    assert len(begun) <= 4 + moving.AHEAD


def test_no_more_pieces_are_read_than_are_in_flight(run: Runs) -> None:
    taken, most = [0], [0]

    def read(number: int) -> None:
        most[0] = max(most[0], number - taken[0])

    def writing(number: int) -> None:
        time.sleep(0.002)
        taken[0] = number

    run(read=read, writing=writing)
    assert most[0] <= 4 + moving.AHEAD + 1


@pytest.mark.parametrize("lanes", [1, 3])
def test_a_sink_that_loses_a_batch_is_found_out(
    run: Runs, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = MemorySession.stage

    def lossy(self: MemorySession, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        self.written.pop()
        return staged(self, documents)

    monkeypatch.setattr(MemorySession, "stage", lossy)
    with pytest.raises(IntegrityError, match="another number of rows"):
        run(lanes=lanes)
    assert {session.state for session in run.sink.sessions} == {"discarded"}


# An interrupt between opening a file and holding it leaves the file to the collector, which warns.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("lanes", [1, 3])
def test_interrupts_at_any_time_leave_nobody_working(run: Runs, lanes: int) -> None:
    """One interrupt to stop, and more while it waits for its threads."""

    working: set[int] = set()

    def interrupt(number: int) -> None:
        working.add(number)
        late(number)
        if number >= 10:
            _interrupt_thrice()
        working.remove(number)

    with pytest.raises(KeyboardInterrupt):
        run(parsed=interrupt, lanes=lanes)
    assert not working
    run.nothing_is_left()


def _interrupt_thrice() -> None:
    """SIGINT to the main thread, as a terminal sends it."""
    for _ in range(3):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.003)


def test_the_run_is_known_on_every_thread(run: Runs) -> None:
    known = set()

    def parsed(number: int) -> None:
        known.add(current_run())

    result = run(parsed=parsed)
    assert known == {result.run_id}
