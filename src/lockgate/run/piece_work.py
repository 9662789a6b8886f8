"""What a worker does with a piece: parse, judge, protect, prepare; write where order is free."""

from __future__ import annotations

import logging
import math
import threading
import time

from lockgate.contract.batches import RawBatch
from lockgate.log_context import log_batch
from lockgate.run.intake import BatchDone, Intake
from lockgate.run.ports import Piece, Prepared

LOGGER = logging.getLogger("lockgate.run")


class Stopped(Exception):
    """Work left undone because a piece before it had failed, or the run is given up."""


class PieceWork:
    """Called on workers' threads with pieces and their numbers, several at once."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._gate = intake.gate
        self._sessions = intake.sessions
        self._lanes = {
            name: threading.BoundedSemaphore(session.lanes)
            for name, session in intake.sessions.items()
            if session.lanes > 1
        }
        self._last: float = math.inf
        self._at_work = 0
        self._changing = threading.Lock()

    def __call__(self, piece: Piece, number: int) -> list[BatchDone]:
        """Judge and protect the piece's batches; write those whose sink has lanes.

        Pieces before one that fails go on: one of them may fail too, and would have failed first.
        """
        with self._changing:
            self._go_on(number)
            self._at_work += 1
        try:
            with log_batch(number):
                return [self._batch(raw, number) for raw in piece.batches()]
        except BaseException:
            self.stop_after(number)
            raise
        finally:
            with self._changing:
                self._at_work -= 1

    def stop_after(self, number: float) -> None:
        """Leave pieces of a higher number undone; -inf leaves all."""
        with self._changing:
            self._last = min(self._last, number)

    def wait(self) -> None:
        """Return once nobody works on any piece.

        It looks again and again: an interrupt that met a condition could leave it locked for good.
        """
        while self._at_work:
            time.sleep(0.001)

    def _batch(self, raw: RawBatch, number: int) -> BatchDone:
        self._go_on(number)
        result = self._gate(raw)
        if LOGGER.isEnabledFor(logging.DEBUG):
            counts = {"rows": result.rows_read, "rejected": result.rejected.count}
            LOGGER.debug("batch.judged", extra=counts)
        in_order = {}
        for name, released in result.released.items():
            prepared = self._sessions[name].prepare(released)
            if name in self._lanes:
                self._write(name, prepared, number)
            else:
                in_order[name] = prepared
        return self._intake.done(result, in_order)

    def _write(self, name: str, prepared: Prepared, number: int) -> None:
        with self._lanes[name]:
            self._go_on(number)
            self._sessions[name].write(prepared)

    def _go_on(self, number: int) -> None:
        if number > self._last:
            raise Stopped
