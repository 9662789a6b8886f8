"""A native kernel that writes a wrong line is found before it is asked for one."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from kernels import MODULE, named
from lockgate.errors import KernelError
from lockgate.kernel.render_self_test import failing_rendering
from lockgate.kernel.rendering import Rendering


def module(**changed: Any) -> Any:
    """The native kernel with some functions of another make."""
    named("native")
    native = importlib.import_module(MODULE)
    names = ("render_csv", "render_jsonl", "Fault")
    return SimpleNamespace(**{**{name: getattr(native, name) for name in names}, **changed})


def test_the_native_kernel_writes_what_is_known() -> None:
    assert failing_rendering(module()) is None


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_wrong_lines_and_none_fail(format: str) -> None:
    wrong = pa.array(b"1\n", pa.uint8())
    for answer in (wrong, None):
        changed = module(**{f"render_{format}": lambda *given, answer=answer: answer})

        assert failing_rendering(changed) == format


def test_a_module_without_writers_fails() -> None:
    assert failing_rendering(SimpleNamespace(Fault=RuntimeError)) == "csv"


def test_an_array_that_lies_about_its_offsets_is_refused() -> None:
    native = Rendering(module())
    for offsets in ([0, 9, 3], [0, -1, 3], [2, 0, 3]):
        raw = b"".join(offset.to_bytes(4, "little", signed=True) for offset in offsets)
        lying = pa.Array.from_buffers(
            pa.string(), 2, [None, pa.py_buffer(raw), pa.py_buffer(b"abc")]
        )
        with pytest.raises(KernelError, match="not laid out"):
            native.csv([lying], [False])


def test_columns_that_do_not_fit_together_are_refused() -> None:
    native = Rendering(module())
    one, two = pa.array(["a"]), pa.array([1, 2])
    for columns, bare in (([], []), ([one, two], [False, True]), ([one], [])):
        with pytest.raises(KernelError):
            native.csv(columns, bare)
        with pytest.raises(KernelError):
            native.jsonl(['"k"'] * len(columns), columns, bare)
    with pytest.raises(KernelError):
        native.jsonl([], [one], [False])
    with pytest.raises(KernelError):
        native.csv([pa.array([1.5])], [True])
