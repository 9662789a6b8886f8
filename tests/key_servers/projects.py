"""A project whose root key is in a key service, and every clear key that it ever holds."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from key_servers.kinds import Running, as_yaml
from lockgate.adapters.key_services import envelope
from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.keys import derivation
from lockgate.secret import SecretBytes
from small_project import CONTRACT, PIPELINE, ROWS, ZONES


class KeyRecorder:
    """Notes every domain key, data key and derived key that this process makes or unwraps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: set[bytes] = set()
        monkeypatch.setattr(envelope, "SecretBytes", self._noted)
        monkeypatch.setattr(derivation, "SecretBytes", self._noted)

    def _noted(self, value: bytes) -> SecretBytes:
        self.keys.add(bytes(value))
        return SecretBytes(value)

    def found_below(self, *folders: Path) -> list[str]:
        """Files that hold a key: raw, in hexadecimal or in base64, whatever their place in it."""
        wanted = [form for key in self.keys for form in _forms(key)]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [str(path) for path in files if any(form in path.read_bytes() for form in wanted)]


def _forms(key: bytes) -> list[bytes]:
    """In base64 a key inside of something longer can begin at three places: all are looked for."""
    shifted = [base64.b64encode(b"\0" * shift + key)[4:-4] for shift in range(3)]
    urls = [form.translate(bytes.maketrans(b"+/", b"-_")) for form in shifted]
    return [key, key.hex().encode(), key.hex().upper().encode(), *shifted, *urls]


def make_remote_project(
    folder: Path, remote: Running, monkeypatch: pytest.MonkeyPatch, rows: str = ROWS
) -> Path:
    """The small project, its keys under a new root key of the service."""
    for name, value in remote.variables.items():
        monkeypatch.setenv(name, value)
    create_project(folder, "people")
    (folder / ".lockgate" / "root.key").unlink()
    file = folder / "lockgate.yaml"
    line = as_yaml(remote.section("people"), remote.kind)
    text, done = re.subn(r"^keys:.*\n(?:[ ]+.*\n)*", lambda _: line, file.read_text(), flags=re.M)
    assert done == 1
    file.write_text(text)
    for name, text in (
        ("contracts/people.odcs.yaml", CONTRACT),
        ("policy/zones.yaml", ZONES),
        ("pipelines/people.yaml", PIPELINE),
        ("data/people.csv", rows),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with Workspace.open(folder) as workspace:
        workspace.create_domains()
    return folder
