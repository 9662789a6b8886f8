"""Every entry of the native kernel has a fuzz target, and every target is run."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

RUST = Path(__file__).resolve().parents[2] / "rust"
FUZZ = RUST / "fuzz"
STUB = ast.parse((RUST / "python" / "lockgate_kernel.pyi").read_text("utf-8"))
# What the stub's names are called in Rust, where that differs.
CALLED = {
    "without_rows": "without",
    "with_rows": "replaced",
    "rows_of_nulls": "null_rows",
    "render_csv": "csv",
    "render_jsonl": "jsonl",
    "cut_csv": "cut",
    "measure_csv": "measure",
    "split_csv": "split",
    "read_chunks": "read_chunk",
    "JudgeRule.whole": "Int",
    "JudgeRule.double": "Float",
    "JudgeRule.truth": "Bool",
    "JudgeRule.moment": "DateTime",
    "JudgeRule.characters": "class_and_others",
    "JudgeRule.decide": "decide",
    "decide_columns": "decide",
}
# No input reaches these.
WITHOUT_INPUT = {"aes", "JudgeRule.decides_all", "JudgeRule.knows_pattern", "JudgeRule.tables"}


def entries() -> list[str]:
    functions = [node.name for node in STUB.body if isinstance(node, ast.FunctionDef)]
    (judge,) = [
        node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == "JudgeRule"
    ]
    rules = [f"JudgeRule.{node.name}" for node in judge.body if isinstance(node, ast.FunctionDef)]
    return [name for name in (*functions, *rules) if name not in WITHOUT_INPUT]


def test_every_target_is_listed() -> None:
    manifest = tomllib.loads((FUZZ / "Cargo.toml").read_text("utf-8"))
    listed = {(FUZZ / item["path"]).name for item in manifest["bin"]}

    assert listed == {path.name for path in (FUZZ / "fuzz_targets").glob("*.rs")}


@pytest.mark.parametrize("entry", entries())
def test_every_entry_is_called_by_a_target(entry: str) -> None:
    last = entry.rpartition(".")[2]
    called = CALLED.get(entry, last.capitalize() if "." in entry else last)
    targets = "".join(path.read_text("utf-8") for path in (FUZZ / "fuzz_targets").glob("*.rs"))

    assert re.search(rf"\b{called}( \{{|\(|\.decide|::new\()", targets)
