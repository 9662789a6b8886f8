"""All kernel cases: kernels, limits and peers in turns, everything checked before it is timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.contest import Entry, Timing, contest
from bench.kernels.case import Case, WrongOutput
from bench.kernels.cases import cases
from bench.kernels.columns import Columns
from bench.limit import Limit, NoLimit, build
from bench.rivals.registry import peers
from bench.rivals.rival import Lists, Rival
from lockgate.errors import LockgateError
from lockgate.kernel.choice import choose
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel

BATCH = 65_536
_LIMIT = "limit"


@dataclass
class KernelReport:
    """Timings by case and contender, and what has to be said beside them."""

    timings: dict[str, dict[str, Timing]] = field(default_factory=dict)
    what: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    kernel: str = "portable"
    aes: str = ""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def measure(
    count: int,
    rounds: int,
    sample: float,
    build_folder: Path,
    only: Sequence[str],
    alone: bool,
    tell: Callable[[str], None],
) -> KernelReport:
    """Time every case whose name contains one of ``only`` (all, if there are none).

    ``alone`` leaves the peers out: a quick look at ours and the limit.
    """
    report = KernelReport()
    columns = Columns(count)
    kernels = _kernels(report)
    limits = _limits(report, build_folder)
    rivals = []
    if not alone:
        tell("checking what the peers give")
        rivals = list(peers(Lists.of(columns), report.notes))
    for case in cases(columns):
        if only and not any(word in case.name for word in only):
            continue
        tell(f"{case.name}: {case.what}")
        entries = _entries(case, kernels, limits, rivals, report)
        report.what[case.name] = case.what
        report.timings[case.name] = contest(entries, rounds, sample)
    return report


def _kernels(report: KernelReport) -> list[Kernel]:
    """The kernel in use, and the portable one beside it."""
    portable = PortableKernel()
    try:
        choice = choose()
    except LockgateError as error:
        report.wrong.append(f"no kernel but the portable one: {error}")
        return [portable]
    report.kernel, report.aes = choice.kernel.name, choice.aes
    if choice.is_native:
        return [choice.kernel, portable]
    report.notes.append(f"the figures are the portable kernel's: {choice.why}")
    return [portable]


def _limits(report: KernelReport, folder: Path) -> dict[str, Limit]:
    """The limit with all that this processor has, and with AES-NI alone."""
    limits = {}
    for name, definitions in {_LIMIT: (), f"{_LIMIT}_aesni": ("-DLIMIT_AESNI",)}.items():
        try:
            limits[name] = build(folder, *definitions)
        except NoLimit as error:
            report.notes.append(f"no C limit: {error}")
            break
        report.limits[name] = limits[name].units
    return limits


def _entries(
    case: Case,
    kernels: Sequence[Kernel],
    limits: dict[str, Limit],
    rivals: Sequence[Rival],
    report: KernelReport,
) -> list[Entry]:
    count = len(case.values)
    entries = []
    for each in kernels:
        try:
            wrong = case.wrong(case.ours(each))
        except (LockgateError, AttributeError) as error:
            report.notes.append(f"{case.name}: the {each.name} kernel has it not: {error}")
            continue
        if wrong:
            report.wrong.append(f"{case.name}: the {each.name} kernel is wrong: {wrong}")
            continue
        entries.append(Entry(each.name, count, partial(case.ours, each)))
    if case.limit is not None:
        expected = case.ours(PortableKernel())
        for name, limit in limits.items():
            try:
                entries.append(Entry(name, count, case.limit(expected).bound(limit)))
            except NoLimit as error:
                report.notes.append(f"{case.name}: no {name}: {error}")
    entries += [Entry(r.peer, count, r.run) for r in rivals if r.case == case.name]
    if not entries:
        raise WrongOutput(f"{case.name}: nobody does it")
    return entries
