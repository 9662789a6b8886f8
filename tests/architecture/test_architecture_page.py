"""ARCHITECTURE.md names the floors as they are held, and no room that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def floors_held(repository: Path) -> list[set[str]]:
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["id"] == "floors"
    )
    floors = [set(re.split(r"\s*[|:]\s*", layer)) for layer in layers]
    return [floor for floor in floors if floor != {"__main__"}]


def floors_told(page: str) -> list[set[str]]:
    table = page.partition("## The floors")[2].partition("\n\nAn interface")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("|")]
    return [set(re.findall(r"`(\w+)`", row)) for row in rows[2:]]


def test_the_floors_are_those_that_are_held(repository: Path) -> None:
    page = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert floors_told(page) == floors_held(repository)


def test_every_module_that_is_named_is_there(repository: Path) -> None:
    page = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    source = repository / "src" / "lockgate"
    floors = set.union(*floors_held(repository))
    named = [word.split(".") for word in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", page)]
    rooms = [parts for parts in named if parts[0] in floors]
    assert len(rooms) > 30
    for parts in rooms:
        place = source.joinpath(*parts)
        assert place.is_dir() or place.with_suffix(".py").is_file(), ".".join(parts)
