"""One part of the measuring, in a process of its own: `python -m bench.parts PART OUT SIZE=…`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import figures
from bench.figures import Figures

PARTS: dict[str, dict[str, str]] = {
    "kernels": {"POLARS_MAX_THREADS": "1"},
    "judge": {"POLARS_MAX_THREADS": "2"},
    "end_to_end": {},
    "memory": {},
    "startup": {},
    "proving": {},
    "rewrap": {},
    "access": {},
}
"""The parts and what they want of the environment."""

UNSTEADY = 0.10
"""A distance between quartiles, as a share of the median, that is worth a warning."""


def kernels(sizes: dict[str, int], only: list[str]) -> Figures:
    """Nanoseconds a value."""
    from bench.kernels.measure import measure

    build = Path(__file__).parent / "out" / "limit"
    count, rounds, sample = sizes["values"], sizes["rounds"], sizes["sample_ms"] / 1000
    alone = bool(sizes["alone"])
    report = measure(count, rounds, sample, build, only, alone, _tell)
    found = dict(figures.kernel_figures(report.timings))
    shaky = {case: figures.unsteady(t, UNSTEADY) for case, t in report.timings.items()}
    warnings = [f"{case}: unsteady: {', '.join(who)}" for case, who in shaky.items() if who]
    return {
        **found,
        "values": count,
        "cases": list(report.timings),
        **{f"what.{case}": what for case, what in report.what.items()},
        **{f"{name}.units": units for name, units in report.limits.items()},
        "kernel.name": report.kernel,
        "kernel.aes": report.aes,
        "notes": report.notes,
        "wrong": report.wrong,
        "warnings": warnings,
    }


def judge(sizes: dict[str, int], _only: list[str]) -> Figures:
    """Rows a second and agreement."""
    from bench.judging.measure import measure

    rounds = sizes["rounds"]
    report = measure(sizes["rows"], sizes["compare"], sizes["loop"], rounds, _tell)
    found = dict(figures.judge_figures(report.timings, report.differ, report.compared))
    shaky = figures.unsteady(report.timings, UNSTEADY)
    looped = f"the Pydantic loop was timed on {report.looped:,} rows and scaled"
    return {
        **found,
        "judge.rows": report.rows,
        "judge.rows_looped": report.looped,
        **{f"judge.rule.{name}": how for name, how in report.explained.items()},
        "notes": [looped, *report.notes],
        "wrong": report.wrong,
        "warnings": [f"judge: unsteady: {', '.join(shaky)}"] if shaky else [],
    }


def end_to_end(sizes: dict[str, int], _only: list[str]) -> Figures:
    """Whole files: ours, unprotected copies, peers."""
    from bench.end_to_end.measure import measure
    from bench.end_to_end.report import figures as flat

    with _scratch("end_to_end", sizes) as folder:
        every = bool(sizes["every"])
        return flat(measure(sizes["customers"], sizes["passes"], folder, _tell, every=every))


def memory(sizes: dict[str, int], _only: list[str]) -> Figures:
    """The most memory of runs over few and many rows."""
    from bench.end_to_end.memory import figures as flat
    from bench.end_to_end.memory import measure

    with _scratch("memory", sizes) as folder:
        return flat(measure(sizes["few"], sizes["many"], folder, _tell))


def startup(_sizes: dict[str, int], _only: list[str]) -> Figures:
    """Milliseconds until `lockgate --help` has ended."""
    from bench.end_to_end.startup import measure

    return measure()


def proving(_sizes: dict[str, int], _only: list[str]) -> Figures:
    """Milliseconds of the static check of a large pipeline."""
    from bench.proving import measure

    return measure()


def rewrap(sizes: dict[str, int], _only: list[str]) -> Figures:
    """Rows a second of released files brought under another key, and how a copy compares."""
    from bench.rewrapping import measure

    with _scratch("rewrap", sizes) as folder:
        return measure(sizes["rows"], sizes["passes"], folder, _tell)


def access(sizes: dict[str, int], _only: list[str]) -> Figures:
    """Microseconds of one decision of who may, and milliseconds with its record."""
    from bench.deciding import measure

    with _scratch("access", sizes) as folder:
        return measure(folder)


@contextmanager
def _scratch(name: str, sizes: dict[str, int]) -> Iterator[Path]:
    """A folder for what is made on the way; gone afterwards unless it is to be kept."""
    folder = Path(__file__).resolve().parent / "out" / name
    try:
        yield folder
    finally:
        if not sizes["keep"]:
            shutil.rmtree(folder, ignore_errors=True)


def _tell(text: str) -> None:
    print(f"  {text}", flush=True)


def main(arguments: list[str]) -> None:
    """Run one part and write its figures."""
    part, target, *rest = arguments
    sizes = {name: int(value) for name, _, value in (w.partition("=") for w in rest if "=" in w)}
    only = [word for word in rest if "=" not in word]
    run = {
        "kernels": kernels,
        "judge": judge,
        "end_to_end": end_to_end,
        "memory": memory,
        "startup": startup,
        "proving": proving,
        "rewrap": rewrap,
        "access": access,
    }[part]
    figures.save(run(sizes, only), Path(target))


if __name__ == "__main__":
    main(sys.argv[1:])
