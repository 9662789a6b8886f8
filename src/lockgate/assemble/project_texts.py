"""Every file that belongs to a project, by being beside its file or by being named, as text."""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from lockgate.errors import ConfigurationError, Position
from lockgate.limits import DEFAULT_LIMITS, Limits

KINDS: Final = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "python",
    ".pyw": "python",
    ".sql": "sql",
    ".cedar": "cedar",
}
FOLDERS: Final = ("access", "contracts", "pipelines", "policy", "steps")
_TOOLS: Final = frozenset(
    """.git .hg .svn .venv .tox .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis .lockgate
    .ipynb_checkpoints __pycache__""".split()
)
_ENCODING: Final = re.compile(
    rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]{0,100}?coding[:=][ \t]*([-\w.]{1,40})"
)
_BY_NAME: Final = re.compile(r"(?:import_module|__import__)\(\s{0,20}[\"']([\w.]+)[\"']")
_IMPORTS: Final = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*)", re.M)


@dataclass(frozen=True, slots=True)
class ProjectText:
    """A file, what kind of text it is (``yaml``, ``python``, ``sql``, ``cedar``), and the text."""

    file: Path
    kind: str
    text: str


def project_texts(
    folder: Path,
    named: frozenset[str],
    files: Mapping[Path, str],
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[ProjectText]:
    """The files that the project names, and those that lie in its folders.

    Those are its folder itself, its own folders, Python packages in it, and what its Python imports
    from it.

    ``files`` are those that it names, and the kind of each: they are read whatever they are called,
    hidden and linked ones too. ``named`` are more folders in it, where such files lie. A file is
    given once. Raises ConfigurationError for more than ``project_texts`` files, or one of more than
    ``config_bytes``.
    """
    folders = [folder, *(folder / name for name in sorted({*FOLDERS, *named}))]
    folders += [one.parent for one in sorted(folder.glob("*/__init__.py"))]
    seen: set[Path] = set()
    for file, kind in chain(files.items(), _kinds(folder, folders)):
        real = file.resolve()
        if real in seen:
            continue
        seen.add(real)
        if len(seen) > limits.project_texts:
            raise ConfigurationError(
                f"the project has more than {limits.project_texts} files (limit project_texts)",
                where=Position(str(folder)),
                hint="move what is not part of the project out of its folders",
            )
        text = ProjectText(file, kind, _text(file, limits))
        folders += [folder / name for name in sorted(_imported(text))]
        yield text


def _kinds(home: Path, folders: list[Path]) -> Iterator[tuple[Path, str]]:
    """The files of each folder, once; ``folders`` may grow meanwhile."""
    walked: set[Path] = set()
    for folder in folders:
        if folder not in walked:
            walked.add(folder)
            for file in _files(home, folder, deep=folder != home):
                yield file, KINDS[file.suffix.lower()]


def _imported(one: ProjectText) -> frozenset[str]:
    """Packages that a module may import from the project's folder: the first part of each name."""
    found = (each for form in (_IMPORTS, _BY_NAME) for each in form.findall(one.text))
    names = ",".join(found) if one.kind == "python" else ""
    return frozenset(name.strip().partition(".")[0] for name in names.split(",")) - {""}


def _files(home: Path, folder: Path, *, deep: bool) -> Iterator[Path]:
    """Files of a kind; no links, and hidden ones only in folders that are walked to the ground.

    ``folder`` itself may be a link in the project.
    """
    if not folder.is_dir() or not folder.resolve().is_relative_to(home.resolve()):
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name in _TOOLS or (path.name[0] == "." and not deep):
            continue
        if path.is_dir():
            if deep:
                yield from _files(home, path, deep=True)
        elif path.suffix.lower() in KINDS:
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
    return _decoded(content)


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    said = _ENCODING.match(content)
    if said is not None and b"7" in said[1]:  # the one in which ASCII is not written as ASCII
        return content.decode("utf-7", "replace")
    # UTF-16 without a mark is ASCII with zeros between.
    return content.replace(b"\0", b"").decode("utf-8-sig", "replace")
