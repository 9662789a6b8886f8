"""How long `lockgate --help` takes: what everybody waits for, whatever they ask."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figures

TIMES = 10


def measure() -> Figures:
    """Medians of ten, after one that fills the caches; Python alone beside it."""
    script = Path(sys.executable).with_name("lockgate")
    command = [script] if script.exists() else [sys.executable, "-m", "lockgate"]
    return {
        "startup.help_ms": _median([*command, "--help"]),
        "startup.python_ms": _median([sys.executable, "-c", "pass"]),
    }


def _median(command: Sequence[str | Path]) -> float:
    _once(command)
    return round(statistics.median(_once(command) for _ in range(TIMES)) * 1000, 1)


def _once(command: Sequence[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
