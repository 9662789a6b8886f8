"""What the pages on secrets show as lockgate.yaml is read as such."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from lockgate.assemble.project_file import load_project
from lockgate.assemble.secret_references import secret_findings

PAGES = (
    "README.md",
    "docs/guides/secrets.md",
    "docs/reference/secrets.md",
)
KEY = base64.b64encode(bytes(32)).decode()
HEAD = f"lockgate: 1\nproject: clinic\nledger: {{public_key: {KEY!r}}}\n"


@pytest.mark.parametrize("page", PAGES)
def test_every_example_with_a_reference_is_a_project(
    page: str, repository: Path, tmp_path: Path
) -> None:
    text = (repository / page).read_text(encoding="utf-8")
    blocks = [
        block
        for block in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
        if "secret://" in block or "secrets:" in block
    ]
    assert blocks
    for number, block in enumerate(blocks):
        folder = tmp_path / str(number)
        folder.mkdir()
        own = "" if block.startswith("lockgate:") else HEAD
        (folder / "lockgate.yaml").write_text(own + block, encoding="utf-8")
        assert secret_findings(load_project(folder)) == []
