"""What was measured on: processor, versions, commit; and whether the machine was quiet."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ("aes", "pclmulqdq", "vaes", "vpclmulqdq", "sha_ni", "avx2", "avx512f", "avx512vbmi")
PACKAGES = (
    "cryptography",
    "dataframely",
    "dlt",
    "duckdb",
    "fastfpe",
    "maskops",
    "numpy",
    "pandas",
    "pandera",
    "polars",
    "polars-encryption",
    "polars-hash",
    "presidio-anonymizer",
    "pyarrow",
    "pydantic",
    "pydantic-core",
    "pyspark",
    "tink",
)
BUSY_LOAD = 0.5
"""Load a processor that others may be putting on the machine before it counts as not quiet."""


@dataclass(frozen=True)
class Weather:
    """Load average of the last minute, and the processor time of all, at one moment."""

    load: float
    busy: float
    stolen: float
    clock: float

    @classmethod
    def now(cls) -> Weather:
        """Read it; what the system does not tell is 0."""
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        ticks = [0.0] * 10
        try:
            first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
            ticks = [int(word) / os.sysconf("SC_CLK_TCK") for word in first] + ticks
        except OSError:
            pass
        user, nice, system, _, _, irq, soft, stolen = ticks[:8]
        return cls(load, user + nice + system + irq + soft, stolen, time.monotonic())


def others(before: Weather, after: Weather, own_seconds: float) -> float:
    """Processors that others kept busy, or that the host took away, between two moments."""
    elapsed = max(after.clock - before.clock, 1e-9)
    busy = after.busy - before.busy - own_seconds
    return max(0.0, busy + after.stolen - before.stolen) / elapsed


def facts() -> Iterator[tuple[str, str | int]]:
    """Facts about the machine and what is installed. No host name, no path."""
    yield "machine.cpu", _cpu_model()
    yield "machine.cores", os.cpu_count() or 0
    yield "machine.flags", " ".join(flag for flag in FLAGS if flag in _cpu_flags())
    yield "machine.system", f"{platform.system()} {platform.machine()}"
    yield "version.python", platform.python_version()
    for package in PACKAGES:
        try:
            yield f"version.{package}", importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    yield "git.commit", _commit()


def _cpu_info(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def _cpu_model() -> str:
    return _cpu_info("model name") or platform.processor() or platform.machine()


def _cpu_flags() -> frozenset[str]:
    return frozenset(_cpu_info("flags").split())


def _commit() -> str:
    """The commit, with a mark if files differ from it; "" outside of a checkout."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except OSError:
        return ""
    return f"{commit} and changes" if commit and changed else commit
