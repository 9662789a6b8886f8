"""Which files a declared path means: a file, a folder or a glob, in one fixed order."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from itertools import islice

from lockgate.adapters.connectors.files.folders import Folder, printable, refuse
from lockgate.adapters.connectors.files.manifest import is_own_document
from lockgate.adapters.connectors.files.paths import Below, Roots, input_failed
from lockgate.errors import LimitExceeded, Position, SourceError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat

SUFFIXES: dict[FileFormat, tuple[str, ...]] = {
    FileFormat.CSV: (".csv", ".tsv"),
    FileFormat.JSONL: (".jsonl", ".ndjson"),
    FileFormat.PARQUET: (".parquet", ".pq"),
}
COMPRESSION_SUFFIXES = ("", ".gz", ".zst")
AGE_SUFFIX = ".age"
_WILD = re.compile(r"[*?]")


def list_inputs(
    roots: Roots, pattern: str, format: FileFormat, limits: Limits = DEFAULT_LIMITS
) -> tuple[Below, ...]:
    """The files ``pattern`` means, sorted by path.

    A file is itself. A folder is every data file below it with one of the format's
    suffixes. A glob (``*``, ``?``, ``**``) is every file that matches. Hidden names,
    staging folders and the documents of run folders are left out. Raises SourceError
    if nothing is found, LimitExceeded past ``input_files`` or ``path_depth``,
    PathRefused for a link or special file among what was found.
    """
    below = roots.locate_input(pattern)
    wild = next((i for i, name in enumerate(below.names) if _WILD.search(name)), None)
    base = below.names if wild is None else below.names[:wild]
    shown = pattern.rstrip("/")
    if wild is not None:
        shown = "/".join(shown.split("/")[: -(len(below.names) - wild)])
    try:
        if wild is None and not _is_folder(roots, below):
            return (below,)
        with roots.open_folder(below, base) as folder:
            keep = _by_suffix(format) if wild is None else _by_glob(below.names[wild:])
            found = []
            for names in _walk(folder, (), limits.path_depth):
                if keep.fullmatch("/".join(names)):
                    found.append(names)
                if len(found) > limits.input_files:
                    raise LimitExceeded("more files than input_files", where=Position(pattern))
    except OSError as error:
        raise input_failed(error, pattern) from None
    if not found:
        raise SourceError(
            f"no {format.value} file was found here",
            where=Position(pattern),
            hint="check the path and the suffix: " + ", ".join(SUFFIXES[format]),
        )
    prefix = shown + "/" if shown else ""
    return tuple(
        Below(below.root, base + names, prefix + "/".join(map(printable, names)))
        for names in sorted(found)
    )


def _is_folder(roots: Roots, below: Below) -> bool:
    if not below.names:
        return True
    with roots.open_folder(below, below.names[:-1]) as folder:
        return folder.kind(below.names[-1]) == stat.S_IFDIR


def _walk(folder: Folder, above: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    """Names of every file below, hidden ones and our own documents left out."""
    if depth < 1:
        raise LimitExceeded("the folders are deeper than path_depth", where=Position(folder.shown))
    for name in folder.names():
        if name.startswith(".") or is_own_document(name):
            continue
        kind = folder.kind(name)
        if kind == stat.S_IFDIR:
            with folder.folder(name) as inner:
                yield from _walk(inner, (*above, name), depth - 1)
        elif kind == stat.S_IFREG:
            yield (*above, name)
        elif kind == stat.S_IFLNK or _looks_like_data(name):
            # Skipping it would lose rows in silence, following it would leave the root.
            raise refuse(kind, f"{folder.shown}/{printable(name)}")


def _looks_like_data(name: str) -> bool:
    return any(_by_suffix(each).fullmatch(name) for each in FileFormat)


def _by_suffix(format: FileFormat) -> re.Pattern[str]:
    ends = "|".join(re.escape(s) for s in SUFFIXES[format])
    packed = "|".join(re.escape(s) for s in COMPRESSION_SUFFIXES)
    return re.compile(rf"(?s:.*)(?:{ends})(?:{packed})", re.IGNORECASE)


def _by_glob(names: tuple[str, ...]) -> re.Pattern[str]:
    """A glob below the base folder as a regular expression over ``/``-joined names."""
    parts = ["(?:[^/]+/)*" if name == "**" else _segment(name) + "/" for name in names[:-1]]
    last = names[-1]
    parts.append("(?:[^/]+/)*[^/]+" if last == "**" else _segment(last))
    return re.compile("".join(parts))


def _segment(name: str) -> str:
    words = {"*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(c) or re.escape(c) for c in name.replace("**", "*"))


def list_released(
    roots: Roots, path: str, limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[Below, FileFormat], ...]:
    """The data files of every format, sealed ones too, that a file or folder means, by path.

    Raises what ``list_inputs`` raises.
    """
    below = roots.locate_input(path)
    try:
        if not _is_folder(roots, below):
            found: list[tuple[str, ...]] = [()]
        else:
            with roots.open_folder(below, below.names) as folder:
                found = list(islice(_walk(folder, (), limits.path_depth), limits.input_files + 1))
    except OSError as error:
        raise input_failed(error, path) from None
    if len(found) > limits.input_files:
        raise LimitExceeded("more files than input_files", where=Position(path))
    places = [
        Below(below.root, below.names + names, "/".join((path, *map(printable, names))))
        for names in sorted(found)
    ]
    data = [(place, _format_of(place.names[-1].removesuffix(AGE_SUFFIX))) for place in places]
    known = tuple((place, kind) for place, kind in data if kind is not None)
    if not known:
        raise SourceError(
            "no CSV, JSON Lines or Parquet file was found here",
            where=Position(path),
            hint="name a released file, a run folder or an output folder",
        )
    return known


def _format_of(name: str) -> FileFormat | None:
    return next((each for each in FileFormat if _by_suffix(each).fullmatch(name)), None)
