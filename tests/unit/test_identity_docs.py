"""What the guide says to write, a project takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockgate.assemble.create import create_project
from lockgate.assemble.project_file import load_project

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "identity.md"


def sections() -> list[str]:
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", GUIDE.read_text("utf-8"), re.S | re.M)
    return [block for block in blocks if block.lstrip().startswith("access:")]


def test_the_guide_has_a_provider_of_each_kind() -> None:
    text = "\n".join(sections())
    assert "kind: services" in text
    assert "kind: workloads" in text


@pytest.mark.parametrize("number", range(3))
def test_a_project_takes_what_the_guide_says(number: int, tmp_path: Path) -> None:
    block = sections()[number]
    indent = len(block) - len(block.lstrip())
    lines = [line[indent:] for line in block.splitlines()]
    create_project(tmp_path, "guided")
    file = tmp_path / "lockgate.yaml"
    file.write_text(file.read_text("utf-8") + "\n" + "\n".join(lines) + "\n", "utf-8")

    access = load_project(tmp_path).access

    (spec,) = access.providers.values()
    assert spec.issuer in block
    assert spec.audience in block
