"""What `make` does about the native kernel: builds it where it can, else says why not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
OLDEST = '[workspace.package]\nrust-version = "1.89"\n'
GOING_ON = "lockgate: going on with the portable kernel (same bytes, slower): "


class Case:
    """A checkout with an environment, and what was built and removed in it."""

    def __init__(self, module: ModuleType, root: Path) -> None:
        self.native = module
        self.root = root
        self.bin = root / "bin"
        self.builds = 0
        self.removed = 0
        self.failure: str | None = None
        self.venv = module.Venv(root / "venv", Path(sys.executable), list)

    def tool(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def cargo(self, version: str = "1.95.0") -> None:
        self.tool("cargo", f"echo 'cargo {version} (0 2026-01-01)'")
        self.tool("rustc", f"echo 'rustc {version} (0 2026-01-01)'")

    def build(self, *_: object) -> float:
        self.builds += 1
        if self.failure:
            raise self.native.NotBuilt(self.failure)
        self.kernel.mkdir(parents=True, exist_ok=True)
        return 1.0

    @property
    def kernel(self) -> Path:
        return self.root / "venv/lib/python3/site-packages/lockgate_kernel-0.1.0.dist-info"

    def remove(self, venv: Any) -> bool:
        was_there: bool = self.native.installed(venv)
        if was_there:
            self.kernel.rmdir()
        return was_there

    def change(self, text: str) -> None:
        (self.root / "rust/kernel/lib.rs").write_text(text)


Provide = Callable[..., tuple[bool, str]]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.syspath_prepend(str(TOOLS))
    module = importlib.import_module("native")
    made = Case(module, tmp_path)
    for folder in ("rust/kernel", "bin", "venv"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rust/Cargo.toml").write_text(OLDEST)
    made.change("fn one() {}")
    for name, value in {
        "RUST": tmp_path / "rust",
        "build": made.build,
        "remove": made.remove,
    }.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setenv("PATH", f"{made.bin}:/usr/bin:/bin")
    for variable in ("LOCKGATE_KERNEL", "RUSTC"):
        monkeypatch.delenv(variable, raising=False)
    return made


@pytest.fixture
def provide(case: Case, capsys: pytest.CaptureFixture[str]) -> Provide:
    def asked(**options: Any) -> tuple[bool, str]:
        done = case.native.provide(case.venv, **options)
        return done, capsys.readouterr().out

    return asked


def test_it_is_built_once(case: Case, provide: Provide) -> None:
    case.cargo()

    assert provide() == (True, "lockgate: native kernel built and installed in 1 s\n")
    assert provide() == (True, "")
    assert case.builds == 1
    assert provide(again=True) == (True, "lockgate: the native kernel in .venv is of this source\n")


def test_it_is_built_anew_when_its_source_changed(case: Case, provide: Provide) -> None:
    case.cargo()
    provide()
    case.change("fn two() {}")

    assert provide()[0]
    assert case.builds == 2


def test_without_cargo_it_says_so_once(case: Case, provide: Provide) -> None:
    assert provide() == (False, f"{GOING_ON}no cargo on PATH to build the native one\n")
    assert provide() == (False, "")
    assert provide(again=True)[1].startswith("lockgate: the native kernel was not built: ")
    case.cargo()
    assert provide()[0], "cargo arrived"


def test_a_kernel_that_fits_stays_when_cargo_goes(case: Case, provide: Provide) -> None:
    case.cargo()
    provide()
    (case.bin / "cargo").unlink()

    assert provide() == (True, "")


def test_a_kernel_of_other_source_goes_when_it_cannot_be_built(
    case: Case, provide: Provide
) -> None:
    case.cargo()
    provide()
    (case.bin / "cargo").unlink()
    case.change("fn two() {}")

    done, said = provide()

    assert not done
    assert said.endswith("; the one in .venv was of other source and is removed\n")
    assert not case.kernel.exists()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 1", "the cargo on PATH does not run"),
        ("echo 'cargo 1.88.9 (0)'", "cargo 1.88.9 is older than 1.89"),
        ("echo 'cargo 1.9.0 (0)'", "cargo 1.9.0 is older than 1.89"),
    ],
)
def test_a_cargo_that_cannot_build_it_is_not_asked_to(
    case: Case, provide: Provide, script: str, why: str
) -> None:
    case.cargo()
    case.tool("cargo", script)

    assert provide() == (False, f"{GOING_ON}{why}\n")
    assert case.builds == 0


def test_a_failure_is_remembered_until_something_changed(case: Case, provide: Provide) -> None:
    case.cargo()
    case.failure = "no such registry (build/native-kernel.log)"

    assert provide() == (False, f"{GOING_ON}{case.failure}; `make native` tries again\n")
    assert provide() == (False, "")
    assert case.builds == 1
    assert provide(again=True)[1] == f"lockgate: the native kernel was not built: {case.failure}\n"
    case.change("fn two() {}")
    provide()
    case.cargo("1.96.0")
    provide()
    assert case.builds == 4


def test_the_portable_kernel_can_be_asked_for(
    case: Case, provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.cargo()
    monkeypatch.setenv("LOCKGATE_KERNEL", "portable")

    assert provide() == (False, f"{GOING_ON}LOCKGATE_KERNEL=portable is set\n")
    assert case.builds == 0


def test_what_is_built_in_the_tree_is_no_source(case: Case, provide: Provide) -> None:
    before = case.native.sources()
    for name in ("kernel/target/x.rs", "kernel/tests/y.rs", "target/z.rs"):
        path = case.root / "rust" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("fn x() {}")

    assert case.native.sources() == before


LINES = [
    "   Compiling aes v0.9.0\n",
    "error: failed to get `aes` as a dependency of package `lockgate-kernel v0.1.0 (/a/rust)`\n",
    "error: something later\n",
]


@pytest.mark.parametrize(
    ("lines", "begun", "first"),
    [
        (LINES, 1, "failed to get `aes` as a dependency of package `lockgate-kernel v0.1.0`"),
        (["error[E0425]: cannot find value\n"], 0, "cannot find value"),
        (["error: " + "x" * 500], 0, "x" * 120),
        (["   Finished in 1 s\n"], 0, ""),
    ],
)
def test_the_first_error_is_the_reason(
    lines: list[str], begun: int, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    logged: list[str] = []

    follow = importlib.import_module("cargo_progress").follow
    assert follow(lines, logged.append, 9) == (begun, first)
    assert logged == lines


def test_the_committed_lock_holds_no_address_and_goes_both_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    crates = importlib.import_module("crates")
    committed = (TOOLS.parent / "rust" / "crates.lock").read_text()

    working = crates.with_source(committed, "registry+somewhere")

    assert "source" not in committed
    assert working.count('source = "registry+somewhere"\nchecksum = ') == committed.count(
        "checksum"
    )
    assert crates.without_source(working) == committed
