"""Which kernel is used, and that a broken one is never passed over in silence."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from kernels import named
from lockgate.errors import IntegrityError, KernelError
from lockgate.kernel import choice, load
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel
from lockgate.kernel.self_test import failing


@pytest.fixture(autouse=True)
def unremembered() -> Iterator[None]:
    choice._chosen.cache_clear()
    yield
    choice._chosen.cache_clear()


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == choice.MODULE else found(name)
    )
    monkeypatch.delenv(choice.VARIABLE, raising=False)


def pretend_native(monkeypatch: pytest.MonkeyPatch, kernel: Any, found_format: int = 1) -> None:
    """A module ``kernel.native`` as if it had been imported, with this kernel in it."""
    module = ModuleType("lockgate.kernel.native")
    attributes = {"FORMAT": 1, "FOUND_FORMAT": found_format, "VERSION": "9.9.9"}
    made = {
        "NativeKernel": lambda: kernel,
        "failing_judge": lambda: None,
        "failing_splitting": lambda: None,
        "failing_columns": lambda: None,
        "failing_writer": lambda: None,
    }
    for name, value in {**attributes, **made}.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "lockgate.kernel.native", module)
    monkeypatch.setattr("lockgate.kernel.native", module, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.delenv(choice.VARIABLE, raising=False)


class Pretended(PortableKernel):
    """The portable kernel under the other's name."""

    aes = "slide rule"

    @property
    def name(self) -> str:
        return "native"


def test_without_the_native_kernel_the_portable_one_works_and_says_why(absent: None) -> None:
    chosen = choice.choose()

    assert chosen.kernel.name == load().name == "portable"
    assert chosen.why == "the native kernel is not installed"
    assert choice.native_module() is None


def test_naming_an_absent_native_kernel_is_an_error(
    absent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(choice.VARIABLE, "native")

    with pytest.raises(KernelError, match="LOCKGATE_KERNEL=native, but .* is not installed"):
        load()


def test_what_only_has_the_name_of_the_native_kernel_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, choice.MODULE, ModuleType(choice.MODULE))
    monkeypatch.delitem(sys.modules, "lockgate.kernel.native", raising=False)
    monkeypatch.delattr("lockgate.kernel.native", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.delenv(choice.VARIABLE, raising=False)

    chosen = choice.choose()

    assert (chosen.kernel.name, chosen.is_native) == ("portable", False)
    assert chosen.why == "the native kernel is installed, but cannot be loaded here"


@pytest.mark.parametrize("word", ["portable", " PORTABLE "])
def test_the_portable_kernel_can_be_named(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, word)

    assert choice.choose().kernel.name == "portable"
    assert choice.choose().why == "LOCKGATE_KERNEL=portable"


def test_an_unknown_word_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "hunter2")

    with pytest.raises(KernelError) as refused:
        load()
    assert "hunter2" not in str(refused.value)


def test_the_native_kernel_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = named("native")
    monkeypatch.delenv(choice.VARIABLE, raising=False)

    chosen = choice.choose()

    assert type(chosen.kernel) is type(kernel)
    assert chosen.is_native
    assert chosen.version
    assert chosen.aes in {"vaes-512", "vaes-256", "aes-ni", "armv8", "software"}


def test_another_format_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_native(monkeypatch, Pretended(), found_format=2)

    assert choice.choose().kernel.name == "portable"
    assert choice.choose().why.endswith("is of format 2, and this version takes 1")
    monkeypatch.setenv(choice.VARIABLE, "native")
    with pytest.raises(KernelError, match="format 2"):
        load()


def test_what_cannot_be_loaded_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lockgate.kernel.native", None)
    monkeypatch.delattr("lockgate.kernel.native", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.delenv(choice.VARIABLE, raising=False)

    assert choice.choose().why == "the native kernel is installed, but cannot be loaded here"


@pytest.mark.parametrize("kernel", [Pretended()])
def test_right_answers_let_it_in(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_native(monkeypatch, kernel)

    assert load() is kernel
    assert choice.choose().why == "it is installed"


@pytest.mark.parametrize("name", ["portable", "native"])
def test_every_kernel_passes_the_self_test(name: str) -> None:
    assert failing(named(name)) is None


def wrong(operation: str) -> Kernel:
    """A kernel that gives what it was handed, or opens everything, instead of ``operation``."""

    def other(self: Any, values: pa.Array, *arguments: Any, **options: Any) -> Any:
        if operation == "reveal":
            return pa.array([b""] * len(values), pa.binary())
        if operation == "frame_headers":
            return set()
        return None if operation in {"encodable", "ff1_fits"} else values

    kernel: Kernel = type("Wrong", (Pretended,), {operation: other})()
    return kernel


OPERATIONS = [
    "canonical",
    "encodable",
    "tokenize",
    "encrypt",
    "reveal",
    "frame_headers",
    "hash",
    "mask",
    "ff1",
    "ff1_fits",
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_wrong_answer_stops_everything(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_native(monkeypatch, wrong(operation))

    for variable in (None, "native"):
        if variable:
            monkeypatch.setenv(choice.VARIABLE, variable)
        with pytest.raises(KernelError, match="wrong answer in its self-test") as refused:
            load()
        assert "LOCKGATE_KERNEL=portable" in refused.value.hint
    monkeypatch.setenv(choice.VARIABLE, "portable")
    assert load().name == "portable"


def test_a_kernel_that_opens_what_was_altered_fails() -> None:
    class Careless(Pretended):
        def reveal(self, frames: pa.Array, *arguments: Any, **beside: Any) -> pa.Array:
            try:
                return super().reveal(frames, *arguments, **beside)
            except IntegrityError:
                return pa.array([b"078-05-1120"] * len(frames))

    assert failing(Careless()) == "tokenize"


@pytest.mark.parametrize("ignored", ["subjects", "records"])
def test_a_kernel_that_does_not_look_beside_the_values_fails(ignored: str) -> None:
    class Blind(Pretended):
        def encrypt(self, *arguments: Any, **beside: Any) -> pa.Array:
            return super().encrypt(*arguments, **beside | {ignored: None})

    assert failing(Blind()) == "encrypt for subjects"


def test_a_kernel_that_opens_what_was_shredded_fails() -> None:
    class Remembering(Pretended):
        def reveal(self, frames: pa.Array, *arguments: Any, **beside: Any) -> pa.Array:
            opened = super().reveal(frames, *arguments, **beside)
            return opened.fill_null(b"078-05-1120") if len(frames) == 1 else opened

    assert failing(Remembering()) == "encrypt for subjects"
