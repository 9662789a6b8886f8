"""What every test shares: reproducible properties, no network, and the real table."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kernels import NAMES, both, named
from lockgate.kernel.interface import Kernel
from lockgate.redaction import RedactionFilter

TESTS = Path(__file__).resolve().parent
REPOSITORY = TESTS.parent
REAL_TABLE = REPOSITORY.parent / "shared" / "data" / "historical_figures_with_errors_50k.parquet"

# These folders test rules, and rules touch no socket at all. The others may speak to this machine.
WITHOUT_NETWORK = frozenset(
    {"architecture", "attack", "differential", "property", "unit", "vectors"}
)
LOOPBACK = ["127.0.0.1", "::1"]

settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "local")

# A shell starts what it runs beside itself with SIGINT ignored; tests of Ctrl-C want it as usual.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_log_of_earlier_commands() -> Iterator[None]:
    """A command run in this process leaves a handler behind, and how much is to be logged."""
    yield
    logging.getLogger("lockgate").setLevel(logging.NOTSET)
    root = logging.getLogger()
    for handler in list(root.handlers):
        if any(isinstance(found, RedactionFilter) for found in handler.filters):
            root.removeHandler(handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the network away: all of it from rules, all but loopback from the rest."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in WITHOUT_NETWORK:
            item.add_marker(pytest.mark.disable_socket)
        else:
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are numbered: a compressed file names its minute, and parallel processes must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", params=NAMES)
def kernel(request: pytest.FixtureRequest) -> Kernel:
    """Each kernel in turn; the native one is skipped where it is not installed."""
    return named(request.param)


@pytest.fixture(scope="session")
def kernels() -> tuple[Kernel, Kernel]:
    """The portable and the native kernel, to be compared."""
    return both()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_table() -> Path:
    """50,578 real rows with realistic errors; they live beside the repository, never in it."""
    if not REAL_TABLE.is_file():
        pytest.skip("the real table is not beside this checkout (../shared/data)")
    return REAL_TABLE
