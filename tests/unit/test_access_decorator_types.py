"""What a type checker sees of decorated functions: what it saw before."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from mypy import api

CODE = """
from collections.abc import AsyncIterator, Iterator
from typing import Any
from pydantic import BaseModel
import lockgate

class Row(BaseModel):
    number: str

@lockgate.requires("reveal", label="pii.email")
@lockgate.audited
@lockgate.validated(Row)
def plain(number: str, /, *, times: int = 1) -> bytes: ...

@lockgate.audited(action="look")
@lockgate.requires("reveal", label="pii.email")
async def later(number: str) -> bytes: ...

@lockgate.requires("reveal", label="pii.email")
def items(count: int) -> Iterator[str]:
    yield ""

class Desk:
    @classmethod
    @lockgate.requires("reveal", label="pii.email")
    def above(cls, number: str) -> int: ...

reveal_type(plain)
reveal_type(later)
reveal_type(items)
reveal_type(Desk.above)
reveal_type(lockgate.in_session(plain))
plain(1)
"""


@pytest.mark.slow
def test_types_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text(CODE)
    words = ["--strict", "--disable-error-code=empty-body", "--python-executable", sys.executable]
    out, problems, _ = api.run([*words, "--cache-dir", str(tmp_path / "cache"), str(file)])
    assert problems == ""
    seen = re.findall(r'Revealed type is "(.*)"', out)
    wanted = [
        "def (builtins.str, *, times: builtins.int =) -> builtins.bytes",
        "def (number: builtins.str) -> typing.Coroutine[Any, Any, builtins.bytes]",
        "def (count: builtins.int) -> typing.Iterator[builtins.str]",
        "def (number: builtins.str) -> builtins.int",
        "def (builtins.str, *, times: builtins.int =) -> builtins.bytes",
    ]
    told = [
        re.sub(r" =\)", "=)", re.sub(r"builtins\.|typing\.|collections\.abc\.", "", one))
        for one in seen
    ]
    expected = [re.sub(r" =\)", "=)", re.sub(r"builtins\.|typing\.", "", one)) for one in wanted]
    assert told == expected, out
    assert 'incompatible type "int"; expected "str"' in out
