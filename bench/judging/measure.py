"""The judge and its peers: first who agrees with Pydantic, then how fast they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.contest import Entry, Timing, contest
from bench.judging.agreement import accepted_rows, differing, our_differing, pydantic_answers
from bench.judging.rows import as_text, table
from bench.judging.ways import Ours, library_ways, pydantic_loop
from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError

AUDITED = 0.02
THREADS = 2


@dataclass
class JudgeReport:
    """Timings and differing rows by contender, and what has to be said beside them."""

    rows: int
    compared: int
    looped: int
    timings: dict[str, Timing] = field(default_factory=dict)
    what: dict[str, str] = field(default_factory=dict)
    differ: dict[str, int] = field(default_factory=dict)
    explained: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def measure(
    count: int, compare: int, loop: int, rounds: int, tell: Callable[[str], None]
) -> JudgeReport:
    """Judge ``count`` rows; ask Pydantic about the first ``compare``; time it on ``loop``."""
    report = JudgeReport(count, min(compare, count), min(loop, count))
    tell(f"making {count:,} rows of 8 columns")
    rows = table(count)
    text = as_text(rows)
    tell(f"asking Pydantic about {report.compared:,} of them")
    first = rows.slice(0, report.compared)
    answers = pydantic_answers(first)
    truth = accepted_rows(answers)

    typed, strings = Ours(rows, Mode.PYTHON), Ours(text, Mode.STRINGS)
    report.explained = {r.name: f"{r.exactness.value}: {r.how}" for r in typed.judge.explain()}
    report.differ["lockgate"] = our_differing(Ours(first, Mode.PYTHON), answers)
    if report.differ["lockgate"]:
        report.wrong.append(f"the judge is not Pydantic on {report.differ['lockgate']} rows")
    _audit(strings, report)
    ours = [
        typed.way("lockgate", "Lockgate's judge, two threads", THREADS),
        typed.way("lockgate_one_thread", "Lockgate's judge, one thread", 1),
        strings.way("lockgate_strings", "Lockgate's judge on text, two threads", THREADS),
        strings.way("lockgate_strings_one_thread", "Lockgate's judge on text, one thread", 1),
    ]
    others = [pydantic_loop(rows.slice(0, report.looped)), *library_ways(rows, report.notes)]
    for way in others:
        seen = min(report.compared, way.rows)
        report.differ[way.name] = differing(way.accepted(), truth, seen)
    ways = [*ours, *others]
    tell("timing " + ", ".join(way.name for way in ways))
    report.what = {way.name: way.what for way in ways}
    report.timings = contest([Entry(w.name, w.rows, w.run) for w in ways], rounds, 0.0)
    return report


def _audit(strings: Ours, report: JudgeReport) -> None:
    """A share of the text rows is judged again by Pydantic alone."""
    raw = strings.raw[0]
    try:
        strings.judge.audit(raw, strings.judge.judge(raw), AUDITED, seed=1)
    except IntegrityError as error:
        report.wrong.append(f"the judge of text: {error}")
