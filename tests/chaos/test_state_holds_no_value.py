"""Every byte that Lockgate keeps, searched while a run is paused, killed and recovered.

No value of the data and no clear key may be there; what leaves is as its zone asks for.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate import secret
from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.secret import SecretBytes
from lockgate.secret_memory import Kept
from small_project import CONTRACT, ZONES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a process is paused by a signal"),
]

CHILD = Path(__file__).with_name("killed_run.py")
PASSPHRASE = "a canary that sings 7391"
ROWS = 3_000
IDS = range(7_391_739_100_000, 7_391_739_100_000 + ROWS)
PAUSES = 8
PIPELINE = """
labels:
  pii.birth_date: {shred: subject}
pipelines:
  people:
    purpose: test
    sources: {people: {contract: people, path: data/people.csv, format: csv}}
    steps:
      everybody:
        sql: |
          SELECT id, email, born, city FROM people WHERE id > 0
    sinks:
      study: {zone: study, path: out/study, format: csv}
      coarse: {zone: coarse, path: out/coarse, format: parquet}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state") / "p"
    create_project(folder, "people", passphrase=SecretBytes(PASSPHRASE.encode()))
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "contracts/people.odcs.yaml").write_text(CONTRACT)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(ZONES + PIPELINE)
    lines = [
        f"{number},{'canary-rejected' if not number % 50 else f'canary{number}@ex.org'},"
        f"19{number % 60 + 40}-07-17,Oslo"
        for number in IDS
    ]
    (folder / "data/people.csv").write_text("\n".join(["id,email,born,city", *lines]) + "\n")
    with Workspace.open(folder, passphrase=lambda: PASSPHRASE) as workspace:
        workspace.create_domains()
    return folder


@pytest.fixture(scope="module")
def keys(project: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[bytes]:
    """Every key and passphrase that a whole run holds: root, domain, derived, salts."""
    held: set[bytes] = set()
    original = secret.keep

    def noting(content: bytes) -> Kept:
        held.add(bytes(content))
        return original(content)

    copy = tmp_path_factory.mktemp("keys") / "p"
    shutil.copytree(project, copy)
    patch = pytest.MonkeyPatch()
    patch.setattr(secret, "keep", noting)
    try:
        with Workspace.open(copy, passphrase=lambda: PASSPHRASE) as workspace:
            workspace.run("people")
    finally:
        patch.undo()
    held = {key for key in held if len(key) >= 16 and any(key)}  # zeros stand where none is kept
    own_file = (copy / ".lockgate/ledger.key").read_bytes()  # the one key that lies there clear
    seeds = {key for key in held if any(form in own_file for form in forms(key))}
    assert len(seeds) == 1
    assert len(held) > 8
    return frozenset(held - seeds)


def forms(key: bytes) -> Iterator[bytes]:
    yield key
    yield key.hex().encode()
    yield base64.b64encode(key).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(key).rstrip(b"=")[:-1]


def found(folder: Path, scratch: Path, keys: frozenset[bytes]) -> list[str]:
    """Files with a value or a key in them, but for the input."""
    words = [b"canary", b"7391739", *(struct.pack("<q", n) for n in (IDS[1], IDS[50], IDS[-1]))]
    words += [form for key in keys for form in forms(key)]
    return [
        f"{path.relative_to(top)}: {word[:12]!r}"
        for top in (folder, scratch)
        for path in top.rglob("*")
        if path.is_file() and path != folder / "data/people.csv"
        for word in words
        if word in path.read_bytes()
    ]


def start(folder: Path, scratch: Path, step: int, passphrase: Path) -> subprocess.Popen[str]:
    with passphrase.open("rb") as given:
        return subprocess.Popen(
            [sys.executable, str(CHILD), str(folder), "people", str(step)],
            env={
                **os.environ,
                "SENT_AT_STEP": "SIGSTOP",
                "LOCKGATE_PASSPHRASE_FD": "0",
                "TMPDIR": str(scratch),
            },
            stdin=given,
            stdout=subprocess.PIPE,
            text=True,
        )


def test_the_search_would_find_a_value_and_a_key(tmp_path: Path, keys: frozenset[bytes]) -> None:
    (tmp_path / "a").mkdir()
    for content in (b"x canary7391", struct.pack("<q", IDS[50]), *forms(min(keys))):
        (tmp_path / "a/b").write_bytes(b"..." + content + b"...")
        assert found(tmp_path, tmp_path / "a", keys)


def test_no_value_and_no_key_is_on_the_disk_at_any_moment(
    project: Path, keys: frozenset[bytes], tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    whole = tmp_path / "whole"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    shutil.copytree(project, whole)
    child = start(whole, scratch, 0, passphrase)
    steps = int(child.communicate(timeout=120)[0])
    assert steps > PAUSES
    assert found(whole, scratch, keys) == []

    seen = set()
    for pause in range(PAUSES):
        folder = tmp_path / f"p{pause}"
        shutil.copytree(project, folder)
        child = start(folder, scratch, 1 + pause * (steps - 1) // (PAUSES - 1), passphrase)
        try:
            _, status = os.waitpid(child.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            seen |= {path.relative_to(folder).parts[:2] for path in folder.rglob("*")}
            assert found(folder, scratch, keys) == [], f"paused at {pause}"
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.communicate()
        assert found(folder, scratch, keys) == [], f"killed at {pause}"
        with Workspace.open(folder, passphrase=lambda: PASSPHRASE) as workspace:
            workspace.run("people")
        assert found(folder, scratch, keys) == [], f"recovered from {pause}"
    assert {(".lockgate", "quarantine"), (".lockgate", "state.db"), ("out", "study")} <= seen
