"""`python -m bench.end_to_end.child JOB REPORT`: import, then do the job under a clock."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def main(job: str, report: str) -> None:
    """Time one job; the modules it needs are imported before."""
    words = json.loads(job)
    run = getattr(importlib.import_module(words["module"]), words["function"])
    source, target = Path(words["source"]), Path(words["target"])
    busy, started = _busy(), time.perf_counter()
    run(source, target, **words["options"])
    seconds, busy = time.perf_counter() - started, _busy() - busy
    ran = {"seconds": seconds, "cpu": busy, "peak_mb": _peak_bytes() / 1e6}
    Path(report).write_text(json.dumps(ran), encoding="utf-8")


def _busy() -> float:
    """Processor time of this process and those it waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_bytes() -> float:
    """The most memory this process had resident.

    Linux's ``ru_maxrss`` begins with what the parent had when it made this process, so the mark of
    the program itself is read where there is one.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        mark = next(line for line in lines if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024
    except (OSError, StopIteration):
        if resource is None:
            return 0.0
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
