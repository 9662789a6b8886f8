"""An interrupt while Arrow calls back waits for the end of the call, and is not lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from lockgate.adapters.connectors.files.interrupts import interrupts_wait

RAGGED = b"a,b\n" + b"1,2,3\n" * 50


@pytest.fixture(autouse=True)
def without_arrows_own_handlers() -> Iterator[None]:
    """As the command line has it."""
    pa.enable_signal_handlers(False)
    yield
    pa.enable_signal_handlers(True)


def read_interrupted() -> list[int]:
    seen: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        if not seen:
            signal.raise_signal(signal.SIGINT)
        seen.append(row.number)
        return "skip"

    options = pa_csv.ParseOptions(invalid_row_handler=skip)
    reading = pa_csv.ReadOptions(use_threads=False)
    pa_csv.read_csv(pa.BufferReader(RAGGED), reading, options)
    return seen


def test_an_interrupt_in_a_callback_is_raised_after_the_call() -> None:
    done: list[int] = []

    with pytest.raises(KeyboardInterrupt), interrupts_wait():
        done = read_interrupted()

    assert len(done) == 50
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_is_left_alone() -> None:
    handlers: list[object] = []

    def inside() -> None:
        with interrupts_wait():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()

    assert handlers == [signal.default_int_handler]
