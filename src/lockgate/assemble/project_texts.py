"""Every file that belongs to a project by being beside its file, as text."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lockgate.errors import ConfigurationError, Position
from lockgate.limits import DEFAULT_LIMITS, Limits

KINDS: Final = {".yaml": "yaml", ".yml": "yaml", ".py": "python", ".sql": "sql"}
FOLDERS: Final = ("contracts", "pipelines", "policy", "steps")


@dataclass(frozen=True, slots=True)
class ProjectText:
    """A file, what kind of text it is (``yaml``, ``python``, ``sql``), and the text."""

    file: Path
    kind: str
    text: str


def project_texts(
    folder: Path, named: frozenset[str], limits: Limits = DEFAULT_LIMITS
) -> Iterator[ProjectText]:
    """The files of the project's folder itself, of its own folders, and of Python packages in it.

    ``named`` are more folders in it, where files lie that the project names. Raises
    ConfigurationError for more than ``project_texts`` files, or one of more than ``config_bytes``.
    """
    folders = [folder, *(folder / name for name in sorted({*FOLDERS, *named}))]
    folders += [one.parent for one in sorted(folder.glob("*/__init__.py"))]
    seen: set[Path] = set()
    for one in dict.fromkeys(folders):
        for file in _files(one, deep=one != folder):
            if file in seen:
                continue
            seen.add(file)
            if len(seen) > limits.project_texts:
                raise ConfigurationError(
                    f"the project has more than {limits.project_texts} files (limit project_texts)",
                    where=Position(str(folder)),
                    hint="move what is not part of the project out of its folders",
                )
            yield ProjectText(file, KINDS[file.suffix], _text(file, limits))


def _files(folder: Path, *, deep: bool) -> Iterator[Path]:
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            if deep and path.name != "__pycache__":
                yield from _files(path, deep=True)
        elif path.suffix in KINDS:
            yield path


def _text(file: Path, limits: Limits) -> str:
    """The text, whatever bytes are in it: what is no UTF-8 shows as signs that are in no secret."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return ""
            content = opened.read(limits.config_bytes + 1)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unreadable"
        raise ConfigurationError(
            f"the file cannot be read: {reason}", where=Position(str(file))
        ) from None
    if len(content) > limits.config_bytes:
        raise ConfigurationError(
            f"the file is larger than {limits.config_bytes} bytes (limit config_bytes)",
            where=Position(str(file)),
        )
    return content.decode("utf-8", "replace")
