"""Log records: their fields, their levels, their context."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from lockgate.cli.logging import configure_logging
from lockgate.log_context import current_batch, current_run, log_batch, log_run


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("lockgate")
    before = (list(root.handlers), root.level, own.level, logging.raiseExceptions)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
    logging.raiseExceptions = before[3]
    logging.captureWarnings(False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_json_lines_carry_every_field() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    with log_run("run-1"), log_batch(0):
        logging.getLogger("lockgate.run").info("batch.judged", extra={"rows": 65_536})
    document = json.loads(stream.getvalue())
    assert document["ts"].endswith("Z")
    del document["ts"]
    assert document == {
        "level": "info",
        "logger": "lockgate.run",
        "event": "batch.judged",
        "run_id": "run-1",
        "batch_id": 0,
        "rows": 65_536,
    }


def test_context_ends_with_its_block() -> None:
    with log_run("run-1"):
        with log_batch(3):
            assert (current_run(), current_batch()) == ("run-1", 3)
        assert current_batch() is None
    assert current_run() is None


def test_terminal_gets_readable_lines_when_it_asks() -> None:
    stream = Terminal()
    configure_logging(stream=stream)
    logging.getLogger("lockgate.run").warning("run.refused")
    assert stream.getvalue() == ""
    configure_logging(stream=stream, verbose=True)
    logging.getLogger("lockgate.run").info("batch.judged", extra={"rows": 5})
    assert stream.getvalue().endswith("info    batch.judged rows=5\n")


def test_debug_output_of_libraries_never_shows() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream, verbose=True)
    logging.getLogger("sqlalchemy.engine").info("INSERT ... ('a value')")
    logging.getLogger("lockgate.run").debug("own detail")
    assert "INSERT" not in stream.getvalue()
    assert "own detail" in stream.getvalue()


def test_configuring_twice_does_not_double_records() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging(stream=first)
    configure_logging(stream=second)
    logging.getLogger("lockgate").warning("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


class OddName(UserWarning):
    """A warning of somebody's own."""


def test_warnings_of_a_validator_show_their_class_only() -> None:
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging(stream=stream)
        warnings.warn("odd name Jane Roe", OddName, stacklevel=1)
        logging.getLogger("py.warnings").warning("odd name Jane Roe")
        logging.getLogger("py.warnings").warning("odd name %s", "Jane Roe")
    first, second, third = map(json.loads, stream.getvalue().splitlines())
    assert "Jane" not in stream.getvalue()
    assert first["event"] == "py.warnings: OddName, its text is not shown"
    assert second["event"] == third["event"] == "py.warnings: its text is not shown"
    assert (first["logger"], first["level"]) == ("py.warnings", "warning")


def test_configuring_again_shows_warnings_on_the_new_stream_only() -> None:
    first, second = io.StringIO(), io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging(stream=first)
        configure_logging(stream=second)
        warnings.warn("odd name Jane Roe", OddName, stacklevel=1)
    assert first.getvalue() == ""
    assert second.getvalue().count("OddName") == 1


@pytest.mark.parametrize("readable", [False, True])
def test_a_validators_own_logger_cannot_show_a_value(readable: bool) -> None:
    stream = Terminal() if readable else io.StringIO()
    configure_logging(stream=stream, verbose=True)
    name = "Jane Roe"
    for logger in (logging.getLogger(), logging.getLogger("models"), logging.getLogger(name)):
        logger.warning("odd name %s", name, extra={"row": name, "event": name, "run_id": name})
        try:
            raise ValueError(name)
        except ValueError:
            logger.exception(name, stack_info=True)
    assert name not in stream.getvalue()
    assert stream.getvalue().count("models: its text is not shown") == 2
