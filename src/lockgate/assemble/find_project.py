"""Which project is meant where none or only a folder is named."""

from __future__ import annotations

from pathlib import Path

from lockgate.errors import ConfigurationError


def find_project(given: Path | str | None) -> Path:
    """The lockgate.yaml meant. Raises ConfigurationError if there is none."""
    start = Path(given) if given is not None else Path.cwd()
    if start.is_file():
        return start
    folders = [start] if given is not None else [start, *start.resolve().parents]
    for folder in folders:
        if (folder / "lockgate.yaml").is_file():
            return folder / "lockgate.yaml"
    raise ConfigurationError(
        "there is no lockgate.yaml here or above",
        hint="start one with `lockgate init DIR` or `lockgate protect FILE --to DIR`",
    )
