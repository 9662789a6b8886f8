"""The native kernel in a process: threads, the GIL, memory, and what a wrong call tells."""

from __future__ import annotations

import gc
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kernel_calls import EVERY, KEY, PLACE, TOKEN_KEY, Call, Kernels, frames, opened
from kernels import MODULE
from lockgate.errors import LockgateError
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.interface import Kernel, Normaliser

STATM = Path("/proc/self/statm")
PAGE = 4096
DIGITS = Ff1(Alphabet.DIGITS, b"")


@pytest.fixture(scope="module")
def native(kernels: Kernels) -> Kernel:
    return kernels[1]


@pytest.fixture(scope="module")
def rust(native: Kernel) -> Any:
    return __import__(MODULE)


def resident() -> int:
    if not STATM.exists():
        pytest.skip("no /proc here to read the process's memory from")
    gc.collect()
    return int(STATM.read_text().split()[1]) * PAGE


def test_many_threads_get_what_one_gets(native: Kernel) -> None:
    columns = [
        pa.array([None if row % 7 == at else f"{row * at}@x.org é1" for row in range(3000)])
        for at in range(4)
    ]
    work = [(call, column) for call in list(EVERY.values())[::3] for column in columns]
    alone = [call(native, column) for call, column in work]

    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            together = list(pool.map(lambda item: item[0](native, item[1]), work))
            assert all(a is b is None or a.equals(b) for a, b in zip(alone, together, strict=True))
        sealed = list(pool.map(lambda column: frames(True, native, column), columns * 8))
        back = list(pool.map(lambda column: opened(native, column), sealed))
    assert all(got.equals(columns[at % 4].cast(pa.binary())) for at, got in enumerate(back))
    nonces = {frame[:38] for column in sealed for frame in column.to_pylist() if frame}
    assert len(nonces) == len(sealed)


LONG: dict[str, Call] = {
    "canonical": lambda k, v: k.canonical(v, Normaliser.TEXT),
    "encodable": lambda k, v: k.encodable(v, Normaliser.TEXT, deterministic=True),
    "tokenize": lambda k, v: k.tokenize(v, Normaliser.EMAIL, TOKEN_KEY, PLACE, 7, text=True),
    "encrypt": lambda k, v: frames(True, k, v),
    "hash": EVERY["hashes exact hmac-sha256 True"],
    "mask": next(call for name, call in EVERY.items() if "alphanumeric" in name),
    "ff1": lambda k, v: k.ff1(v, DIGITS, KEY, decrypt=False),
}


@pytest.mark.parametrize("name", [*LONG, "reveal"])
def test_another_thread_goes_on_during_a_long_call(native: Kernel, name: str) -> None:
    """With the GIL held, a call from here would end before another thread's next step."""
    size = 200_000
    while True:
        column = pa.array(
            [f"{row:012} é" if name != "ff1" else f"{row:012}" for row in range(size)]
        )
        if name == "reveal":
            column = frames(True, native, column)
        call = LONG.get(name, opened)
        stop, steps = threading.Event(), []

        def tick(stop: threading.Event = stop, steps: list[float] = steps) -> None:
            while not stop.is_set():
                steps.append(time.perf_counter())
                time.sleep(0)

        other = threading.Thread(target=tick)
        other.start()
        started = time.perf_counter()
        call(native, column)
        ended = time.perf_counter()
        stop.set()
        other.join()
        if ended - started > 0.03 or size > 5_000_000:
            break
        size *= 4
    tenth = (ended - started) / 10
    within = [step for step in steps if started + tenth < step < ended - tenth]
    assert len(within) > 20


@pytest.mark.parametrize("name", [*LONG, "reveal"])
def test_ten_thousand_calls_leave_no_memory_behind(native: Kernel, name: str) -> None:
    """4 kB in and more out, each time: what stayed of either would be 40 MB at least."""
    column = pa.array(["123456789012"] * 350)
    if name == "reveal":
        column = frames(True, native, column)
    call = LONG.get(name, opened)
    for _ in range(500):
        call(native, column)
    before, held = resident(), pa.total_allocated_bytes()

    for _ in range(10_000):
        call(native, column)

    assert resident() - before < 12_000_000
    assert pa.total_allocated_bytes() - held < 1_000_000


def test_refused_calls_leave_no_memory_behind(native: Kernel) -> None:
    bad = [
        (lambda v: native.canonical(v, Normaliser.DIGITS), pa.array(["n/a"] * 5000)),
        (lambda v: opened(native, v), pa.array(["lkg1_EQAAB" + "A" * 50] * 500)),
        (lambda v: native.tokenize(v, Normaliser.EXACT, KEY, b"", 7, text=True), pa.array(["a"])),
    ]
    before = 0
    for round_ in range(2200):
        if round_ == 200:
            before = resident()
        for call, column in bad:
            with pytest.raises(LockgateError):
                call(column)
    assert resident() - before < 12_000_000


def test_capsules_that_nobody_takes_are_freed(rust: Any) -> None:
    made = rust.canonical(pa.array(["x" * 100_000]), "exact", True)
    for _ in range(200):
        made.__arrow_c_array__()
    before = resident()
    for _ in range(5000):
        made.__arrow_c_array__()
        made.__arrow_c_schema__()
        rust.canonical(pa.array(["x" * 100_000]), "exact", True)
    assert resident() - before < 12_000_000


def test_an_array_outlives_what_it_was_made_of(rust: Any) -> None:
    """Taken any number of times, in any order, after its maker and its input are gone."""
    made = rust.canonical(pa.array(["ada", None, "bob" * 9]), "exact", True)
    first, second = pa.array(made), pa.array(made)
    part = first[1:]
    del made, first
    gc.collect()
    rust.canonical(pa.array(["zzz"] * 1000), "exact", True)
    assert part.to_pylist() == [None, b"bob" * 9]
    assert second.to_pylist() == [b"ada", None, b"bob" * 9]
    second.validate(full=True)


def test_an_input_is_let_go_of(rust: Any) -> None:
    before = pa.total_allocated_bytes()
    for _ in range(50):
        rust.canonical(pa.array(["y" * 1_000_000]), "exact", True)
        with pytest.raises(rust.Fault):
            rust.canonical(pa.array(["n/a" * 300_000]), "digits", True)
        with pytest.raises(rust.Fault):
            rust.canonical(pa.array([["y" * 1_000_000]]), "exact", True)
    assert pa.total_allocated_bytes() - before < 100_000


WRONG = {
    "key as text": lambda rust, key, v: rust.tokenize(v, "exact", key.hex(), b"", 7, True),
    "key as a list": lambda rust, key, v: rust.encrypt(v, list(key), b"", 7, True),
    "key too short": lambda rust, key, v: rust.tokenize(v, "exact", key[:40], b"", 7, True),
    "key in the wrong place": lambda rust, key, v: rust.tokenize(v, key, "exact", b"", 7, True),
    "key as a number": lambda rust, key, v: rust.encrypt(v, b"", b"", int.from_bytes(key), True),
    "key as array": lambda rust, key, v: rust.encrypt(key, v, b"", 7, True),
    "keys unpaired": lambda rust, key, v: rust.reveal(v, [key], [(1, b"")]),
    "keys as text": lambda rust, key, v: rust.reveal(v, [(1, 7, key.hex())], [(1, b"")]),
    "hash of another name": lambda rust, key, v: rust.hash(v, "exact", key[:32], key.hex(), True),
    "mask of another name": lambda rust, key, v: rust.mask(v, 1, 1, key.hex(), "*", False),
    "fill of several": lambda rust, key, v: rust.mask(v, 1, 1, "all", key.hex(), False),
    "too few": lambda rust, key, v: rust.encrypt(v, key),
    "too many": lambda rust, key, v: rust.encrypt(v, key, b"", 7, True, key, key.hex()),
    "by a name": lambda rust, key, v: rust.encrypt(v, key, b"", 7, True, **{key.hex()[:8]: 1}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_an_ordinary_error_without_the_key(rust: Any, name: str) -> None:
    """No panic comes through as an exception of its own, and no argument is repeated."""
    key = bytes(range(160, 224))

    with pytest.raises(Exception) as caught:  # noqa: PT011
        WRONG[name](rust, key, pa.array(["canary-7391"]))

    assert isinstance(caught.value, TypeError | ValueError | OverflowError | rust.Fault)
    said = str(caught.value) + repr(caught.value) + repr(caught.value.args)
    said += "".join(traceback.format_exception_only(caught.value))
    shown = (key.hex()[8:40], repr(key)[2:40], str(list(key))[1:60], "canary", str(key[0] << 2))
    assert not any(part in said for part in shown)


def test_nothing_shows_a_value(native: Kernel, rust: Any) -> None:
    made = rust.canonical(pa.array(["canary-7391"]), "exact", True)
    for shown in (repr(made), str(made), repr(native), repr(vars(rust))):
        assert "canary" not in shown
