"""The C limit: compiled here and now for this processor, called on Arrow columns."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

SOURCE = Path(__file__).parent / "limit.c"
FLAGS = ("-std=gnu17", "-O3", "-march=native", "-shared", "-fPIC", "-fvisibility=hidden")
PADDING = 128
_REFUSALS = {
    1: "a value is outside of what the limit takes",
    2: "a frame does not open",
    3: "no memory",
}
_NO_UNITS = "the processor has no instructions for it"


class NoLimit(Exception):
    """The limit cannot be had here, and why."""


class _Column(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_size_t),
        ("offsets", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
    )


class _Result(ctypes.Structure):
    _fields_ = (("offsets", ctypes.c_void_p), ("data", ctypes.c_void_p))


@dataclass(frozen=True)
class Input:
    """A column that the limit can read: 32-bit offsets, and room behind the bytes."""

    column: Any
    count: int
    owned: tuple[Any, ...] = field(repr=False)

    @classmethod
    def of(cls, values: pa.Array) -> Input:
        """Copy a utf8 or binary array without nulls."""
        _, offsets, data = values.buffers()
        first, count = values.offset, len(values)
        starts = np.frombuffer(offsets, np.int32)[first : first + count + 1].copy()
        held = np.zeros(int(starts[-1]) + PADDING, np.uint8)
        held[: starts[-1]] = np.frombuffer(data, np.uint8)[: starts[-1]]
        column = _Column(count, starts.ctypes.data, held.ctypes.data)
        return cls(column, count, (starts, held))


class Output:
    """A column that the limit made. Its memory goes when it does, or earlier by `free`."""

    def __init__(self, library: ctypes.CDLL, count: int) -> None:
        self._library, self._count, self._raw = library, count, _Result()

    def pointer(self) -> Any:
        """Where C writes."""
        return ctypes.byref(self._raw)

    def array(self, type: pa.DataType) -> pa.Array:
        """A copy as an Arrow array."""
        offsets = ctypes.string_at(self._raw.offsets, 4 * (self._count + 1))
        length = int(np.frombuffer(offsets, np.int32)[-1])
        data = ctypes.string_at(self._raw.data, length) if length else b""
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(type, self._count, buffers)

    def __del__(self) -> None:
        self._library.limit_free(self.pointer())


class Limit:
    """One compiled limit."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.limit_units.restype = ctypes.c_char_p
        self._library.limit_prepare()

    @property
    def units(self) -> str:
        """Which instructions it uses."""
        return str(self._library.limit_units().decode())

    def call(self, name: str, values: Input, *arguments: bytes | int) -> Output:
        """Run one function. Raises NoLimit for what it does not take."""
        out = Output(self._library, values.count)
        converted = [ctypes.c_size_t(a) if isinstance(a, int) else a for a in arguments]
        if not hasattr(self._library, f"limit_{name}"):
            raise NoLimit(_NO_UNITS)
        function = getattr(self._library, f"limit_{name}")
        code = function(ctypes.byref(values.column), *converted, out.pointer())
        if code:
            raise NoLimit(_REFUSALS.get(code, "an unknown refusal"))
        return out


def compiler() -> str:
    """The C compiler. Raises NoLimit if there is none."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and (found := shutil.which(name)):
            return found
    raise NoLimit("no C compiler is here (looked for cc, gcc, clang)")


def build(folder: Path, *definitions: str) -> Limit:
    """Compile. Raises NoLimit, with the first words of the compiler, if it cannot be done."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        raise NoLimit(f"it is written for x86-64; this is {platform.machine()}")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"limit{''.join(definitions).lower()}.so"
    command = [compiler(), *FLAGS, *definitions, str(SOURCE), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr.strip() or "it said nothing").splitlines()[0]
        raise NoLimit(f"the C compiler refused: {words}")
    return Limit(target)
