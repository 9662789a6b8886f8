"""What a benchmark must not get wrong: who is timed, in which order, and what is reported."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT)
    return lambda name: importlib.import_module(f"bench.{name}")


def test_contenders_are_timed_in_turns(bench: Any) -> None:
    contest, calls = bench("contest"), []
    entries = [contest.Entry(name, 1, lambda name=name: calls.append(name)) for name in "AB"]

    timings = contest.contest(entries, rounds=6, sample_seconds=0)

    assert "".join(calls) == "AABB" + "AB" * 6
    assert {timing.rounds for timing in timings.values()} == {6}


def test_there_are_never_fewer_rounds_than_a_median_needs(bench: Any) -> None:
    contest = bench("contest")
    timings = contest.contest([contest.Entry("A", 1, int)], rounds=1, sample_seconds=0)
    assert timings["A"].rounds == 5


def test_a_kernel_with_a_wrong_output_is_reported_and_not_timed(bench: Any) -> None:
    case, measure = bench("kernels.case"), bench("kernels.measure")
    from lockgate.kernel.portable import PortableKernel

    values = pa.array(["a"])
    wrong = case.Case("job", "", values, lambda kernel: values, case.same_as(pa.array(["b"])))
    report = measure.KernelReport()

    with pytest.raises(case.WrongOutput):
        measure._entries(wrong, [PortableKernel()], {}, [], report)

    assert report.wrong == ["job: the portable kernel is wrong: not the portable kernel's bytes"]


def test_a_peer_that_fails_or_is_wrong_is_named_and_the_others_go_on(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, rival = bench("rivals.registry"), bench("rivals.rival")
    good = rival.Rival("good", "job", lambda: [1], rival.expect([1]))
    bad = rival.Rival("bad", "job", lambda: [2], rival.expect([1]))
    module = type("Module", (), {"rivals": staticmethod(lambda lists: iter([bad, good]))})
    found = {"here": module}
    peers = (("absent", "absent", "rivals"), ("here", "here", "rivals"))
    monkeypatch.setattr(registry, "PEERS", peers)
    monkeypatch.setattr(registry.importlib, "import_module", found.__getitem__)
    notes: list[str] = []

    assert list(registry.peers(None, notes)) == [good]
    assert [note.partition(":")[0] for note in notes] == [
        "absent is left out",
        "bad job is left out",
    ]


def test_a_promised_figure_that_is_missing_is_noticed(bench: Any) -> None:
    figures = bench("figures")
    found = dict.fromkeys(figures.PROMISED["judge"], 1)
    assert figures.missing(found, ["judge"]) == []
    del found["judge.agreement"]
    assert figures.missing(found, ["judge"]) == ["judge.agreement"]


def test_rows_differ_whichever_side_accepts_them(bench: Any) -> None:
    differing = bench("judging.agreement").differing
    assert differing(np.array([0, 1, 5]), np.array([0, 2, 7]), 5) == 2


def test_our_reasons_and_values_count_as_disagreement(bench: Any) -> None:
    agreement, rows, ways = (bench(f"judging.{n}") for n in ("agreement", "rows", "ways"))
    from lockgate.contract.model import Mode

    table = rows.table(500)
    answers = agreement.pydantic_answers(table)
    ours = ways.Ours(table, Mode.PYTHON)
    assert agreement.our_differing(ours, answers) == 0

    accepted = next(i for i, (good, _) in enumerate(answers) if good)
    rejected = next(i for i, (good, _) in enumerate(answers) if not good)
    answers[accepted] = (True, {**answers[accepted][1], "age": -1})
    answers[rejected] = (False, {("id", "another")})
    assert agreement.our_differing(ours, answers) == 2


def test_a_pin_keeps_its_hashes_and_markers(bench: Any, tmp_path: Path) -> None:
    locked = tmp_path / "bench.txt"
    locked.write_text(
        "# by\n# hand\na-b==1 ; python_version < '3.12' \\\n    --hash=sha256:1\n    # via x\n"
        "a_b==2 \\\n    --hash=sha256:2\nc==3 \\\n    --hash=sha256:3\n"
    )
    found = bench("run").pins(locked)
    assert list(found) == ["a-b", "c"]
    assert found["a-b"].count("--hash") == found["a-b"].count("==") == 2
    assert "via" not in found["a-b"]
