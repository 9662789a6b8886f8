"""Secrets refuse every way of becoming text or bytes but one."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from rich.traceback import Traceback

from lockgate import secret_memory
from lockgate.secret import SecretBytes, SecretText

TEXT = "open-sesame-4711"
SECRETS = (SecretText(TEXT), SecretBytes(TEXT.encode()))


@dataclasses.dataclass
class Holder:
    secret: object


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    secret: Any


REFUSES: dict[str, Callable[[Any], object]] = {
    "pickle": pickle.dumps,
    "pickle 0": lambda s: pickle.dumps(s, 0),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "json of a dict": lambda s: json.dumps({"a": s}),
    "pydantic json": lambda s: Model(secret=s).model_dump_json(),
    "asdict": lambda s: dataclasses.asdict(Holder(s)),
    "bytes": bytes,
    "iteration": iter,
    "list": list,
    "search": lambda s: "open" in s,
    "vars": vars,
    "getstate": lambda s: s.__getstate__(),
    "reduce": lambda s: s.__reduce__(),
    "hash": hash,
    "index": lambda s: s[0],
    "add": lambda s: s + s,
    "buffer": memoryview,
    "join": lambda s: "".join([s]),
    "change": lambda s: setattr(s, "_kept", None),
    "forget": lambda s: delattr(s, "_kept"),
}
SHOWS: dict[str, Callable[[Any], object]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": lambda s: f"{s} {s!r} {s!s:>40} {s:x}",
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031 - as logging does it
    "model_dump": lambda s: str(Model(secret=s).model_dump()),
    "model": lambda s: repr(Model(secret=s)),
    "model json": lambda s: str(Model(secret=s).model_dump(mode="python")),
    "json default": lambda s: json.dumps(s, default=str),
    "dataclass": lambda s: repr(Holder(s)),
    "container": lambda s: repr([{"a": (s,)}]),
    "dir": lambda s: str(dir(s)),
    "members": lambda s: str(inspect.getmembers(s)),
}


@pytest.mark.parametrize("name", REFUSES)
@pytest.mark.parametrize("secret", SECRETS)
def test_refuses(secret: object, name: str) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        REFUSES[name](secret)
    assert TEXT not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", SHOWS)
@pytest.mark.parametrize("secret", SECRETS)
def test_shows_stars(secret: object, name: str) -> None:
    shown = str(SHOWS[name](secret))
    assert TEXT not in shown
    assert TEXT.encode().hex() not in shown


def test_a_traceback_with_locals_shows_stars() -> None:
    def fails(secret: object) -> None:
        holder = Holder(secret)
        raise ValueError(len(repr(holder)))

    for secret in SECRETS:
        try:
            fails(secret)
        except ValueError as error:
            plain = "".join(
                traceback.TracebackException.from_exception(error, capture_locals=True).format()
            )
            rich = Traceback.from_exception(
                ValueError, error, error.__traceback__, show_locals=True
            )
            shown = plain + repr([f.locals for stack in rich.trace.stacks for f in stack.frames])
            assert "***" in plain
            assert TEXT not in shown


def test_what_goes_in_comes_out_by_reveal_only() -> None:
    for text in ("", "a", "ümlaut €", "\udcff from the environment", "x" * 70_000):
        assert SecretText(text).reveal() == text
        assert len(SecretText(text)) == len(text)
    for length in (0, 1, 64, 65, 512, 4096, 4097, 1 << 20):
        value = bytes(i % 251 for i in range(length))
        assert SecretBytes(value).reveal() == value
        assert len(SecretBytes(value)) == length
    assert SecretText("a") == SecretText("a") != SecretText("b")
    assert SecretBytes(b"a") == SecretBytes(b"a") != SecretBytes(b"b")
    assert SecretText("a") != "a"


@pytest.mark.parametrize("length", [32, 600, 100_000])
def test_memory_is_overwritten_when_a_secret_ends(length: int) -> None:
    secret = SecretBytes(b"\xa5" * length)
    room = secret._kept._room
    assert bytes(room[:length]) == b"\xa5" * length
    del secret
    assert not any(room)


def test_room_of_ended_secrets_is_used_again() -> None:
    for _ in range(3):
        kept = [SecretBytes(b"k" * 40) for _ in range(2_000)]
        pages = secret_memory.kept_pages()
        del kept
    assert secret_memory.kept_pages() == pages


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's view is Linux's")
def test_the_system_keeps_the_pages_from_swap_and_dumps() -> None:
    script = """
import ctypes, re
from lockgate.secret import SecretBytes
from lockgate.secret_memory import _pages, locked_bytes
key = SecretBytes(b"k" * 40)
at = ctypes.addressof(ctypes.c_char.from_buffer(_pages[0]))
for part in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open("/proc/self/smaps").read(), flags=re.M)[1:]:
    first, last = (int(edge, 16) for edge in part.split()[0].split("-"))
    if first <= at < last:
        flags = re.search("VmFlags: (.*)", part).group(1).split()
        print("lo" in flags, "dd" in flags, locked_bytes())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    locked, no_dump, size = done.stdout.split()
    assert no_dump == "True"
    assert (locked == "True") == (int(size) > 0)
    assert done.stderr == "", "ending the interpreter with secrets alive is silent"


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_forked_child_wipes_its_own_copy_only() -> None:
    script = (
        "import os; from lockgate.secret import SecretText; s = SecretText('open-sesame-4711');"
        "pid = os.fork();\nif not pid:\n    s._kept.wipe(); os._exit(0)\n"
        "os.waitpid(pid, 0); print(s.reveal())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == TEXT
