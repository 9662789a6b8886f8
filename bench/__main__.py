"""`python -m bench`: measure, write bench/out/latest.json and a chart, and show a table.

The kernels and the judge run in processes of their own: Polars takes its number of threads from
the environment, once, and the kernels are measured on one thread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from bench import chart, figures, table
from bench.end_to_end import chart as end_to_end_chart
from bench.figures import Figures
from bench.machine import BUSY_LOAD, Weather, facts, others
from bench.parts import PARTS
from bench.publish import NotFit, publish

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    values: int = 65_536
    rounds: int = 7
    sample_ms: int = 20
    rows: int = 1_000_000
    compare: int = 200_000
    loop: int = 20_000
    alone: int = 0
    customers: int = 2_000_000
    passes: int = 3
    every: int = 1
    few: int = 1_000_000
    many: int = 8_000_000
    keep: int = 0

    def words(self) -> list[str]:
        """As arguments of a part."""
        return [f"{name}={value}" for name, value in vars(self).items()]


SMOKE = Sizes(
    values=1_003,
    rounds=5,
    sample_ms=0,
    rows=20_000,
    compare=20_000,
    loop=2_000,
    customers=5_000,
    passes=1,
    every=0,
    few=2_000,
    many=16_000,
)


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for; 1 if an output was wrong."""
    asked = _parser().parse_args(arguments)
    console = Console(stderr=False, width=None if sys.stdout.isatty() else 140)
    name = "smoke" if asked.smoke else "latest"
    path = OUT / f"{name}.json"
    if not asked.redraw and not asked.publish:
        sizes = SMOKE if asked.smoke else _sizes(asked)
        sizes = replace(sizes, alone=int(asked.alone), keep=int(asked.keep))
        parts = [part for part in PARTS if part in (asked.part or PARTS)]
        found = _measured(sizes, parts, asked.only, console)
        if not asked.only:
            found["wrong"] += [f"{key} was not measured" for key in figures.missing(found, parts)]
        if asked.smoke:
            found["warnings"] = ["these sizes only show that all runs: no figure means anything"]
        figures.save(found, path)
    found = figures.read(path)
    try:
        drawn = chart.draw(found, OUT, name)
        drawn += end_to_end_chart.draw(found, OUT, f"{name}-end-to-end")
    except ImportError as error:
        drawn = []
        found["notes"].append(f"no chart: {error}")
    table.show(found, console)
    if asked.publish:
        try:
            drawn += publish(found, OUT / f"{name}-end-to-end.svg")
        except NotFit as error:
            found["wrong"].append(f"not published: {error}")
    shown = [str(file.relative_to(OUT.parent.parent)) for file in (path, *drawn)]
    console.print("written: " + ", ".join(shown), highlight=False)
    return 1 if found["wrong"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: does everything run?")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="only this part")
    parser.add_argument("--only", action="append", default=[], help="only kernel jobs named so")
    parser.add_argument("--alone", action="store_true", help="no peers of the kernels: quick")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds)
    parser.add_argument("--rows", type=int, default=Sizes.rows, help="rows to judge")
    parser.add_argument("--customers", type=int, default=Sizes.customers, help="rows end to end")
    parser.add_argument("--passes", type=int, default=Sizes.passes, help="rounds end to end")
    parser.add_argument("--keep", action="store_true", help="leave files made on the way")
    parser.add_argument("--redraw", action="store_true", help="show the last figures again")
    parser.add_argument(
        "--publish", action="store_true", help="put the last figures into README and docs"
    )
    return parser


def _sizes(asked: argparse.Namespace) -> Sizes:
    """As asked for; the memory of a run is looked at over half as many rows and four times."""
    return Sizes(
        rounds=asked.rounds,
        rows=asked.rows,
        customers=asked.customers,
        passes=asked.passes,
        few=asked.customers // 2,
        many=asked.customers * 4,
    )


def _measured(sizes: Sizes, parts: Sequence[str], only: Sequence[str], console: Console) -> Figures:
    found: Figures = {"notes": [], "warnings": [], "wrong": [], "cases": [], **dict(facts())}
    before, own = Weather.now(), _own_seconds()
    for part in parts:
        _run_part(part, sizes, only, found, console)
    after = Weather.now()
    found["load.before"], found["load.after"] = before.load, after.load
    found["load.others"] = round(others(before, after, _own_seconds() - own), 2)
    if before.load > BUSY_LOAD or found["load.others"] > BUSY_LOAD / 2:
        found["warnings"].insert(
            0,
            f"the machine was not quiet: load {before.load:.1f} before, others kept "
            f"{found['load.others']:.1f} processors busy; ratios hold better than absolute figures",
        )
    found["quiet"] = not found["warnings"]
    return found


def _run_part(
    part: str, sizes: Sizes, only: Sequence[str], found: Figures, console: Console
) -> None:
    """A part in a process of its own, its figures into ``found``."""
    console.rule(part)
    target = OUT / f"part-{part}.json"
    target.unlink(missing_ok=True)
    environment = {**os.environ, **PARTS[part]}
    command = [sys.executable, "-m", "bench.parts", part, str(target), *sizes.words(), *only]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    if done.returncode or not target.exists():
        found["wrong"].append(f"{part} ended with {done.returncode}")
        return
    for key, value in figures.read(target).items():
        if isinstance(value, list):
            found[key] = [*found.get(key, []), *value]
        else:
            found[key] = value
    target.unlink()


def _own_seconds() -> float:
    """Processor time of this process and those it started."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
