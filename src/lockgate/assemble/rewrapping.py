"""Rewrap over a project: which files are meant, what their contracts say, and what these become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from lockgate.access.action import Action
from lockgate.access.resource import file as stored_file
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.listing import list_released
from lockgate.adapters.connectors.files.manifest import CONTRACT_NAME
from lockgate.adapters.connectors.files.paths import Below, Roots
from lockgate.adapters.connectors.files.rewrapping.beside import (
    manifest_of,
    read_listed,
    replace_listed,
    settle,
    staged,
)
from lockgate.adapters.connectors.files.rewrapping.stored_file import (
    ReleasedFile,
    is_sealed,
    not_released,
)
from lockgate.assemble.listed_contract import digests_of
from lockgate.assemble.project_file import Project
from lockgate.assemble.rewrapped_contract import Described, described, renumbered
from lockgate.assemble.yaml_document import parse_document
from lockgate.errors import UsageError
from lockgate.keys.names import is_reserved
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.pipeline.model import FileFormat
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_rewrap
from lockgate.run.rewrap import FileRewrap, Progress, Rewrapping, RewrapStatus
from lockgate.run.rewrap_commit import document_record, recorded
from lockgate.run.rewrap_plan import version_of
from lockgate.run.rewrap_ports import FrameColumn


@dataclass(frozen=True, slots=True)
class RewrapRequest:
    """What somebody asked for. ``domains``: only these, if any are named."""

    paths: tuple[Path, ...]
    purpose: str
    domains: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _RunFolder:
    """Files that lie beside one contract, listed under one version of the digests' key."""

    roots: Roots
    place: Below
    files: tuple[tuple[Below, FileFormat], ...]
    digests: int | None
    columns: tuple[Described, ...]
    document: Any
    content: bytes


def rewrap_files(
    project: Project,
    context: RunContext,
    request: RewrapRequest,
    progress: Progress | None = None,
) -> Iterator[FileRewrap]:
    """Rewrap released files, run folders or whole output roots, file by file.

    Before the first file is touched every one is known to lie beside a contract of ours. What is
    sealed as a whole stays as it is, and so does the contract beside it. Raises
    SourceError, PathRefused, UsageError, and what ``Rewrapping.rewrap`` raises.
    """
    known = {domain.name for domain in context.keys.domains() if not is_reserved(domain.name)}
    for domain in request.domains:
        if domain not in known:
            raise UsageError(f"there is no key domain {domain!r}", hint="see `lockgate keys list`")
    roots = _roots(project)
    found = _by_folder(roots, request.paths, project.folder)
    asked = [stored_file(place.shown) for _, files in found for place, _ in files]
    permits = context.permit_all(Action.REWRAP, asked, request.purpose)
    with context.released(permits, for_rewrap(())) as reading:
        folders = [_run_folder(reading, roots, *one) for one in found]
    columns = [frame.place for folder in folders for frame in _frames(context, folder)]
    places = {place for place in columns if place is not None}
    needed = for_rewrap(product(sorted(frozenset(request.domains) or known), places))
    with context.released(permits, needed) as keyed:
        yield from _rewrapped(keyed, roots, folders, request, progress)


def _rewrapped(
    context: RunContext,
    roots: Roots,
    folders: Sequence[_RunFolder],
    request: RewrapRequest,
    progress: Progress | None,
) -> Iterator[FileRewrap]:
    for folder in folders:
        listed = context.under_digests(folder.digests)
        work = Rewrapping(listed, request.purpose, frozenset(request.domains), progress)
        done: list[FileRewrap] = []
        for place, kind in folder.files:
            file = _stored(listed, folder, place, kind)
            if is_sealed(roots, place):
                done.append(work.leave_sealed(file))
            else:
                done.append(work.count(file) if request.dry_run else work.rewrap(file))
            yield done[-1]
        if not request.dry_run and all(one.status is not RewrapStatus.SEALED for one in done):
            _renumber(listed, folder, done, request.purpose)


def _roots(project: Project) -> Roots:
    """Released files lie where the project may write."""
    write = project.roots.write
    return Roots(write, write, base=project.folder)


def _by_folder(
    roots: Roots, paths: Sequence[Path], base: Path
) -> list[tuple[Below, list[tuple[Below, FileFormat]]]]:
    """The data files that are meant, by the folder that they lie in."""
    found: dict[tuple[str, ...], tuple[Below, list[tuple[Below, FileFormat]]]] = {}
    for path in paths:
        for place, kind in list_released(roots, shown_below(path, base)):
            shown = place.shown.rpartition("/")[0] or "."
            above = Below(place.root, place.names[:-1], shown)
            beside = found.setdefault((place.root, *above.names), (above, []))[1]
            if all(place.names != other.names for other, _ in beside):
                beside.append((place, kind))
    return list(found.values())


def shown_below(path: Path, base: Path) -> str:
    """A path of the command line as the project would write it: relative to its folder, if below.

    ``..`` is left for ``Roots`` to refuse.
    """
    absolute = Path.cwd() / path
    for folder in (base, base.resolve()):
        if absolute.is_relative_to(folder):
            return absolute.relative_to(folder).as_posix()
    return absolute.as_posix()


def _run_folder(
    context: RunContext, roots: Roots, place: Below, files: Sequence[tuple[Below, FileFormat]]
) -> _RunFolder:
    """What lies beside the files. Raises SourceError if no run of a project released them."""
    with roots.open_folder(place, place.names) as folder:
        digests = digests_of(context, folder)
        key = context.under_digests(digests).digest_key()
        content = read_listed(folder, CONTRACT_NAME, key, context.limits)
    if content is None:
        raise not_released(files[0][0].shown)
    document = parse_document(content, f"{place.shown}/{CONTRACT_NAME}").data
    columns = described(document, f"{place.shown}/{CONTRACT_NAME}")
    return _RunFolder(roots, place, tuple(files), digests, columns, document, content)


def _stored(
    context: RunContext, folder: _RunFolder, place: Below, kind: FileFormat
) -> ReleasedFile:
    types = {column.name: column.json_type for column in folder.columns}
    columns = _frames(context, folder)
    return ReleasedFile(folder.roots, place, kind, types, columns, context.limits)


def _frames(context: RunContext, folder: _RunFolder) -> list[FrameColumn]:
    return [column.frames() for column in _rotating(context, folder)]


def _rotating(context: RunContext, folder: _RunFolder) -> list[Described]:
    """The columns of ciphertexts. An index beside one is under a key that does not rotate."""
    versions = {version.number: version for version in context.keys.versions()}
    return [
        column
        for column in folder.columns
        if column.carried
        or (column.encrypted and version_of(versions, column.key_number).use is KeyUse.ENCRYPTION)
    ]


def _renumber(
    context: RunContext, folder: _RunFolder, done: Sequence[FileRewrap], purpose: str
) -> None:
    """Have the contract name the keys that all the files beside it are under by now."""
    with folder.roots.open_folder(folder.place, folder.place.names) as opened:
        if not _all_done(opened, folder, context):
            return
        key = context.digest_key()
        old = staged(CONTRACT_NAME, folder.content, key)
        numbers = _numbers(context, folder, done)
        if not numbers:
            settle(opened, old, context.limits)
            return
        content = context.render(renumbered(folder.document, numbers))
        new = staged(CONTRACT_NAME, content, key)
        shown = f"{folder.place.shown}/{CONTRACT_NAME}"
        keys = {c.name: c.key_number for c in folder.columns if c.name in numbers}
        record = document_record(shown, keys.values(), numbers.values(), old, new)
        with recorded(context, record, purpose):
            replace_listed(opened, old, new, content)


def _all_done(opened: Folder, folder: _RunFolder, context: RunContext) -> bool:
    """Whether all of the folder's data was looked at: the contract speaks of it all."""
    manifest = manifest_of(opened, context.limits)
    names = opened.names() if manifest is None else [file.name for file in manifest.files]
    data = {name for name in names if not name.startswith(("_", "."))}
    return data <= {place.names[-1] for place, _ in folder.files}


def _numbers(context: RunContext, folder: _RunFolder, done: Sequence[FileRewrap]) -> dict[str, int]:
    """The new key number of each column whose values are all under another key than it says."""
    versions = {version.number: version for version in context.keys.versions()}
    primary = {
        version.domain: version.number
        for version in versions.values()
        if version.use is KeyUse.ENCRYPTION and version.state is KeyState.PRIMARY
    }
    numbers: dict[str, int] = {}
    for column in _rotating(context, folder):
        domain = versions[column.key_number].domain if column.key_number else ""
        number = primary.get(domain, column.key_number)
        if number != column.key_number and not any(file.leaves_old(column.name) for file in done):
            numbers[column.name] = number
    return numbers
