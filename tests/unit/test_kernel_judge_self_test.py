"""A native judge that gives a wrong verdict, or none, is found before it is asked."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from lockgate.kernel.judge_self_test import failing_rule


class Accepting:
    """Rules that accept whatever they see."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: SimpleNamespace(decide=lambda values: None)


class AcceptingBatch:
    """Rules of a batch that find every row accepted."""

    def __init__(self, *arguments: Any) -> None:
        pass

    def judge(self, batch: Any) -> Any:
        nothing = pa.array([], pa.int64())
        texts = pa.array([], pa.string())
        return (batch, nothing, pa.array([0], pa.int32()), texts, texts), []


def test_a_judge_that_accepts_everything_fails() -> None:
    module = SimpleNamespace(JudgeRule=Accepting(), Fault=RuntimeError)

    assert failing_rule(module) == "text"


def test_a_module_without_rules_fails() -> None:
    assert failing_rule(SimpleNamespace(Fault=RuntimeError)) == "text"


@pytest.mark.parametrize("rule", ["text", "whole", "email", "listed", "date"])
def test_each_rule_is_asked(rule: str) -> None:
    native = pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")
    made = {name: getattr(native.JudgeRule, name) for name in ("text", "whole", "email", "listed")}
    made["date"] = native.JudgeRule.date
    made[rule] = getattr(Accepting(), rule)
    module = SimpleNamespace(JudgeRule=SimpleNamespace(**made), Fault=native.Fault)

    assert failing_rule(module) == rule


@pytest.mark.parametrize("broken", ["nothing", "no cut", "swapped answers", "no row gone"])
def test_a_batch_that_is_judged_or_cut_otherwise_fails(broken: str) -> None:
    native = pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")
    module = SimpleNamespace(JudgeRule=native.JudgeRule, Fault=native.Fault)
    if broken != "nothing":
        module.decide_columns = native.decide_columns
        module.without_rows = native.without_rows
        module.JudgeBatch = native.JudgeBatch
    if broken == "no cut":
        module.without_rows = lambda batch, rows, schema: batch
    if broken == "no row gone":
        module.JudgeBatch = AcceptingBatch
    if broken == "swapped answers":
        module.decide_columns = lambda rules, batch: native.decide_columns(rules, batch)[::-1]

    assert failing_rule(module) == "batch"


def test_the_native_judge_passes() -> None:
    pytest.importorskip("lockgate_kernel", reason="the native kernel is not built here")

    assert failing_rule(importlib.import_module("lockgate_kernel")) is None
